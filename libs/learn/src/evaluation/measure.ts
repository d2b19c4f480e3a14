import type { EvaluateOptions, MetricName } from '../evaluate';
import type { Task } from '../data-set';
import { measureClasses } from './measure-classes';
import { measureLists } from './measure-lists';
import { measureScores } from './measure-scores';
import { measureValues } from './measure-values';
import type { Scored } from './scored';

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

export const compileMeasure = (task: Task, scored: Scored, wanted: readonly WantedMetric[]): Measure => {
  switch (task) {
    case 'regression':
      return measureValues(scored, wanted);
    case 'multiclass':
      return measureClasses(scored, wanted);
    case 'ranking':
      return measureLists(scored, wanted);
    case 'binary':
    case 'anomaly':
      return measureScores(scored, wanted);
  }
};
