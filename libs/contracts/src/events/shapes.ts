import { Type, type Static } from 'typebox';

/** Parts that several events share. */

export const Sha = (meaning: string) => Type.String({ pattern: '^[0-9a-f]{64}$', description: meaning });

export const Actor = Type.String({ description: 'who asked; self-declared until access control is built' });

/** Unique; a second input with the same one is dropped. */
export const RequestId = Type.String({
  description: 'request id, also in ce_id; a second input with the same one is dropped',
});

export const Reference = Type.String({
  description: 'the fact this was routed from, `<topic>:<partition>-<offset>`',
});

/** A fact or an artifact that a decision rests on. */
export const Evidence = Type.Object({
  kind: Type.Enum([
    'run',
    'version',
    'evaluation',
    'check',
    'approval',
    'alias',
    'gate',
    'verdict',
    'measurement',
    'alert',
  ]),
  id: Type.String({
    description:
      'run id, position of the fact such as `registry.inputs:0-12`, SHA-256 of the report, or the gate with what was measured',
  }),
});

export const SAMPLE_EVIDENCE = [
  { kind: 'run' as const, id: 'run-0-12' },
  { kind: 'version' as const, id: 'registry.inputs:0-34' },
  { kind: 'check' as const, id: 'registry.inputs:0-35' },
];

export const OffsetRange = Type.Object({
  topic: Type.String(),
  partition: Type.Integer(),
  from: Type.Integer(),
  to: Type.Integer({ description: 'exclusive' }),
});

/** A revision is a whole number written as text, because it keys the values of a vector. */
export const Revision = Type.String({
  pattern: '^[1-9]\\d*$',
  description: 'revision of the definition: 1, 2, ... as text, because it keys the values of a vector',
});

export const KindName = Type.Enum([
  'Stream',
  'FeatureView',
  'FeatureService',
  'Label',
  'Model',
  'Deployment',
  'Monitor',
]);

export const TaskName = Type.Enum(['binary', 'multiclass', 'regression', 'anomaly', 'ranking']);

export const Parameters = Type.Record(
  Type.String(),
  Type.Union([
    Type.Number(),
    Type.String(),
    Type.Boolean(),
    Type.Array(Type.String()),
    Type.Record(Type.String(), Type.Number()),
  ]),
);

/** How to look for parameters; durations and sizes as in the definition. */
export const Search = Type.Object({
  method: Type.Enum(['tpe', 'random', 'grid', 'halving', 'hyperband']),
  trials: Type.Integer({ minimum: 1 }),
  seconds: Type.Optional(Type.Number()),
  metric: Type.String(),
  workers: Type.Optional(Type.Integer({ minimum: 1 })),
  patience: Type.Optional(Type.Integer({ minimum: 1 })),
  space: Type.Optional(
    Type.Record(
      Type.String(),
      Type.Object({
        min: Type.Optional(Type.Number()),
        max: Type.Optional(Type.Number()),
        scale: Type.Optional(Type.Enum(['linear', 'log'])),
        values: Type.Optional(Type.Array(Type.Union([Type.Number(), Type.String(), Type.Boolean()]))),
      }),
    ),
  ),
  kinds: Type.Optional(Type.Array(Type.String())),
});

/** A program that fits the model. */
export const Command = Type.Object({
  run: Type.Array(Type.String(), { minItems: 1 }),
  files: Type.Record(Type.String(), Type.String(), { description: 'the files of the program, text by path' }),
  timeout_ms: Type.Integer({ minimum: 1 }),
  memory_bytes: Type.Integer({ minimum: 1 }),
  output_bytes: Type.Integer({ minimum: 1 }),
  environment: Type.Record(Type.String(), Type.String()),
});

/** A model file from elsewhere, checked and made to fit. */
export const ImportedModel = Type.Object({
  artifact: Sha('the ONNX file to use'),
  source: Sha('the file as it came; the same where nothing had to be changed'),
  changes: Type.Array(Type.String(), { description: 'what was changed, in words' }),
  claimed: Type.Optional(
    Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()]), {
      description: 'metrics by the account of whoever imports it; nobody judges by them',
    }),
  ),
});

/** What is measured of a version beside its metrics. */
export const Evaluate = Type.Object({
  folds: Type.Optional(Type.Integer()),
  backtest: Type.Optional(Type.Object({ origins: Type.Integer(), horizon_ms: Type.Integer() })),
  slices: Type.Optional(Type.Array(Type.String())),
  fairness: Type.Optional(Type.Object({ group: Type.String(), reference: Type.Optional(Type.String()) })),
  costs: Type.Optional(Type.Object({ false_positive: Type.Number(), false_negative: Type.Number() })),
  bootstrap: Type.Optional(Type.Integer({ minimum: 0 })),
});

/** Why a run was asked for. */
export const Cause = Type.Object({
  trigger: Type.Enum([
    'operator',
    'schedule',
    'rows',
    'data-drift',
    'prediction-drift',
    'concept-drift',
    'performance',
    'definition',
  ]),
  reference: Type.Optional(
    Type.String({ description: 'the fact behind it, `<topic>:<partition>-<offset>`' }),
  ),
  reason: Type.Optional(Type.String({ description: 'in words' })),
  due: Type.Optional(Type.String({ description: 'schedule: when it was due' })),
});

