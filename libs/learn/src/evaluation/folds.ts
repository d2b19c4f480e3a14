import { Rng } from '#kernel';

/** Rows to learn from and rows to judge by, as indices in ascending order. */
export interface Fold {
  readonly train: Uint32Array;
  readonly test: Uint32Array;
}

/** A fold in time. Epoch ms. */
export interface TimeFold extends Fold {
  /** What is learned from lies at or before it, */
  readonly trainUntil: number;
  /** and what judges behind `after`, up to `until`. */
  readonly after: number;
  readonly until: number;
}

/**
 * Cross-validation that never looks ahead: rows in order of time in `folds` + 1 blocks of about as many rows; each block but the first judges
 * a model of everything before it, less the gap (`TimeSeriesSplit`). Rows of one time never come apart. Folds without rows on a
 * side are left out.
 */
export const timeFolds = (times: Float64Array, folds: number, gapMs = 0): TimeFold[] => {
  const sorted = times.slice().sort();
  const size = Math.floor(sorted.length / (folds + 1));
  if (size === 0) return [];
  // The block ends with the last time before the one that the next block begins with.
  const bounds = Array.from({ length: folds + 1 }, (_, fold) => {
    const start = sorted[sorted.length - (folds - fold) * size];
    return start === undefined ? sorted.at(-1)! : before(sorted, start);
  });
  return bounds.slice(0, -1).flatMap((after, fold) => timeFold(times, after, bounds[fold + 1]!, gapMs));
};

/** The greatest time that is less; -Infinity where there is none. */
const before = (sorted: Float64Array, time: number): number => {
  let at = sorted.indexOf(time) - 1;
  while (at >= 0 && sorted[at]! >= time) at--;
  return at < 0 ? -Infinity : sorted[at]!;
};

/**
 * What would have come of training at each of the last `origins` moments, `horizonMs` apart, the last one horizon before the newest row: each
 * model learns from everything up to its origin, less the gap, and is judged by the horizon behind it. The model's own split by time is the
 * newest origin. Origins without rows on a side are left out.
 */
export const rollingOrigins = (
  times: Float64Array,
  {
    origins,
    horizonMs,
    gapMs = 0,
  }: { readonly origins: number; readonly horizonMs: number; readonly gapMs?: number },
): TimeFold[] => {
  const newest = times.reduce((latest, time) => Math.max(latest, time), -Infinity);
  return Array.from({ length: origins }, (_, i) => newest - (origins - i) * horizonMs).flatMap((origin) =>
    timeFold(times, origin, origin + horizonMs, gapMs),
  );
};

const timeFold = (times: Float64Array, after: number, until: number, gapMs: number): TimeFold[] => {
  const trainUntil = after - gapMs;
  const train = rowsWhere(times, (time) => time <= trainUntil);
  const test = rowsWhere(times, (time) => time > after && time <= until);
  return train.length === 0 || test.length === 0 ? [] : [{ train, test, trainUntil, after, until }];
};

/**
 * Cross-validation by a seeded shuffle: each row judges once. Rows with the same number in `units` (an entity, a query) are never on both
 * sides. Folds without rows on a side are left out.
 */
export const shuffledFolds = (units: Uint32Array, folds: number, seed: number): Fold[] => {
  const count = units.reduce((most, unit) => Math.max(most, unit + 1), 0);
  const order = Uint32Array.from({ length: count }, (_, unit) => unit);
  const rng = new Rng(seed);
  for (let last = count - 1; last > 0; last--) {
    const other = rng.below(last + 1);
    [order[last], order[other]] = [order[other]!, order[last]!];
  }
  const foldOf = new Uint32Array(count);
  order.forEach((unit, place) => (foldOf[unit] = place % folds));
  return Array.from({ length: folds }, (_, fold) => ({
    train: rowsWhere(units, (unit) => foldOf[unit] !== fold),
    test: rowsWhere(units, (unit) => foldOf[unit] === fold),
  })).filter(({ train, test }) => train.length > 0 && test.length > 0);
};

const rowsWhere = (values: Float64Array | Uint32Array, is: (value: number) => boolean): Uint32Array => {
  const rows: number[] = [];
  values.forEach((value, row) => is(value) && rows.push(row));
  return Uint32Array.from(rows);
};
