import type { EventOf, WindowReported } from '#contracts';
import type { Performance } from '../parts/performance-part';
import type { Judging } from '../watch';
import { MIN_ROWS } from './judge-column';
import { judgeMetrics, limitsOf } from './limits';
import type { ReportedWith } from './reference';
import type { WatchedWindow } from './watched-window';
import type { WindowSlice } from './window-slices';

type Report = EventOf<typeof WindowReported>;
type SliceReports = NonNullable<Report['slices']>;
type FairnessReports = NonNullable<Report['fairness']>;

/** Values shown of a field. */
const SHOWN_VALUES = 20;
/** Groups with fewer rows are not compared: their rates would be chance (as at the gates of a version). */
const GROUP_ROWS = 20;

export const sliceReports = (
  window: WatchedWindow,
  monitor: Judging | undefined,
  given: Pick<ReportedWith, 'gates' | 'profile'>,
): SliceReports =>
  (monitor?.slices ?? []).map((field) => {
    const { values, others } = window.slices.of(field);
    const shown = values.slice(0, SHOWN_VALUES);
    const rest = values.slice(SHOWN_VALUES);
    return {
      field,
      values: shown.map(([value, slice]) => sliceReport(value, slice, window, monitor, given)),
      others: {
        values: rest.length,
        predictions: rest.reduce((sum, [, { predictions }]) => sum + predictions, others.predictions),
      },
    };
  });

const sliceReport = (
  value: string,
  { predictions, decided, positives, performance }: WindowSlice,
  { watched: { threshold } }: WatchedWindow,
  monitor: Judging | undefined,
  { gates, profile }: Pick<ReportedWith, 'gates' | 'profile'>,
): SliceReports[number]['values'][number] => {
  const counts = { value, predictions, positive: positives, decided };
  if (!performance) return { ...counts, rows: 0, metrics: null, gates: [] };
  const { rows, metrics } = performance.counts.report();
  const limits = limitsOf(monitor, gates, profile, rows);
  const judged = judgeMetrics(limits, { ...metrics }, performance.task === 'binary' ? threshold : null);
  return { ...counts, rows, metrics: { ...metrics }, gates: judged };
};

interface Group {
  readonly name: string;
  readonly rows: number;
  readonly rate: number;
}

/** How differently groups are treated; each metric as `fairnessBy` of libs/learn says it of a hold-out. */
export const fairnessReports = (window: WatchedWindow, monitor: Judging | undefined): FairnessReports =>
  (monitor?.fairness ?? []).map(({ group, metric, min, max }) => {
    const groups = window.slices.of(group).values.flatMap((slice) => groupOf(slice, metric) ?? []);
    const bounds = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    const byRate = [...groups].sort((a, b) => a.rate - b.rate || (a.name < b.name ? -1 : 1));
    const [low, high] = [byRate[0], byRate.at(-1)];
    const rows = groups.reduce((sum, each) => sum + each.rows, 0);
    const value = !low || !high || low === high ? null : disparity(metric, low.rate, high.rate);
    if (value === null) return { group, metric, ...bounds, value: null, rows, passed: null };
    const passed = value >= (min ?? -Infinity) && value <= (max ?? Infinity);
    return {
      group,
      metric,
      ...bounds,
      value,
      between: [low!.name, high!.name],
      rows,
      passed: rows < MIN_ROWS ? null : passed,
    };
  });

/** Decisions alone tell how often a group is selected; how many of its positives are needs labels. */
const groupOf = ([name, slice]: readonly [string, WindowSlice], metric: string): Group[] | undefined => {
  if (metric !== 'equal_opportunity') {
    const { decided, positives } = slice;
    return decided < GROUP_ROWS ? undefined : [{ name, rows: decided, rate: positives / decided }];
  }
  const decisions = decisionsOf(slice.performance);
  if (!decisions || decisions.rows < GROUP_ROWS || decisions.positives === 0) return undefined;
  return [{ name, rows: decisions.rows, rate: decisions.hits / decisions.positives }];
};

const decisionsOf = (
  performance: Performance | null,
): { readonly rows: number; readonly positives: number; readonly hits: number } | undefined => {
  if (performance?.task !== 'binary') return undefined;
  const { rows, positives, decisions } = performance.counts.report();
  return { rows, positives, hits: decisions.truePositives };
};

const disparity = (metric: string, low: number, high: number): number | null => {
  if (metric !== 'disparate_impact') return high - low;
  return high === 0 ? null : low / high;
};
