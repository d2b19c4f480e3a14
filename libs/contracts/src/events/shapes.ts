import { Type } from 'typebox';

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
  kind: Type.Enum(['run', 'version', 'evaluation', 'check', 'approval', 'alias', 'gate']),
  id: Type.String({
    description:
      'run id, `registry.inputs:<position>` of the fact, SHA-256 of the report, or the gate with what was measured',
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
  Type.Union([Type.Number(), Type.String(), Type.Boolean()]),
);

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
  k: Type.Optional(Type.Integer({ description: 'of precision_at_k' })),
});

export const GateResult = Type.Object({
  metric: Type.String(),
  min: Type.Optional(Type.Number()),
  max: Type.Optional(Type.Number()),
  threshold: Type.Optional(Type.Number()),
  k: Type.Optional(Type.Integer()),
  value: Type.Union([Type.Number(), Type.Null()], {
    description: 'null where the run did not measure it; then the gate fails',
  }),
  passed: Type.Boolean(),
});

/** Under which name a run reports what a gate judges: `average_precision`, `f1@0.5`, `precision_at_k@100`. */
export const gateMetric = ({
  metric,
  threshold,
  k,
}: {
  readonly metric: string;
  readonly threshold?: number;
  readonly k?: number;
}): string => `${metric}${threshold === undefined ? '' : `@${threshold}`}${k === undefined ? '' : `@${k}`}`;

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
