import { Type, type Static } from 'typebox';
import { defineEvent } from '../../define-event';
import { IntervalReported } from '../serving/interval-reported';
import { MonitorReference } from '../registry/deployments';
import { GateResult, Reference, Sha, TaskName, SAMPLE_SHA } from '../shapes';
import {
  BinaryCounts,
  Chunk,
  ColumnCounts,
  EventWindow,
  OffsetSpan,
  RegressionCounts,
  SAMPLE_COUNTS,
  SAMPLE_SPAN,
  SAMPLE_WATCHED,
  Timestamp,
  WatchedWindow,
} from './shapes';

const input = { version: 1, topic: 'monitoring.inputs', key: 'deployment', owner: 'monitoring' } as const;

const SAMPLE_BINARY: Static<typeof BinaryCounts> = {
  threshold: 0.5,
  invalid: 0,
  truePositives: 0,
  falsePositives: 0,
  trueNegatives: 1,
  falseNegatives: 0,
  squaredError: [0.00097344],
  logLoss: [0.03169718],
  bins: [[3840, 1, 0]],
};

/** By what a window is judged: the monitor that held, but for whom it tells. */
export const Judging = Type.Omit(MonitorReference, ['alert']);

const SliceCounts = Type.Object({
  field: Type.String(),
  values: Type.Array(
    Type.Tuple([Type.String(), Type.Integer(), Type.Integer(), Type.Integer()], {
      description: '[value, predictions, decided, positives], by value',
    }),
  ),
  others: Type.Tuple([Type.Integer(), Type.Integer(), Type.Integer()], {
    description: 'of all other values together',
  }),
});

export const WindowProfiled = defineEvent({
  ...input,
  type: 'monitoring.window.profiled',
  meaning:
    'What the predictions of one partition in a window looked like, and the vectors behind them. Parts of a window add up; late rows come in a later part.',
  schema: Type.Object({
    ...WatchedWindow,
    chunk: Type.Optional(Chunk),
    model: Type.String(),
    task: TaskName,
    profile: Sha('the reference profile whose bins count'),
    monitor: Type.Optional(Judging),
    maturity_ms: Type.Integer({ minimum: 0 }),
    predictions: Type.Integer(),
    decided: Type.Integer({ description: 'predictions with a decision' }),
    positives: Type.Integer({ description: 'decisions that were true' }),
    routes: Type.Record(Type.String(), Type.Integer(), { description: 'predictions by route' }),
    features: Type.Array(ColumnCounts, {
      description:
        'those that the monitor chose, in the order of the reference profile; empty where there is none',
    }),
    score: Type.Union([ColumnCounts, Type.Null()]),
    reconstruction: Type.Optional(
      Type.Object(
        { rows: Type.Integer(), sum: Type.Array(Type.Number()), squares: Type.Array(Type.Number()) },
        { description: 'exact moments of the errors by the components of the reference' },
      ),
    ),
    repeats: Type.Optional(
      Type.Object(
        {
          level: Type.Integer({
            minimum: 0,
            description: 'hashes with so many zero bits at their end are kept',
          }),
          hashes: Type.Array(Type.Tuple([Type.Integer(), Type.Integer()]), {
            description: '[hash of entity and moment, rows], ascending',
          }),
        },
        { description: 'which rows were there before' },
      ),
    ),
    estimate: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: '`EstimatedPerformanceData` of libs/drift: performance as it is to be expected',
      }),
    ),
    slices: Type.Optional(Type.Array(SliceCounts)),
    span: OffsetSpan,
  }),
  sample: {
    ...SAMPLE_WATCHED,
    model: 'fraud',
    task: 'binary',
    profile: SAMPLE_SHA.profile,
    maturity_ms: 604_800_000,
    predictions: 3,
    decided: 3,
    positives: 1,
    routes: { champion: 3 },
    features: [SAMPLE_COUNTS],
    score: SAMPLE_COUNTS,
    span: SAMPLE_SPAN,
  },
});

const PerformanceCounts = Type.Union([
  Type.Object({ task: Type.Literal('binary'), counts: BinaryCounts }),
  Type.Object({ task: Type.Literal('regression'), counts: RegressionCounts }),
]);

