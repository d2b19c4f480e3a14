import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { GateResult, MetricValues, Sha, TaskName, SAMPLE_SHA } from '../shapes';
import { OffsetSpan, SAMPLE_SPAN, SAMPLE_WATCHED, WatchedWindow } from './shapes';

const Nullable = (meaning: string) => Type.Union([Type.Number(), Type.Null()], { description: meaning });

const column = {
  psi: Nullable('population stability index against the reference; null where a side has no values'),
  drifted: Type.Union([Type.Boolean(), Type.Null()], { description: 'null: too few rows to tell' }),
  missing: Nullable('share of rows without a value'),
  missing_reference: Nullable('the same in the reference'),
  mean: Nullable('of the window'),
  mean_reference: Nullable('of the reference'),
};

export const WindowReported = defineEvent({
  type: 'monitoring.window.reported',
  version: 1,
  topic: 'monitoring.reports',
  key: 'deployment',
  owner: 'monitoring',
  meaning:
    'How one version did in one window of event time. A higher revision of the same window replaces it: late rows or labels came.',
  schema: Type.Object({
    ...WatchedWindow,
    revision: Type.Integer({ minimum: 1 }),
    model: Type.String(),
    task: TaskName,
    profile: Sha('the reference profile it was compared with'),
    predictions: Type.Integer(),
    decisions: Type.Object({ positive: Type.Integer(), negative: Type.Integer() }),
    routes: Type.Record(Type.String(), Type.Integer()),
    drift: Type.Object({
      statistic: Type.Literal('psi'),
      threshold: Type.Number(),
      min_rows: Type.Integer({ description: 'a column with fewer values gets no verdict' }),
      features: Type.Array(Type.Object({ name: Type.String(), ...column })),
      drifted: Type.Integer({ description: 'features over the threshold' }),
      judged: Type.Integer({ description: 'features with a verdict' }),
    }),
    score: Type.Union([
      Type.Object({
        ...column,
        min: Nullable('least'),
        max: Nullable('largest'),
        std: Nullable('of the sample'),
      }),
      Type.Null(),
    ]),
    performance: Type.Union(
      [
        Type.Object({
          rows: Type.Integer({ description: 'predictions with a label' }),
          positives: Type.Union([Type.Integer(), Type.Null()]),
          invalid: Type.Integer({ description: 'labelled predictions without a usable score' }),
          metrics: MetricValues,
          bounds: MetricValues,
          gates: Type.Array(GateResult, { description: "the version's gates, on this window" }),
        }),
        Type.Null(),
      ],
      { description: 'null until labels are mature' },
    ),
    sources: Type.Array(OffsetSpan, { description: 'the predictions it was made from' }),
  }),
  sample: {
    ...SAMPLE_WATCHED,
    revision: 2,
    model: 'fraud',
    task: 'binary',
    profile: SAMPLE_SHA.profile,
    predictions: 9512,
    decisions: { positive: 71, negative: 9441 },
    routes: { champion: 9512 },
    drift: {
      statistic: 'psi',
      threshold: 0.2,
      min_rows: 200,
      features: [
        {
          name: 'amount',
          psi: 0.0041,
          drifted: false,
          missing: 0,
          missing_reference: 0,
          mean: 53.2,
          mean_reference: 53.6,
        },
      ],
      drifted: 0,
      judged: 1,
    },
    score: {
      psi: 0.012,
      drifted: false,
      missing: 0,
      missing_reference: 0,
      mean: 0.0088,
      mean_reference: 0.0085,
      min: 0.0001,
      max: 0.98,
      std: 0.061,
    },
    performance: {
      rows: 9500,
      positives: 82,
      invalid: 0,
      metrics: { roc_auc: 0.88, average_precision: 0.61 },
      bounds: { roc_auc: 0.0001, average_precision: 0.002 },
      gates: [{ metric: 'average_precision', min: 0.1, value: 0.61, passed: true }],
    },
    sources: [SAMPLE_SPAN],
  },
});
