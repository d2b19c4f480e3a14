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
  readonly state: 'open' | 'resolved';
  /** Positions on `monitoring.alerts`, and when the facts were appended. */
  readonly raisedAt: string;
  readonly raisedTime: string;
  readonly resolvedAt?: string;
  readonly resolvedTime?: string;
  readonly resolution?: {
    readonly message: string;
    readonly window: EventWindow;
    /** The operator who said so. */
    readonly by?: string;
  };
  readonly acknowledged?: { readonly by: string; readonly time: string; readonly comment?: string };
  /** The silence that holds it back now. */
  readonly silenced?: { readonly by: string; readonly until: string };
}

export interface ReportedColumn {
  readonly psi: number | null;
  readonly drifted: boolean | null;
  /** What was held against the threshold; absent: psi. */
  readonly statistic?: string;
  readonly value?: number | null;
  readonly threshold?: number | null;
  readonly effect?: number | null;
  readonly missing: number | null;
  readonly missing_reference: number | null;
  readonly unseen?: number | null;
  readonly out_of_range?: number | null;
  readonly mean: number | null;
  readonly mean_reference: number | null;
}

/** The value that the verdict on a column rests on, and what it is. */
export const judgedValue = (
  column: ReportedColumn | null | undefined,
): { readonly value: number | null; readonly statistic: string } => ({
  value: column?.value ?? column?.psi ?? null,
  statistic: column?.value === undefined ? 'psi' : (column.statistic ?? 'psi'),
});

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
    readonly statistic: string;
    readonly threshold: number | 'auto' | null;
    readonly features: readonly (ReportedColumn & { readonly name: string })[];
    readonly drifted: number;
    readonly judged: number;
    readonly dataset?: {
      readonly share: number | null;
      readonly limit: number;
      readonly drifted: boolean | null;
    };
    readonly multivariate?: {
      readonly error: number | null;
      readonly min?: number;
      readonly max?: number;
      readonly drifted: boolean | null;
    };
  };
  readonly score: ReportedColumn | null;
  readonly performance: {
    readonly rows: number;
    readonly positives: number | null;
    readonly metrics: Readonly<Record<string, number | null>>;
    readonly gates: readonly GateVerdict[];
  } | null;
  readonly estimate?: {
    readonly method: string;
    readonly rows: number;
    readonly metrics: Readonly<Record<string, number | null>>;
    readonly gates: readonly GateVerdict[];
  };
  readonly slices?: readonly {
    readonly field: string;
    readonly values: readonly {
      readonly value: string;
      readonly predictions: number;
      readonly positive: number;
      readonly decided: number;
      readonly rows: number;
      readonly metrics: Readonly<Record<string, number | null>> | null;
      readonly gates: readonly GateVerdict[];
    }[];
  }[];
  readonly fairness?: readonly {
    readonly group: string;
    readonly metric: string;
    readonly min?: number;
    readonly max?: number;
    readonly value: number | null;
    readonly between?: readonly string[];
    readonly rows: number;
    readonly passed: boolean | null;
  }[];
  readonly notes?: readonly string[];
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
  /** Windows by count. */
  readonly window_rows: number | null;
  readonly drift_threshold: number | 'auto' | null;
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

/** `GET /v1/deployments/:deployment/distributions`. */
export interface Distributions {
  readonly deployment: string;
  readonly windows: readonly CountedWindow[];
  readonly window: CountedWindow | null;
  readonly features: readonly ColumnCounts[];
  readonly score: ColumnCounts | null;
}

export interface CountedWindow extends EventWindow {
  readonly version: number;
  readonly predictions: number;
}

export interface ColumnCounts {
  readonly name: string;
  /** Ends of each cell, null where it is open; a single value has equal ends; both null: whatever the reference did not have. */
  readonly cells: readonly (readonly [number | null, number | null])[];
  readonly reference: CellCounts;
  readonly window: CellCounts;
}

export interface CellCounts {
  readonly rows: number;
  readonly missing: number;
  readonly counts: readonly number[];
}
