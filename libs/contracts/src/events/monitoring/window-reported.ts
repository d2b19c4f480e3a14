import { Type } from 'typebox';
import { defineEvent } from '../../define-event';
import { GateResult, MetricValues, Sha, TaskName, SAMPLE_SHA } from '../shapes';
import { EventWindow, OffsetSpan, SAMPLE_SPAN, SAMPLE_WATCHED, WatchedWindow } from './shapes';

const Nullable = (meaning: string) => Type.Union([Type.Number(), Type.Null()], { description: meaning });

const Verdict = (meaning: string) => Type.Union([Type.Boolean(), Type.Null()], { description: meaning });
const Bounds = { min: Type.Optional(Type.Number()), max: Type.Optional(Type.Number()) };

const column = {
  psi: Nullable('population stability index against the reference; null where a side has no values'),
  drifted: Verdict('null: too few rows, or no reference, to tell'),
  statistic: Type.Optional(Type.String({ description: 'what was held against the threshold; absent: psi' })),
  value: Type.Optional(Nullable('of that statistic; of a test its p-value')),
  threshold: Type.Optional(Nullable('from which on it is drift; of a p-value: up to which')),
  effect: Type.Optional(
    Nullable('0 to 1: how far it drifted times the share that the model owes to it; null where nobody knows'),
  ),
  importance: Type.Optional(Nullable('share that the model owes to the feature')),
  unseen: Type.Optional(Nullable('share of values that the reference never had, where it had few')),
  out_of_range: Type.Optional(Nullable('share of values below or above those of the reference')),
  unseen_reference: Type.Optional(Nullable('the same among the earlier windows that are the reference')),
  out_of_range_reference: Type.Optional(Nullable('the same among the earlier windows')),
  missing: Nullable('share of rows without a value'),
  missing_reference: Nullable('the same in the reference'),
  mean: Nullable('of the window'),
  mean_reference: Nullable('of the reference'),
};

const SliceReport = Type.Object({
  value: Type.String(),
  predictions: Type.Integer(),
  positive: Type.Integer({ description: 'decisions that were true' }),
  decided: Type.Integer(),
  rows: Type.Integer({ description: 'predictions with a label' }),
  metrics: Type.Union([MetricValues, Type.Null()], { description: 'null until labels are mature' }),
  gates: Type.Array(GateResult),
});

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
      statistic: Type.String({ description: 'of the monitor; auto: each column says its own' }),
      threshold: Type.Union([Type.Number(), Type.Literal('auto'), Type.Null()], {
        description:
          'of the monitor; auto: each column says what was learned; null: each statistic has its own',
      }),
      correction: Type.Optional(Type.Literal('benjamini-hochberg')),
      min_rows: Type.Integer({ description: 'a column with fewer values gets no verdict' }),
      features: Type.Array(Type.Object({ name: Type.String(), ...column })),
      drifted: Type.Integer({ description: 'features over the threshold' }),
      judged: Type.Integer({ description: 'features with a verdict' }),
      dataset: Type.Optional(
        Type.Object({ share: Nullable('drifted of judged'), limit: Type.Number(), drifted: Verdict('') }),
      ),
      multivariate: Type.Optional(
        Type.Object({
          error: Nullable('mean reconstruction error of the rows'),
          ...Bounds,
          drifted: Verdict('outside of three deviations of the reference; null: nothing to tell by'),
        }),
      ),
    }),
    reference: Type.Optional(
      Type.Object(
        {
          kind: Type.Enum(['training', 'windows']),
          windows: Type.Optional(
            Type.Array(EventWindow, { description: 'the earlier windows, oldest first' }),
          ),
        },
        { description: 'what the window was compared with' },
      ),
    ),
    number: Type.Optional(Type.Integer({ description: 'windows by count: how many began before' })),
    window_rows: Type.Optional(
      Type.Integer({ description: 'windows by count: closed when at least so many predictions had come' }),
    ),
    duplicates: Type.Optional(
      Type.Object({ share: Nullable('of rows whose entity and moment were there before in the window') }),
    ),
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
          gates: Type.Array(GateResult, {
            description: "the version's gates, on this window; or the limits of the monitor",
          }),
        }),
        Type.Null(),
      ],
      { description: 'null until labels are mature' },
    ),
    estimate: Type.Optional(
      Type.Object(
        {
          method: Type.Enum(['cbpe', 'dle']),
          rows: Type.Integer(),
          metrics: MetricValues,
          gates: Type.Array(GateResult),
        },
        { description: 'performance as it is to be expected before labels come' },
      ),
    ),
    slices: Type.Optional(
      Type.Array(
        Type.Object({
          field: Type.String(),
          values: Type.Array(SliceReport, { description: 'the most frequent, the most frequent first' }),
          others: Type.Object({
            values: Type.Integer({ description: 'counted apart, but not shown' }),
            predictions: Type.Integer({ description: 'of all other values' }),
          }),
        }),
      ),
    ),
    fairness: Type.Optional(
      Type.Array(
        Type.Object({
          group: Type.String(),
          metric: Type.String(),
          ...Bounds,
          value: Nullable('null: fewer than two groups with enough rows'),
          between: Type.Optional(Type.Array(Type.String(), { description: 'the two groups furthest apart' })),
          rows: Type.Integer(),
          passed: Verdict('null: nothing to tell by'),
        }),
      ),
    ),
    notes: Type.Optional(Type.Array(Type.String(), { description: 'what could not be told, and why' })),
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
          statistic: 'psi',
          value: 0.0041,
          threshold: 0.2,
          effect: 0.0042,
          importance: 0.21,
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
      statistic: 'psi',
      value: 0.012,
      threshold: 0.2,
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
