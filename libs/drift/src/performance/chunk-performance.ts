import { chunksOf, momentsOf, orderInTime, type Moments } from '../profile/chunks';

/** How far a metric goes up and down between chunks of the hold-out while nothing has changed. */
export interface PerformanceProfile {
  /** Chunks, and the rows of the smallest. */
  readonly chunks: number;
  readonly rows: number;
  /** By the names of evaluation, over the chunks on which a metric had a value; left out where those are fewer than two. */
  readonly metrics: Readonly<Record<string, Moments>>;
}

/**
 * The metrics of at most ten consecutive chunks of the hold-out; undefined with fewer than 100 rows. `measure` judges some of its rows. A
 * limit learned from it: mean - 3 std (NannyML's rule), above for metrics of which less is better.
 */
export const profilePerformance = (
  rows: number,
  measure: (rows: Uint32Array) => Readonly<Record<string, number | null>>,
  times?: ArrayLike<number>,
): PerformanceProfile | undefined => {
  const chunks = chunksOf(orderInTime(rows, times));
  if (chunks.length < 2) return undefined;
  const measured = chunks.map(measure);
  const metrics: Record<string, Moments> = {};
  for (const name of Object.keys(measured[0]!)) {
    const values = measured.flatMap((each) => each[name] ?? []);
    const moments = momentsOf(values);
    if (moments) metrics[name] = moments;
  }
  return { chunks: chunks.length, rows: Math.min(...chunks.map(({ length }) => length)), metrics };
};

/** The limits outside of which a metric of a window has changed: mean -+ 3 standard deviations over the reference's chunks (NannyML's rule). */
export const learnedLimits = (
  { mean, std }: Moments,
  deviations = 3,
): { readonly min: number; readonly max: number } => ({
  min: mean - deviations * std,
  max: mean + deviations * std,
});
