import type { EvaluateOptions, MetricName } from '../evaluate';

/** A metric with what it depends on. */
export interface WantedMetric extends EvaluateOptions {
  readonly metric: MetricName;
}

/**
 * Metrics of rows that are given again and again with other weights: what does not depend on the weights (the order of the scores, what
 * each row loses) is computed once.
 */
export interface Measure {
  /** What is weighted: rows, or the queries of a ranking. */
  readonly units: number;
  /** The wanted metrics in their order, each unit counted so often; NaN where there is no value. */
  at(weights: ArrayLike<number>): Float64Array;
}
