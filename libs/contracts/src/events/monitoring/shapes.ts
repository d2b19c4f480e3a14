import { Type } from 'typebox';

/** Parts that several events of monitoring share. */

export const Timestamp = (meaning: string) => Type.String({ description: `${meaning}; ISO, ms, UTC` });

/** A window of event time, [start, end). */
export const EventWindow = Type.Object({
  start: Timestamp('first moment inside'),
  end: Timestamp('first moment behind'),
});

/** What was watched: one version under one decision threshold in one window. */
export const WatchedWindow = {
  deployment: Type.String(),
  version: Type.Integer({ minimum: 1 }),
  threshold: Type.Union([Type.Number(), Type.Null()], { description: 'at which it decided' }),
  window: EventWindow,
};

const Nullable = Type.Union([Type.Number(), Type.Null()]);

/** `WindowProfileData` of libs/drift: counts by the bins of the reference, and exact sums. */
export const ColumnCounts = Type.Object({
  rows: Type.Integer(),
  missing: Type.Integer(),
  min: Nullable,
  max: Nullable,
  mean: Nullable,
  std: Nullable,
  counts: Type.Array(Type.Integer()),
  sum: Type.Array(Type.Number()),
  squares: Type.Array(Type.Number()),
});

/** `BinaryPerformanceData` of libs/drift. A part that takes back what an earlier one said has negative counts. */
export const BinaryCounts = Type.Object({
  threshold: Type.Number(),
  invalid: Type.Integer(),
  truePositives: Type.Integer(),
  falsePositives: Type.Integer(),
  trueNegatives: Type.Integer(),
  falseNegatives: Type.Integer(),
  squaredError: Type.Array(Type.Number()),
  logLoss: Type.Array(Type.Number()),
  bins: Type.Array(Type.Tuple([Type.Integer(), Type.Integer(), Type.Integer()]), {
    description: '[bin, negatives, positives], ascending',
  }),
});

/** Windows by count are told by parts: each names its first prediction. */
export const Chunk = Type.String({
  description: 'windows by count: `<partition>-<offset>` of the first prediction of the part',
});

/** `RegressionPerformanceData` of libs/drift. */
export const RegressionCounts = Type.Object({
  rows: Type.Integer(),
  invalid: Type.Integer(),
  absoluteError: Type.Array(Type.Number()),
  squaredError: Type.Array(Type.Number()),
  labels: Type.Array(Type.Number()),
  squaredLabels: Type.Array(Type.Number()),
});

/** Where the rows of a window stand: their offsets lie in [from, to), between those of other windows. */
export const OffsetSpan = Type.Object({
  topic: Type.String({ description: 'below the namespace' }),
  partition: Type.Integer(),
  from: Type.Integer(),
  to: Type.Integer({ description: 'exclusive' }),
});

export const SAMPLE_WATCHED = {
  deployment: 'fraud',
  version: 3,
  threshold: 0.5,
  window: { start: '2018-05-01T00:00:00.000Z', end: '2018-05-02T00:00:00.000Z' },
};

export const SAMPLE_SPAN = { topic: 'serving.predictions.fraud', partition: 2, from: 18273, to: 19107 };

export const SAMPLE_COUNTS = {
  rows: 3,
  missing: 1,
  min: 1,
  max: 3,
  mean: 2,
  std: 1.4142135623730951,
  counts: [0, 1, 1, 0],
  sum: [4],
  squares: [10],
};
