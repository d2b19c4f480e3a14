import { cellCount, cellOf, isPresent, type Bins } from './bins';

/** A reference is cut into at most so many chunks, as NannyML does by default ... */
const MOST_CHUNKS = 10;
/** ... and into fewer where they would have fewer rows: their noise would be the only thing to learn from. */
const LEAST_ROWS = 50;

/** How many chunks a reference of so many rows has: 10, or as many as have 50 rows each. */
export const chunkCount = (rows: number): number => Math.min(MOST_CHUNKS, Math.floor(rows / LEAST_ROWS));

/** The rows, in the order in which they happened: by time where every row has one, else as they stand. */
export const orderInTime = (rows: number, times?: ArrayLike<number>): Uint32Array => {
  const order = Uint32Array.from({ length: rows }, (_, row) => row);
  if (!times || times.length !== rows || order.some((row) => Number.isNaN(times[row]!))) return order;
  return order.every((row) => row === 0 || times[row - 1]! <= times[row]!)
    ? order
    : order.sort((a, b) => times[a]! - times[b]! || a - b);
};

/** Consecutive chunks of the rows whose sizes differ by one at most; none where there are too few rows for one. */
export const chunksOf = (order: Uint32Array): readonly Uint32Array[] => {
  const chunks = chunkCount(order.length);
  const edge = (chunk: number): number => Math.floor((chunk * order.length) / chunks);
  return Array.from({ length: chunks }, (_, chunk) => order.subarray(edge(chunk), edge(chunk + 1)));
};

/** Of each chunk its rows by cell; missing values are in none. */
export const countChunks = (
  bins: Bins,
  values: ArrayLike<number | null>,
  chunks: readonly Uint32Array[],
): number[][] =>
  chunks.map((rows) => {
    const counts = new Array<number>(cellCount(bins)).fill(0);
    for (const row of rows) {
      const value = values[row] as number | null;
      if (isPresent(value)) counts[cellOf(bins, value + 0)]!++;
    }
    return counts;
  });

export interface Moments {
  readonly mean: number;
  /** ddof 0. */
  readonly std: number;
}

/** Mean and deviation of what was measured on chunks; null below two, which say nothing of how far they differ. */
export const momentsOf = (values: readonly number[]): Moments | null => {
  if (values.length < 2) return null;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  return { mean, std: Math.sqrt(squares / values.length) };
};