/** What a deployment, a data set or a monitor must know of a feature service: enough to read its vectors. */
export const ServiceReference = Type.Object({
  name: Type.String(),
  revision: Revision,
  digest: Sha('digest of that revision, engine version included'),
  trigger: Type.String({ description: 'the stream whose every event gives one vector' }),
  key: Type.String({ description: "the trigger's key field: whose vectors these are" }),
  partitions: Type.Integer({ minimum: 1, description: 'of the trigger, its vectors and their predictions' }),
  features: Type.Array(Type.String(), { description: 'in the order of the vector' }),
});

/** How labels are joined to vectors and predictions. */
export const LabelReference = Type.Object({
  name: Type.String(),
  revision: Revision,
  digest: Sha('digest of that revision'),
  stream: Type.String({ description: 'the stream of label events' }),
  key: Type.String({ description: "the label stream's own key field" }),
  partitions: Type.Integer({ minimum: 1, description: 'of the label stream' }),
  on: Type.String({ description: 'its field that holds the id of the labelled event' }),
  value: Type.String({ description: 'its field that holds the label' }),
  value_type: Type.Enum(['boolean', 'integer', 'number'], {
    description: 'of that field; a boolean counts as 0 or 1',
  }),
  maturity_ms: Type.Integer({
    minimum: 0,
    description: 'how long after the event its label is taken as known',
  }),
});

export const Gate = Type.Object({
  metric: Type.String(),
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
  threshold: Type.Optional(Type.Number({ description: 'where f1, precision, recall and accuracy decide' })),
  k: Type.Optional(Type.Integer({ description: 'of precision_at_k, ndcg and map' })),
  against: Type.Optional(Type.String({ description: 'alias of the version that it is compared with' })),
  tolerance: Type.Optional(Type.Number({ description: 'how much worse than that one is accepted' })),
  confidence: Type.Optional(Type.Number({ description: 'judged by the lower end of this interval' })),
  slice: Type.Optional(Type.String({ description: 'whose values are judged one by one; the worst counts' })),
  rows: Type.Optional(Type.Integer({ description: 'values with fewer rows are not judged' })),
  group: Type.Optional(Type.String({ description: 'whose values a fairness metric compares' })),
});

/** What a gate goes by where that is not a metric of all rows of the hold-out. */
export const Measurement = Type.Object({
  value: Type.Union([Type.Number(), Type.Null()], {
    description:
      'against another version: how much better (positive) or worse the metric is; by slice: the worst one',
  }),
  low: Type.Optional(Type.Number({ description: 'lower end of the interval' })),
  high: Type.Optional(Type.Number({ description: 'upper end of the interval' })),
  of: Type.Optional(Type.String({ description: 'the slice or group that it is about' })),
  rows: Type.Optional(Type.Integer({ description: 'that it was measured on' })),
  failed: Type.Optional(Type.Integer({ description: 'by slice: how many values are outside of the bounds' })),
  failing: Type.Optional(
    Type.Array(Type.String(), { maxItems: 20, description: 'by slice: the worst of them, worst first' }),
  ),
  reason: Type.Optional(Type.String({ description: 'why it could not be measured; then value is null' })),
  version: Type.Optional(Type.Integer({ description: 'that it was compared with' })),
});

/** By `gateMetric`. */
export const Measurements = Type.Record(Type.String(), Measurement);

export const GateResult = Type.Object({
  ...Gate.properties,
  low: Type.Optional(Type.Number()),
  high: Type.Optional(Type.Number()),
  of: Type.Optional(Type.String()),
  version: Type.Optional(Type.Integer()),
  value: Type.Union([Type.Number(), Type.Null()], {
    description: 'null where the run did not measure it; then the gate fails',
  }),
  passed: Type.Boolean(),
  reason: Type.Optional(Type.String({ description: 'where the numbers alone do not say it' })),
});

/**
 * Under which name a run reports what a gate judges: `average_precision`, `f1@0.5`, `precision_at_k@100` among the metrics;
 * `average_precision/terminal_id`, `demographic_parity@0.5/region`, `average_precision-champion` among the measurements.
 */
export const gateMetric = ({
  metric,
  threshold,
  k,
  slice,
  group,
  against,
}: Pick<Static<typeof Gate>, 'metric' | 'threshold' | 'k' | 'slice' | 'group' | 'against'>): string =>
  [
    metric,
    threshold === undefined ? '' : `@${threshold}`,
    k === undefined ? '' : `@${k}`,
    slice === undefined ? '' : `/${slice}`,
    group === undefined ? '' : `/${group}`,
    against === undefined ? '' : `-${against}`,
  ].join('');

/** Metric name to value; a metric that could not be computed is null. */
export const MetricValues = Type.Record(Type.String(), Type.Union([Type.Number(), Type.Null()]));

export const Measured = Type.Object({
  train: Type.Optional(MetricValues),
  holdout: MetricValues,
});

export const SAMPLE_SHA = {
  definition: 'a'.repeat(64),
  artifact: 'b'.repeat(64),
  profile: 'c'.repeat(64),
  manifest: 'd'.repeat(64),
  dataset: 'e'.repeat(64),
};

export const SAMPLE_SERVICE = {
  name: 'fraud',
  revision: '1',
  digest: SAMPLE_SHA.definition,
  trigger: 'transactions',
  key: 'customer_id',
  partitions: 4,
  features: ['amount', 'is_night', 'tx_count_1d', 'amount_mean_7d'],
};

export const SAMPLE_LABEL = {
  name: 'fraud',
  revision: '1',
  digest: 'f'.repeat(64),
  stream: 'fraud-labels',
  key: 'customer_id',
  partitions: 4,
  on: 'transaction_id',
  value: 'is_fraud',
  value_type: 'boolean' as const,
  maturity_ms: 604_800_000,
};
