import { Type, type Static } from 'typebox';
import { defineEvent } from '../../define-event';
import { IntervalReported } from '../serving/interval-reported';
import { GateResult, Reference, Sha, TaskName, SAMPLE_SHA } from '../shapes';
import {
  BinaryCounts,
  ColumnCounts,
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

export const WindowProfiled = defineEvent({
  ...input,
  type: 'monitoring.window.profiled',
  meaning:
    'What the predictions of one partition in a window looked like, and the vectors behind them. Parts of a window add up; late rows come in a later part.',
  schema: Type.Object({
    ...WatchedWindow,
    model: Type.String(),
    task: TaskName,
    profile: Sha('the reference profile whose bins count'),
    drift_threshold: Type.Number({ description: 'PSI from which on it is drift' }),
    maturity_ms: Type.Integer({ minimum: 0 }),
    predictions: Type.Integer(),
    decided: Type.Integer({ description: 'predictions with a decision' }),
    positives: Type.Integer({ description: 'decisions that were true' }),
    routes: Type.Record(Type.String(), Type.Integer(), { description: 'predictions by route' }),
    features: Type.Array(ColumnCounts, {
      description: 'in the order of the reference profile; empty where there is none',
    }),
    score: Type.Union([ColumnCounts, Type.Null()]),
    span: OffsetSpan,
  }),
  sample: {
    ...SAMPLE_WATCHED,
    model: 'fraud',
    task: 'binary',
    profile: SAMPLE_SHA.profile,
    drift_threshold: 0.2,
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

export const WindowMeasured = defineEvent({
  ...input,
  type: 'monitoring.window.measured',
  meaning:
    'What labels say of the predictions of a window, from one partition of `monitoring.inputs.<deployment>`. Parts add up; a corrected label takes back and adds.',
  schema: Type.Object({
    ...WatchedWindow,
    performance: Type.Union([
      Type.Object({ task: Type.Literal('binary'), counts: BinaryCounts }),
      Type.Object({ task: Type.Literal('regression'), counts: RegressionCounts }),
    ]),
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
