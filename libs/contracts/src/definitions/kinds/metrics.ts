export const TASKS = ['binary', 'multiclass', 'regression', 'anomaly', 'ranking'] as const;
export type Task = (typeof TASKS)[number];

const ANY: readonly Task[] = TASKS;

interface MetricWords {
  readonly tasks: readonly Task[];
  readonly better: 'higher' | 'lower';
  /** What it needs beside the labels and the answers. */
  readonly takes?: 'threshold' | 'k' | 'group';
  /** Of the model file, not of its answers: no slice, no interval. */
  readonly ofFile?: true;
}

/** What gates, searches and monitors can name (libs/learn says what each means). */
const METRIC_WORDS = {
  roc_auc: { tasks: ['binary', 'anomaly'], better: 'higher' },
  average_precision: { tasks: ['binary', 'anomaly'], better: 'higher' },
  log_loss: { tasks: ['binary', 'multiclass'], better: 'lower' },
  brier: { tasks: ['binary'], better: 'lower' },
  f1: { tasks: ['binary'], better: 'higher', takes: 'threshold' },
  precision: { tasks: ['binary'], better: 'higher', takes: 'threshold' },
  recall: { tasks: ['binary'], better: 'higher', takes: 'threshold' },
  accuracy: { tasks: ['binary', 'multiclass'], better: 'higher', takes: 'threshold' },
  precision_at_k: { tasks: ['binary', 'anomaly'], better: 'higher', takes: 'k' },
  f1_macro: { tasks: ['multiclass'], better: 'higher' },
  f1_weighted: { tasks: ['multiclass'], better: 'higher' },
  roc_auc_ovr: { tasks: ['multiclass'], better: 'higher' },
  rmse: { tasks: ['regression'], better: 'lower' },
  mae: { tasks: ['regression'], better: 'lower' },
  r2: { tasks: ['regression'], better: 'higher' },
  ndcg: { tasks: ['ranking'], better: 'higher', takes: 'k' },
  map: { tasks: ['ranking'], better: 'higher', takes: 'k' },
  mrr: { tasks: ['ranking'], better: 'higher' },
  demographic_parity: { tasks: ['binary'], better: 'lower', takes: 'group' },
  equal_opportunity: { tasks: ['binary'], better: 'lower', takes: 'group' },
  disparate_impact: { tasks: ['binary'], better: 'higher', takes: 'group' },
  latency_p50_ms: { tasks: ANY, better: 'lower', ofFile: true },
  latency_p99_ms: { tasks: ANY, better: 'lower', ofFile: true },
  size_bytes: { tasks: ANY, better: 'lower', ofFile: true },
} as const satisfies Record<string, MetricWords>;

export type MetricName = keyof typeof METRIC_WORDS;

export const METRICS = Object.keys(METRIC_WORDS) as readonly MetricName[];

export const metricWords = (metric: MetricName): MetricWords => METRIC_WORDS[metric];

export const metricsOf = (task: Task): readonly MetricName[] =>
  METRICS.filter((metric) => metricWords(metric).tasks.includes(task));

/** What the answers of a model alone say: what a search may go by and a monitor may watch. */
export const scoreMetricsOf = (task: Task): readonly MetricName[] =>
  metricsOf(task).filter((metric) => !metricWords(metric).ofFile && metricWords(metric).takes !== 'group');
