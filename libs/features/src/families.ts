import {
  Count,
  Decayed,
  DecayedRows,
  Extreme,
  Members,
  Newest,
  Oldest,
  OldestRow,
  Recent,
  RollingExtreme,
  Sketch,
  Spread,
  Total,
  type LastingAccumulator,
  type RollingAccumulator,
  type RowRange,
  type TileAccumulator,
} from './aggregates';
import type { Aggregate } from './definition';

/** Aggregates of one family over the same column and window share an accumulator. */
export type Family =
  | 'count'
  | 'total'
  | 'spread'
  | 'min'
  | 'max'
  | 'newest'
  | 'newest row'
  | 'oldest'
  | 'recent'
  | 'members'
  | 'sketch'
  | 'decayed';

/** What the accumulators of a slot are made with. */
export interface FamilyParameters {
  /** Of `recent`: how many values. */
  size: number;
  /** Of `decayed`, in ms. */
  readonly halfLife: number;
}

interface FamilyAccumulators {
  readonly rolling?: (parameters: FamilyParameters, range: RowRange) => RollingAccumulator;
  /** Absent where all values would have to be kept for ever. */
  readonly lasting?: (parameters: FamilyParameters) => LastingAccumulator;
  readonly following?: (
    parameters: FamilyParameters,
    settled: LastingAccumulator,
    range: RowRange,
  ) => LastingAccumulator;
  /** Absent where the values of a tile cannot be told by a few numbers. */
  readonly tile?: () => TileAccumulator;
}

const everywhere = (make: () => RollingAccumulator & TileAccumulator): FamilyAccumulators => ({
  rolling: make,
  lasting: make,
  tile: make,
});

export const FAMILIES: Readonly<Record<Family, FamilyAccumulators>> = {
  count: everywhere(() => new Count()),
  total: everywhere(() => new Total()),
  spread: everywhere(() => new Spread()),
  newest: everywhere(() => new Newest()),
  'newest row': { lasting: () => new Newest() },
  sketch: everywhere(() => new Sketch()),
  min: { rolling: () => new RollingExtreme(1), lasting: () => new Extreme(1), tile: () => new Extreme(1) },
  max: { rolling: () => new RollingExtreme(-1), lasting: () => new Extreme(-1), tile: () => new Extreme(-1) },
  oldest: {
    rolling: (_, range) => new OldestRow(range),
    lasting: () => new Oldest(),
    tile: () => new Oldest(),
  },
  recent: { rolling: ({ size }) => new Recent(size), lasting: ({ size }) => new Recent(size) },
  members: { rolling: () => new Members() },
  decayed: {
    rolling: ({ halfLife }, range) => new DecayedRows(halfLife, range),
    lasting: ({ halfLife }) => new Decayed(halfLife),
    following: ({ halfLife }, settled, range) => new DecayedRows(halfLife, range, settled),
  },
};

/** Of an aggregate over values; those over events alone are counts, but for `time_since_last`. */
export const FAMILY_OF: Readonly<Record<Aggregate, Family>> = {
  count: 'total',
  sum: 'total',
  mean: 'total',
  min: 'min',
  max: 'max',
  variance: 'spread',
  std: 'spread',
  last: 'newest',
  first: 'oldest',
  last_k: 'recent',
  lag: 'recent',
  time_since_last: 'recent',
  count_distinct: 'members',
  top_k: 'members',
  quantile: 'members',
  ratio: 'total',
  ewma: 'decayed',
};
