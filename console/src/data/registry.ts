/** What the doors of the registry and of training answer, as far as pages read it. */

/** Topics whose facts change what the registry says of models. */
export const MODEL_FACTS = ['registry.models', 'registry.definitions'];

export type RunStatus = 'requested' | 'started' | 'completed' | 'failed' | 'cancelled' | 'rejected';

export interface Run {
  readonly run: string;
  readonly model: string;
  readonly status: RunStatus;
  readonly requestedBy: string;
  readonly requestedAt: string;
  readonly updatedAt: string;
  readonly version: number | null;
  readonly asOf: string | null;
  readonly seed: number;
  readonly trainer: { readonly kind: string; readonly search?: unknown };
  readonly service: string;
  readonly serviceRevision: string;
  readonly dataset: string | null;
  readonly rows: { readonly train: number; readonly holdout: number } | null;
  readonly cut: readonly { readonly topic: string; readonly partition: number; readonly to: number }[] | null;
  readonly metrics: { readonly holdout: Metrics; readonly train?: Metrics } | null;
  readonly seconds: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly position: string;
}

export type Metrics = Readonly<Record<string, number | null>>;

/** Of training: how far a run is. */
export interface RunProgress {
  readonly state: string;
  readonly times: Readonly<Record<string, string>>;
  readonly progress?: {
    readonly iteration: number;
    readonly iterations: number;
    readonly metric: string;
    readonly train: number;
    readonly validation?: number;
    readonly trial?: number;
    readonly trials?: number;
  };
}

export interface Trial {
  readonly trial: number;
  readonly trainer: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly state: 'started' | 'completed' | 'failed';
  readonly metric?: string;
  readonly value?: number | null;
  readonly seconds?: number;
  readonly message?: string;
}

export interface Gate {
  readonly metric: string;
  readonly min?: number;
  readonly max?: number;
  readonly against?: string;
  readonly slice?: string;
  readonly group?: string;
  readonly value: number | null;
  readonly passed: boolean;
  readonly reason?: string;
}

export interface Version {
  readonly model: string;
  readonly version: number;
  readonly run: string;
  readonly task: string;
  readonly trainer: string;
  readonly seed: number;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly metrics: { readonly holdout: Metrics };
  readonly gates: readonly Gate[];
  readonly passed: boolean;
  readonly artifact: string;
  readonly dataset: string;
  readonly manifest: string;
  readonly profile: string;
  readonly service: {
    readonly name: string;
    readonly revision: string;
    readonly features: readonly string[];
  };
  readonly status: string;
  readonly review: { readonly verdict: string; readonly by: string; readonly comment: string | null } | null;
  readonly aliases: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
  readonly description: string | null;
  readonly position: string;
  readonly decidedAt: string;
}

export interface Model {
  readonly name: string;
  readonly task: string;
  readonly service: string;
  readonly revision: string;
  readonly versions: number;
  readonly latest: { readonly version: number; readonly passed: boolean; readonly metrics: Metrics } | null;
  readonly aliases: Readonly<Record<string, number | null>>;
}

/** A deployment, with what its routes name. */
export interface DeployedRoutes {
  readonly name: string;
  readonly model: string;
  readonly routes: readonly { readonly route: string; readonly version: number; readonly share?: number }[];
}

interface Difference {
  readonly name: string;
  readonly from: string | number | boolean | null;
  readonly to: string | number | boolean | null;
}

export interface Comparison {
  readonly from: string;
  readonly to: string;
  readonly parameters: readonly Difference[];
  readonly metrics: readonly {
    readonly name: string;
    readonly from: number | null;
    readonly to: number | null;
    readonly delta: number | null;
  }[];
  readonly features: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly reordered: boolean;
    readonly definition: Difference | null;
  };
  readonly data: readonly Difference[];
}

/** `GET /v1/models/{model}/versions/{version}/card`, in part. */
export interface ModelCard {
  readonly model_details: {
    readonly size_bytes: number | null;
    readonly latency_ms: { readonly p50: number; readonly p99: number } | null;
    readonly fitted_in_seconds: number | null;
  };
  readonly intended_use: { readonly answers: string; readonly description: string | null };
  readonly metrics: readonly {
    readonly name: string;
    readonly better: 'higher' | 'lower' | null;
    readonly holdout: number | null;
    readonly low: number | null;
    readonly high: number | null;
    readonly train: number | null;
  }[];
  readonly intervals: { readonly samples: number; readonly confidence: number; readonly unit: string } | null;
  readonly analyses: {
    readonly importance?: {
      readonly learned?: readonly { readonly feature: string; readonly share: number }[];
      readonly permutation?: {
        readonly metric: string;
        readonly features: readonly { readonly feature: string; readonly drop: number }[];
      };
    };
  } | null;
  readonly caveats: readonly string[];
  readonly reproduction: { readonly command: string | null; readonly manifest: string };
}
