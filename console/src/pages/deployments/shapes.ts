/** What the registry says of deployments: `GET /v1/deployments` and `GET /v1/deployments/:name/rollout`. */

export interface Deployment {
  readonly name: string;
  readonly model: string;
  readonly alias: string;
  readonly task: string;
  readonly state: 'waiting' | 'active';
  readonly threshold: number | null;
  readonly from: string;
  readonly revision: string;
  readonly routes: readonly { readonly route: string; readonly version: number; readonly artifact: string }[];
  readonly service: {
    readonly name: string;
    readonly revision: string;
    readonly trigger: string;
    readonly key: string;
    readonly partitions: number;
    readonly features: readonly string[];
  };
  readonly label: { readonly name: string; readonly stream: string; readonly maturity_ms: number } | null;
  readonly monitor: { readonly name: string } | null;
  readonly logging?: { readonly mode: string; readonly sample?: number };
  readonly position: string;
  readonly decidedAt: string;
}

export interface Rollout {
  readonly deployment: string;
  readonly model: string;
  readonly routes: readonly Route[];
  readonly salt: string | null;
  readonly rollout: {
    readonly status: string;
    readonly strategy: string;
    readonly version: number;
    readonly baseline: number;
    readonly step: number;
    readonly steps: readonly number[];
    readonly share: number;
    readonly since: string;
    readonly intervalMs: number;
    readonly judgedAfter: string | null;
    readonly abort: readonly Limit[];
    readonly decidedAt: string;
  } | null;
  readonly experiment: {
    readonly strategy: string;
    readonly arms: readonly {
      readonly route: string;
      readonly share: number;
      readonly trials: number;
      readonly successes: number;
      readonly best?: number;
    }[];
    readonly reason: string;
    readonly by: string;
    readonly decidedAt: string;
  } | null;
  readonly story: readonly Chapter[];
}

export interface Route {
  readonly route: string;
  readonly version: number;
  /** Percent of the entities. */
  readonly share: number;
}

interface Limit {
  readonly metric: string;
  readonly above?: number;
  readonly below?: number;
  readonly against?: string;
  readonly rows: number;
}

export interface Chapter {
  readonly change: string;
  readonly step: number;
  readonly share: number;
  readonly reason: string;
  readonly by: string;
  readonly evidence: readonly { readonly kind: string; readonly id: string }[];
  readonly position: string;
  readonly decidedAt: string;
}
