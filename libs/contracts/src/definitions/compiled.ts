import type { Digest, FieldType } from '#kernel';
import type { DefinitionOf } from './definition';
import type {
  Aggregate,
  AlertTrigger,
  CalendarUnit,
  DetectorName,
  ExperimentSpec,
  FieldSpec,
  GateSpec,
  Kind,
  LoggingSpec,
  MetricName,
  EvaluateSpec,
  ModelSpec,
  MonitorSpec,
  RetrainSpec,
  RolloutSpec,
  RuleSpec,
  Task,
  ValueFeatureSpec,
} from './kinds';

/** A stream as ingestion runs it: plain data, durations in ms. */
export interface CompiledStream {
  readonly name: string;
  readonly digest: Digest;
  readonly key: string;
  readonly id: string;
  readonly time: string;
  readonly partitions: number;
  readonly latenessMs: number;
  readonly dedupeMs: number;
  readonly skewMs: number;
  readonly jumpMs: number;
  /** In the order of the observation. */
  readonly fields: readonly FieldSpec[];
  readonly rules: readonly RuleSpec[];
}

/** What a computation needs to know of a field. */
export interface CompiledField {
  readonly name: string;
  readonly type: FieldType;
  /** Digits after the point that values have at most: aggregates are exact in them. */
  readonly decimals?: number;
}

export type CompiledFeature = ValueFeatureSpec | CompiledAggregate;

export interface CompiledAggregate {
  readonly name: string;
  readonly aggregate: Aggregate;
  /** A field or CEL; absent where events as such are meant. */
  readonly of?: string;
  /** CEL: only events for which it is true. */
  readonly where?: string;
  /** In ms, or a calendar unit in UTC; absent: all events there were. */
  readonly window?: number | { readonly calendar: CalendarUnit };
  readonly empty: number | null;
  /** How many values, named `name_1` to `name_k`. */
  readonly k?: number;
  readonly n?: number;
  readonly q?: number;
  readonly by?: 'value' | 'frequency';
  /** In ms. */
  readonly halfLife?: number;
  readonly accuracy?: 'tiled' | 'sketch';
  /** In ms. */
  readonly tile?: number;
}

/** A feature view as the engine of `libs/features` takes it: durations in ms. */
export interface CompiledFeatureView {
  readonly name: string;
  readonly entity: string;
  /** In ms; absent: no entity is forgotten. */
  readonly ttl?: number;
  readonly stream: {
    readonly name: string;
    readonly time: string;
    readonly lateness: number;
    readonly jump: number;
    /** Those that are read, in declared order: another field of the stream changes no vector, and no digest. */
    readonly fields: readonly CompiledField[];
  };
  readonly features: readonly CompiledFeature[];
}

/** The views of one entity that a service takes from elsewhere than its trigger's own key. */
export interface CompiledStage {
  /** The field by which the stage is partitioned; of the trigger and of every stream below. */
  readonly entity: string;
  /** What is routed to it: the trigger first. */
  readonly streams: readonly string[];
  /** How far a trigger may be behind the newest event of another stream, in ms: its lateness, and what alignment lets that run ahead. */
  readonly behindMs: number;
}

/** A feature service as its fold runs it: everything from its views and its trigger that a vector depends on. */
export interface CompiledFeatureService {
  readonly name: string;
  /** Covers the engine, the trigger, the views and the fields they read (architecture.md L6). */
  readonly digest: Digest;
  readonly engine: string;
  readonly alignMs: number;
  readonly trigger: {
    readonly stream: string;
    readonly key: string;
    readonly id: string;
    readonly time: string;
    readonly partitions: number;
  };
  readonly views: readonly CompiledFeatureView[];
  /** Who computes the views of another stream or entity than the trigger's; absent where there are none. */
  readonly stages?: readonly CompiledStage[];
  /** Names in the order of the vector. */
  readonly features: readonly string[];
}

export interface CompiledLabel {
  readonly name: string;
  readonly digest: Digest;
  readonly stream: string;
  /** Of that stream. */
  readonly key: string;
  /** Of that stream. */
  readonly partitions: number;
  readonly on: string;
  readonly value: string;
  readonly valueType: FieldType;
  readonly maturityMs: number;
}

