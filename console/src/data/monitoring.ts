/** What the doors of monitoring answer, as far as pages read it. Names are those of the facts: snake case. */

export interface EventWindow {
  readonly start: string;
  readonly end: string;
}

export interface Span {
  readonly topic: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface Alert {
  readonly alert: string;
  readonly deployment: string;
  readonly model: string;
  readonly version: number;
  readonly kind: string;
  readonly subject: string;
  readonly severity?: 'warning' | 'critical';
  readonly effect?: number | null;
  readonly slice?: { readonly field: string; readonly value: string } | null;
  readonly statistic?: string;
  readonly window: EventWindow;
  readonly report: number;
  readonly value: number | null;
  readonly limit: number;
  readonly rows: number;
  readonly message: string;
  readonly sources: readonly Span[];
  readonly state: string;
  readonly raisedAt: string;
  readonly resolvedAt?: string;
  readonly resolution?: { readonly message: string; readonly window?: EventWindow };
  readonly acknowledged?: {
    readonly by: string;
    readonly at?: string;
    readonly comment?: string | null;
  } | null;
  readonly silenced?: {
    readonly by: string;
    readonly until: string;
    readonly comment?: string | null;
  } | null;
}

export interface ReportedColumn {
  readonly psi: number | null;
  readonly drifted: boolean | null;
  readonly missing: number | null;
  readonly missing_reference: number | null;
  readonly mean: number | null;
  readonly mean_reference: number | null;
}

export interface GateVerdict {
  readonly metric: string;
  readonly min?: number;
  readonly max?: number;
  readonly value: number | null;
  readonly passed: boolean;
}

export interface Report {
  readonly position: string;
  readonly deployment: string;
  readonly version: number;
  readonly threshold: number | null;
  readonly window: EventWindow;
  readonly revision: number;
  readonly model: string;
  readonly task: string;
  readonly predictions: number;
  readonly decisions: { readonly positive: number; readonly negative: number };
  readonly routes: Readonly<Record<string, number>>;
  readonly drift: {
    readonly threshold: number;
    readonly features: readonly (ReportedColumn & { readonly name: string })[];
    readonly drifted: number;
    readonly judged: number;
  };
  readonly score: ReportedColumn | null;
  readonly performance: {
    readonly rows: number;
    readonly positives: number | null;
    readonly metrics: Readonly<Record<string, number | null>>;
    readonly gates: readonly GateVerdict[];
  } | null;
  readonly sources: readonly Span[];
}

export interface WatchedDeployment {
  readonly deployment: string;
  readonly model: string;
  readonly task: string;
  readonly state: string;
  readonly threshold: number | null;
  readonly version: number | null;
  readonly monitor: string | null;
  readonly metric: string | null;
  readonly window_ms: number | null;
  readonly drift_threshold: number | null;
  readonly last: Report | null;
}

/** `GET /v1/overview`. */
export interface Overview {
  readonly namespace: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly partitions: number;
    readonly records: number;
  }[];
  readonly deployments: readonly WatchedDeployment[];
  readonly alerts: { readonly open: number };
}