export const WindowMeasured = defineEvent({
  ...input,
  type: 'monitoring.window.measured',
  meaning:
    'What labels say of the predictions of a window, from one partition of `monitoring.inputs.<deployment>`. Parts add up; a corrected label takes back and adds.',
  schema: Type.Object({
    ...WatchedWindow,
    chunk: Type.Optional(Chunk),
    performance: PerformanceCounts,
    slices: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String(),
          values: Type.Array(Type.Object({ value: Type.String(), performance: PerformanceCounts })),
          others: Type.Union([PerformanceCounts, Type.Null()], {
            description: 'of all other values together',
          }),
        }),
      ),
    ),
  }),
  sample: {
    ...SAMPLE_WATCHED,
    performance: {
      task: 'binary',
      counts: SAMPLE_BINARY,
    },
  },
});

export const PartitionAdvanced = defineEvent({
  ...input,
  type: 'monitoring.partition.advanced',
  meaning:
    'All parts of windows that end at or before `through` have been given by this partition, but for late ones.',
  schema: Type.Object({
    deployment: Type.String(),
    part: Type.Enum(['profiled', 'measured']),
    partition: Type.Integer(),
    through: Timestamp('event time'),
  }),
  sample: { deployment: 'fraud', part: 'profiled', partition: 2, through: '2018-05-02T00:00:00.000Z' },
});

export const DriftDetected = defineEvent({
  ...input,
  type: 'monitoring.drift.detected',
  meaning:
    'A detector on the errors of labelled predictions fired, in one partition of `monitoring.inputs.<deployment>`, in the order of its records.',
  schema: Type.Object({
    deployment: Type.String(),
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    detector: Type.String(),
    event_id: Type.String({ description: 'the labelled event at which it fired' }),
    event_time: Timestamp('of that event'),
    window: EventWindow,
    errors: Type.Integer({ description: 'that it had seen since it began' }),
    mean: Type.Number({ description: 'of these errors; of decisions each is 0 or 1' }),
    recent: Type.Number({ description: 'mean of the last 100 of them at most' }),
    span: OffsetSpan,
  }),
  sample: {
    deployment: 'fraud',
    model: 'fraud',
    version: 3,
    detector: 'adwin',
    event_id: 'tx-1',
    event_time: '2018-05-01T10:03:11.000Z',
    window: SAMPLE_WATCHED.window,
    errors: 1856,
    mean: 0.031,
    recent: 0.14,
    span: { ...SAMPLE_SPAN, topic: 'monitoring.inputs.fraud' },
  },
});

export const FreshnessChecked = defineEvent({
  ...input,
  type: 'monitoring.freshness.checked',
  meaning: 'How long ago the newest prediction of a deployment was appended when its monitor looked.',
  schema: Type.Object({
    deployment: Type.String(),
    model: Type.String(),
    version: Type.Integer({ minimum: 1, description: 'of the champion' }),
    limit_ms: Type.Integer({ minimum: 1 }),
    now: Timestamp('by the clock of monitoring'),
    newest: Timestamp('append time of the newest prediction'),
    span: OffsetSpan,
  }),
  sample: {
    deployment: 'fraud',
    model: 'fraud',
    version: 3,
    limit_ms: 3_600_000,
    now: '2018-05-02T01:00:00.000Z',
    newest: '2018-05-01T23:59:58.000Z',
    span: { ...SAMPLE_SPAN, from: 19106 },
  },
});

export const GatesLearned = defineEvent({
  ...input,
  key: 'model',
  type: 'monitoring.gates.learned',
  meaning:
    'The gates that a version passed when it was registered: what its realised performance is held against.',
  schema: Type.Object({
    model: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    gates: Type.Array(GateResult),
  }),
  sample: {
    model: 'fraud',
    version: 3,
    gates: [{ metric: 'average_precision', min: 0.1, value: 0.63, passed: true }],
  },
});

export const RouteLabelled = defineEvent({
  ...input,
  type: 'monitoring.route.labelled',
  meaning:
    'What labels that came say of the predictions of a route in a rollout or bandit, from one partition of `monitoring.inputs.<deployment>`. Parts add up.',
  schema: Type.Object({
    deployment: Type.String(),
    trial: Type.String({ description: 'the input that began the rollout, or the salt of the bandit' }),
    route: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    counts: BinaryCounts,
    span: OffsetSpan,
  }),
  sample: {
    deployment: 'fraud',
    trial: '0-41',
    route: 'canary',
    version: 4,
    counts: SAMPLE_BINARY,
    span: { ...SAMPLE_SPAN, topic: 'monitoring.inputs.fraud' },
  },
});

export const RouteMeasured = defineEvent({
  ...input,
  type: 'monitoring.route.measured',
  meaning: 'What serving said of a route in an interval, routed from `serving.status`.',
  schema: Type.Object({ reference: Reference, ...IntervalReported.schema.properties }),
  sample: { reference: 'serving.status:0-7', ...IntervalReported.sample },
});
