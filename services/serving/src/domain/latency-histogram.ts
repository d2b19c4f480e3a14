/** Upper bounds of the latency buckets in milliseconds; one more bucket is above the last. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 60_000,
];

/** What one route served since the last report. */
export interface RouteCounts {
  readonly version: number;
  predictions: number;
  errors: number;
  decided: number;
  positives: number;
  scored: number;
  scoreSum: number;
  readonly latency: number[];
}

export const emptyCounts = (version: number): RouteCounts => ({
  version,
  predictions: 0,
  errors: 0,
  decided: 0,
  positives: 0,
  scored: 0,
  scoreSum: 0,
  latency: new Array<number>(LATENCY_BOUNDS_MS.length + 1).fill(0),
});

export const observeLatency = (counts: RouteCounts, ms: number): void => {
  let bucket = 0;
  while (bucket < LATENCY_BOUNDS_MS.length && ms > LATENCY_BOUNDS_MS[bucket]!) bucket++;
  counts.latency[bucket]!++;
};
