import {
  EstimatedPerformance,
  EstimatedRegression,
  type EstimatedPerformanceData,
  type EstimatedRegressionData,
  type ReferenceProfile,
} from '#drift';
import type { Judging } from '../watch';

export type EstimateMethod = NonNullable<Judging['estimate']>;

/** As it goes on the log: counts of `EstimatedPerformance` or `EstimatedRegression`. */
export type StoredEstimate =
  | { readonly method: 'cbpe'; readonly counts: EstimatedPerformanceData }
  | { readonly method: 'dle'; readonly counts: EstimatedRegressionData };

type Estimate =
  | { readonly method: 'cbpe'; readonly counts: EstimatedPerformance }
  | { readonly method: 'dle'; readonly counts: EstimatedRegression };

export interface EstimateReport {
  readonly rows: number;
  readonly metrics: Readonly<Record<string, number | null>>;
}

/** Decisions where a deployment decides nothing. */
const DEFAULT_THRESHOLD = 0.5;

/**
 * Performance as it is to be expected before labels come. What a row says depends on the profile of the version; it is given with every
 * call, always the same, since a snapshot does not keep it.
 */
export class EstimatePart {
  private estimate: Estimate | undefined;

  constructor(
    private readonly method: EstimateMethod,
    private stored?: StoredEstimate,
  ) {}

  observe(
    row: {
      readonly score: number | null;
      readonly decision: boolean | undefined;
      readonly values: ArrayLike<number | null>;
    },
    profile: ReferenceProfile,
  ): void {
    const estimate = this.of(profile);
    if (!estimate) return;
    const score = row.score ?? Number.NaN;
    if (estimate.method === 'cbpe')
      estimate.counts.observe(score, row.decision ?? score >= DEFAULT_THRESHOLD);
    else estimate.counts.observe(score, row.values);
  }

  merge(stored: StoredEstimate, profile: ReferenceProfile): void {
    const mine = this.of(profile);
    const other = estimateOf(stored.method, profile, stored);
    if (mine?.method === 'cbpe' && other?.method === 'cbpe') mine.counts.merge(other.counts);
    if (mine?.method === 'dle' && other?.method === 'dle') mine.counts.merge(other.counts);
  }

  /** Undefined where the profile has nothing to estimate by. */
  report(profile: ReferenceProfile): EstimateReport | undefined {
    const report = this.of(profile)?.counts.report();
    return report && { rows: report.rows, metrics: { ...report.metrics } };
  }

  /** Undefined where nothing was counted. */
  toJSON(): StoredEstimate | undefined {
    const { estimate } = this;
    if (!estimate) return this.stored;
    return estimate.method === 'cbpe'
      ? { method: 'cbpe', counts: estimate.counts.toJSON() }
      : { method: 'dle', counts: estimate.counts.toJSON() };
  }

  private of(profile: ReferenceProfile): Estimate | undefined {
    if (!this.estimate) {
      this.estimate = estimateOf(this.method, profile, this.stored);
      this.stored = undefined;
    }
    return this.estimate;
  }
}

const estimateOf = (
  method: EstimateMethod,
  { calibration, errors }: ReferenceProfile,
  stored: StoredEstimate | undefined,
): Estimate | undefined => {
  if (method === 'cbpe') {
    const counts =
      stored?.method === 'cbpe'
        ? EstimatedPerformance.fromJSON(stored.counts, calibration)
        : new EstimatedPerformance(calibration);
    return { method, counts };
  }
  if (!errors) return undefined;
  const counts =
    stored?.method === 'dle'
      ? EstimatedRegression.fromJSON(stored.counts, errors)
      : new EstimatedRegression(errors);
  return { method, counts };
};
