import { isPresent } from '../profile/bins';

type Columns = readonly ArrayLike<number | null>[];

/**
 * The share of rows that are equal to an earlier row in every column; missing is equal to missing. Null without rows. Keeps every
 * distinct row: for data sets and windows, not for endless streams.
 */
export const duplicateShare = (columns: Columns): number | null => {
  const rows = columns[0]?.length ?? 0;
  if (rows === 0) return null;
  const seen = new Set<string>();
  for (let row = 0; row < rows; row++)
    seen.add(
      columns
        .map((column) => {
          const value = column[row] as number | null;
          return isPresent(value) ? String(value + 0) : '';
        })
        .join(','),
    );
  return (rows - seen.size) / rows;
};

export interface Freshness {
  /** From the newest event time to now. */
  readonly ageMs: number;
  readonly isStale: boolean;
}

/** How old the newest row is; stale above the limit. Null where no row has a time. */
export const freshnessOf = (
  eventTimesMs: ArrayLike<number | null>,
  nowMs: number,
  limitMs: number,
): Freshness | null => {
  let newest = -Infinity;
  for (let row = 0; row < eventTimesMs.length; row++) {
    const time = eventTimesMs[row] as number | null;
    if (time !== null && time > newest) newest = time;
  }
  if (newest === -Infinity) return null;
  const ageMs = nowMs - newest;
  return { ageMs, isStale: ageMs > limitMs };
};
