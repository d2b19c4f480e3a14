import { gateMetric } from '#contracts';
import {
  METRICS,
  evaluate,
  metricsOfTask,
  type MetricName,
  type Scored,
  type Task,
  type WantedMetric,
} from '#learn';
import type { TrainingRequest } from './prepared-run';
import type { MetricNumbers } from './report/evaluation-report';

export type Gate = TrainingRequest['gates'][number];

/** Of all rows of the hold-out, not of a slice, a group or the file. */
export const isOfAllRows = ({ metric, slice, group }: Gate): boolean =>
  slice === undefined && group === undefined && metric in METRICS;

/** The name of a gate's metric on all rows, whatever it is compared with. */
export const nameOfMetric = ({ metric, threshold, k }: Gate): string => gateMetric({ metric, threshold, k });

/** All metrics of the task; beside them, under its own name, each that a gate wants at another threshold or k. */
export const wantedMetrics = (
  task: Task,
  gates: readonly Gate[],
): { readonly name: string; readonly wanted: WantedMetric }[] => {
  const names = new Map<string, WantedMetric>(metricsOfTask(task).map((metric) => [metric, { metric }]));
  for (const gate of gates.filter(isOfAllRows)) {
    const { metric, threshold, k } = gate;
    const name = nameOfMetric(gate);
    if (!names.has(name) && metricsOfTask(task).includes(metric as MetricName))
      names.set(name, { metric: metric as MetricName, threshold, k });
  }
  return [...names].map(([name, wanted]) => ({ name, wanted }));
};

/** Their values on rows. */
export const metricsFor = (
  task: Task,
  gates: readonly Gate[],
  { labels, scores, outputs, groups }: Scored,
): MetricNumbers => {
  const metrics: Record<string, number | null> = { ...evaluate(task, labels, scores, { outputs, groups }) };
  for (const { name, wanted } of wantedMetrics(task, gates)) {
    if (name in metrics) continue;
    const { metric, threshold, k } = wanted;
    metrics[name] = evaluate(task, labels, scores, { threshold, k, outputs, groups })[metric] ?? null;
  }
  return metrics;
};
