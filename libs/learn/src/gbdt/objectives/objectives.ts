import type { Task } from '../../data-set';
import { lambdaRank } from './lambda-rank';
import { logLoss } from './log-loss';
import type { LabelledRows, Objective } from './objective';
import { softmax } from './softmax';
import { squaredError } from './squared-error';

/** What boosting minimises for a task on these rows; `weights` of the classes, where there are classes. */
export const OBJECTIVES: Readonly<
  Record<Exclude<Task, 'anomaly'>, (rows: LabelledRows, weights: Float64Array) => Objective>
> = { binary: logLoss, multiclass: softmax, regression: squaredError, ranking: lambdaRank };
