import type { Task } from './data-set';
import { brierScore, decisionsAt, logLoss } from './metrics/classification';
import { averagePrecisionOf, precisionAtKOf, rocAucOf } from './metrics/ranking';
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from './metrics/regression';
import { thresholdCounts } from './metrics/threshold-counts';

interface MetricDefinition {
  readonly task: Task;
  readonly better: 'higher' | 'lower';
  readonly meaning: string;
}

/** Every metric by the name that gates and reports use. */
export const METRICS = {
  roc_auc: {
    task: 'binary',
    better: 'higher',
    meaning: 'probability that a positive scores above a negative',
  },
  average_precision: { task: 'binary', better: 'higher', meaning: 'precision averaged over recall' },
  log_loss: { task: 'binary', better: 'lower', meaning: 'mean negative log probability of the true label' },
  brier: { task: 'binary', better: 'lower', meaning: 'mean squared error of the probability' },
  f1: { task: 'binary', better: 'higher', meaning: 'harmonic mean of precision and recall at the threshold' },
  precision: { task: 'binary', better: 'higher', meaning: 'share of positives among those decided positive' },
  recall: { task: 'binary', better: 'higher', meaning: 'share of the positives that were decided positive' },
  accuracy: { task: 'binary', better: 'higher', meaning: 'share of right decisions at the threshold' },
  precision_at_k: {
    task: 'binary',
    better: 'higher',
    meaning: 'share of positives among the k highest scores',
  },
  rmse: { task: 'regression', better: 'lower', meaning: 'root mean squared error' },
  mae: { task: 'regression', better: 'lower', meaning: 'mean absolute error' },
  r2: { task: 'regression', better: 'higher', meaning: 'share of the variance explained' },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

export interface EvaluateOptions {
  /** A score at or above it is decided positive; 0.5 if not given. */
  readonly threshold?: number;
  /** Of `precision_at_k`; 100 if not given. */
  readonly k?: number;
}

/** All metrics of the task. One that has no value on these rows (one class only, no rows) is null, never NaN. */
export const evaluate = (
  task: Task,
  labels: Float64Array,
  predictions: Float64Array,
  { threshold = 0.5, k = 100 }: EvaluateOptions = {},
): Partial<Record<MetricName, number | null>> => {
  if (task === 'regression') {
    return {
      rmse: rootMeanSquaredError(labels, predictions),
      mae: meanAbsoluteError(labels, predictions),
      r2: rSquared(labels, predictions),
    };
  }
  const counts = thresholdCounts(labels, predictions);
  const { f1, precision, recall, accuracy } = decisionsAt(labels, predictions, threshold);
  return {
    roc_auc: rocAucOf(counts),
    average_precision: averagePrecisionOf(counts),
    log_loss: logLoss(labels, predictions),
    brier: brierScore(labels, predictions),
    f1,
    precision,
    recall,
    accuracy,
    precision_at_k: precisionAtKOf(counts, k),
  };
};
