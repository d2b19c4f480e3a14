import { evaluate, type EvaluateOptions, type MetricName } from '../evaluate';
import type { Task } from '../data-set';
import { rowsOfGroups, type Grouping } from './grouping';
import { pickScored, type Scored } from './scored';

export interface Slice {
  readonly value: string;
  readonly rows: number;
  /** Mean of the labels: the share of positives of a binary task. */
  readonly label: number;
  readonly metrics: Partial<Record<MetricName, number | null>>;
}

export interface Slices {
  /** Those with at least `minRows` rows, most rows first, then by value. */
  readonly slices: readonly Slice[];
  /** Values that have fewer, and their rows. */
  readonly small: { readonly values: number; readonly rows: number };
}

/** The metrics of the rows of each value of a column, apart. */
export const sliceMetrics = (
  task: Task,
  scored: Scored,
  grouping: Grouping,
  { minRows, ...options }: EvaluateOptions & { readonly minRows: number },
): Slices => {
  const slices: Slice[] = [];
  const small = { values: 0, rows: 0 };
  rowsOfGroups(grouping).forEach((rows, code) => {
    if (rows.length === 0) return;
    if (rows.length < minRows) {
      small.values += 1;
      small.rows += rows.length;
      return;
    }
    const { labels, scores, outputs, groups } = pickScored(scored, rows);
    slices.push({
      value: grouping.values[code]!,
      rows: rows.length,
      label: labels.reduce((sum, label) => sum + label, 0) / rows.length,
      metrics: evaluate(task, labels, scores, { ...options, outputs, groups }),
    });
  });
  slices.sort((a, b) => b.rows - a.rows || (a.value < b.value ? -1 : 1));
  return { slices, small };
};
