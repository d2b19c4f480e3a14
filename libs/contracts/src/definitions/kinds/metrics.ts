export const TASKS = ['binary', 'multiclass', 'regression', 'anomaly', 'ranking'] as const;
export type Task = (typeof TASKS)[number];

/** The metrics that gates and monitors can name, with the task they are for. */
const TASK_OF_METRIC = {
  roc_auc: 'binary',
  average_precision: 'binary',
  log_loss: 'binary',
  brier: 'binary',
  f1: 'binary',
  precision: 'binary',
  recall: 'binary',
  accuracy: 'binary',
  precision_at_k: 'binary',
  rmse: 'regression',
  mae: 'regression',
  r2: 'regression',
} as const satisfies Record<string, Task>;

export type MetricName = keyof typeof TASK_OF_METRIC;

export const METRICS = Object.keys(TASK_OF_METRIC) as readonly MetricName[];

export const taskOfMetric = (metric: MetricName): Task => TASK_OF_METRIC[metric];
export const metricsOf = (task: Task): readonly MetricName[] =>
  METRICS.filter((metric) => TASK_OF_METRIC[metric] === task);
