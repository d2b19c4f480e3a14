import type { Task } from './data-set';
import { brierScore, decisionsAt, logLoss } from './metrics/classification';
import {
  classDecisions,
  confusionMatrix,
  multiclassLogLoss,
  predictedClasses,
  rocAucOneVsRest,
} from './metrics/multiclass';
import { measuredQueries, meanOverQueries } from './metrics/ranked-lists';
import { averagePrecisionOf, precisionAtKOf, rocAucOf } from './metrics/ranking';
import { meanAbsoluteError, rootMeanSquaredError, rSquared } from './metrics/regression';
import { thresholdCounts } from './metrics/threshold-counts';

interface MetricDefinition {
  readonly tasks: readonly Task[];
  readonly better: 'higher' | 'lower';
  readonly meaning: string;
}

/** Every metric of what a model answers, by the name that gates and reports use. */
export const METRICS = {
  roc_auc: {
    tasks: ['binary', 'anomaly'],
    better: 'higher',
    meaning: 'probability that a positive scores above a negative',
  },
  average_precision: {
    tasks: ['binary', 'anomaly'],
    better: 'higher',
    meaning: 'precision averaged over recall',
  },
  log_loss: {
    tasks: ['binary', 'multiclass'],
    better: 'lower',
    meaning: 'mean negative log probability of the true label',
  },
  brier: { tasks: ['binary'], better: 'lower', meaning: 'mean squared error of the probability' },
  f1: {
    tasks: ['binary'],
    better: 'higher',
    meaning: 'harmonic mean of precision and recall at the threshold',
  },
  precision: {
    tasks: ['binary'],
    better: 'higher',
    meaning: 'share of positives among those decided positive',
  },
  recall: {
    tasks: ['binary'],
    better: 'higher',
    meaning: 'share of the positives that were decided positive',
  },
  accuracy: {
    tasks: ['binary', 'multiclass'],
    better: 'higher',
    meaning: 'share of right decisions: at the threshold, or for the most probable class',
  },
  precision_at_k: {
    tasks: ['binary', 'anomaly'],
    better: 'higher',
    meaning: 'share of positives among the k highest scores',
  },
  f1_macro: { tasks: ['multiclass'], better: 'higher', meaning: 'mean of the F1 of the classes' },
  f1_weighted: {
    tasks: ['multiclass'],
    better: 'higher',
    meaning: 'mean of the F1 of the classes, by the rows of each',
  },
  roc_auc_ovr: {
    tasks: ['multiclass'],
    better: 'higher',
    meaning: 'mean over the classes of the ROC AUC of one against the rest',
  },
  rmse: { tasks: ['regression'], better: 'lower', meaning: 'root mean squared error' },
  mae: { tasks: ['regression'], better: 'lower', meaning: 'mean absolute error' },
  r2: { tasks: ['regression'], better: 'higher', meaning: 'share of the variance explained' },
  ndcg: {
    tasks: ['ranking'],
    better: 'higher',
    meaning: 'discounted gain of the first k of a query, as a share of the best order; mean over queries',
  },
  map: {
    tasks: ['ranking'],
    better: 'higher',
    meaning: 'precision at each relevant row of the first k of a query; mean over queries',
  },
  mrr: {
    tasks: ['ranking'],
    better: 'higher',
    meaning: '1 / rank of the first relevant row of a query; mean over queries',
  },
} as const satisfies Record<string, MetricDefinition>;

export type MetricName = keyof typeof METRICS;

export const metricsOfTask = (task: Task): readonly MetricName[] =>
  (Object.keys(METRICS) as MetricName[]).filter((name) =>
    (METRICS[name].tasks as readonly Task[]).includes(task),
  );

export const DEFAULT_THRESHOLD = 0.5;
export const DEFAULT_K = 100;

export interface EvaluateOptions {
  /** A score at or above it is decided positive; 0.5 if not given. */
  readonly threshold?: number | undefined;
  /** Of `precision_at_k`, `ndcg` and `map`; 100 if not given. */
  readonly k?: number | undefined;
}

/** The shape of what is judged, where it is more than one number for each row. */
export interface EvaluatedRows {
  /** Numbers for each row: the classes of a multiclass task. As many as fit by default. */
  readonly outputs?: number | undefined;
  /** ranking: the query of each row, neighbours with the same number being one; all rows are one query by default. */
  readonly groups?: Float64Array | undefined;
}

export type Metrics = Partial<Record<MetricName, number | null>>;

/**
 * All metrics of the task. One that has no value on these rows (one class only, no rows) is null, never NaN. Of an anomaly only
 * the rows with a label count.
 */
export const evaluate = (
  task: Task,
  labels: Float64Array,
  predictions: Float64Array,
  { threshold = DEFAULT_THRESHOLD, k = DEFAULT_K, outputs, groups }: EvaluateOptions & EvaluatedRows = {},
): Metrics => {
  switch (task) {
    case 'regression':
      return {
        rmse: rootMeanSquaredError(labels, predictions),
        mae: meanAbsoluteError(labels, predictions),
        r2: rSquared(labels, predictions),
      };
    case 'multiclass':
      return evaluateClasses(labels, predictions, outputs ?? predictions.length / (labels.length || 1));
    case 'ranking':
      return evaluateLists(labels, predictions, groups ?? new Float64Array(labels.length), k);
    case 'anomaly': {
      const known = labels.map((label) => (Number.isNaN(label) ? 0 : 1));
      const counts = thresholdCounts(
        labels.filter((_, row) => known[row] === 1),
        predictions.filter((_, row) => known[row] === 1),
      );
      return {
        roc_auc: rocAucOf(counts),
        average_precision: averagePrecisionOf(counts),
        precision_at_k: precisionAtKOf(counts, k),
      };
    }
    case 'binary': {
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
    }
  }
};

const evaluateClasses = (labels: Float64Array, probabilities: Float64Array, classes: number): Metrics => {
  const log_loss = multiclassLogLoss(labels, probabilities, classes);
  const predicted = predictedClasses(probabilities, classes);
  const { accuracy, macroF1, weightedF1 } = classDecisions(
    confusionMatrix(labels, predicted, classes),
    classes,
  );
  return {
    accuracy,
    f1_macro: macroF1,
    f1_weighted: weightedF1,
    log_loss,
    roc_auc_ovr: rocAucOneVsRest(labels, probabilities, classes),
  };
};

const evaluateLists = (
  labels: Float64Array,
  scores: Float64Array,
  groups: Float64Array,
  k: number,
): Metrics => {
  const queries = measuredQueries(labels, scores, groups, k);
  return {
    ndcg: meanOverQueries(queries, 'ndcg'),
    map: meanOverQueries(queries, 'averagePrecision'),
    mrr: meanOverQueries(queries, 'reciprocalRank'),
  };
};