export type CompiledSplit = (
  | { readonly by: 'time'; readonly holdoutMs: number; readonly gapMs: number }
  | { readonly by: 'entity' | 'random'; readonly holdout: number; readonly seed: number }
) & { readonly historyMs?: number };

export interface CompiledModel {
  readonly name: string;
  readonly digest: Digest;
  readonly task: Task;
  readonly service: string;
  readonly label: string;
  /** ranking: the feature, or the field of the trigger, whose equal values are one query. */
  readonly query?: string;
  readonly split: CompiledSplit;
  readonly trainer: ModelSpec['trainer'];
  readonly evaluate?: CompiledEvaluation;
  readonly gates: readonly GateSpec[];
  readonly approval?: ModelSpec['approval'];
  readonly environments?: ModelSpec['environments'];
  readonly retrain?: CompiledRetrain;
}

export interface CompiledEvaluation extends Omit<EvaluateSpec, 'backtest'> {
  readonly backtest?: { readonly origins: number; readonly horizonMs: number };
}

export interface CompiledRetrain extends Pick<RetrainSpec, 'cron' | 'on' | 'rows' | 'promote'> {
  readonly everyMs?: number;
  readonly afterMs?: number;
  readonly debounceMs: number;
  readonly budget?: { readonly runs: number; readonly perMs: number };
  readonly rollback?: { readonly on: readonly AlertTrigger[]; readonly withinMs: number };
}

export interface CompiledDeployment {
  readonly name: string;
  readonly digest: Digest;
  readonly model: string;
  readonly task: Task;
  /** Whose vectors it reads, for ever. */
  readonly service: string;
  readonly alias: string;
  readonly threshold: number | null;
  readonly from: 'now' | 'beginning';
  readonly rollout?: CompiledRollout;
  readonly shadow?: string;
  readonly experiment?: CompiledExperiment;
  readonly logging?: LoggingSpec;
  readonly bind?: string;
}

export type CompiledRollout = Omit<RolloutSpec, 'interval'> & { readonly intervalMs: number };

export type CompiledExperiment = Omit<ExperimentSpec, 'bandit'> & {
  readonly bandit?: Omit<NonNullable<ExperimentSpec['bandit']>, 'interval'> & { readonly intervalMs: number };
};

export interface CompiledMonitor {
  readonly name: string;
  readonly digest: Digest;
  readonly deployment: string;
  readonly model: string;
  readonly service: string;
  readonly label: string;
  /** One of the two: windows of event time, or of so many predictions. */
  readonly windowMs?: number;
  readonly windowRows?: number;
  readonly reference?: MonitorSpec['reference'];
  readonly drift: MonitorSpec['drift'];
  readonly quality?: Omit<NonNullable<MonitorSpec['quality']>, 'freshness'> & {
    readonly freshnessMs?: number;
  };
  readonly metric: MetricName | null;
  readonly estimate?: 'cbpe' | 'dle';
  readonly limits?: 'auto' | { readonly min?: number; readonly max?: number };
  readonly detect?: readonly DetectorName[];
  readonly slices?: readonly string[];
  readonly fairness?: MonitorSpec['fairness'];
  readonly alert?: Omit<NonNullable<MonitorSpec['alert']>, 'wait' | 'repeat'> & {
    readonly waitMs: number;
    readonly repeatMs: number;
  };
}

export interface CompiledByKind {
  Stream: CompiledStream;
  FeatureView: CompiledFeatureView;
  FeatureService: CompiledFeatureService;
  Label: CompiledLabel;
  Model: CompiledModel;
  Deployment: CompiledDeployment;
  Monitor: CompiledMonitor;
}

/** What the registry writes about a definition: plain data. */
export type CompiledDefinition<K extends Kind = Kind> = K extends Kind
  ? DefinitionOf<K> & { readonly key: string; readonly digest: Digest; readonly compiled: CompiledByKind[K] }
  : never;
