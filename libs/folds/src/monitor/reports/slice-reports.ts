import type { EventOf, WindowReported } from '#contracts';
import { groupFairness, type GroupCounts } from '#drift';
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

/** How differently groups are treated by the decisions of a window. */
export const fairnessReports = (window: WatchedWindow, monitor: Judging | undefined): FairnessReports =>
  (monitor?.fairness ?? []).map(({ group, metric, min, max }) => {
    const groups = window.slices.of(group).values.map(countsOfGroup);
    const fairness = groupFairness(groups, { minRows: GROUP_ROWS });
    const rows = fairness.groups.reduce((sum, each) => sum + each.rows, 0);
    const bounds = { ...(min !== undefined && { min }), ...(max !== undefined && { max }) };
    const disparity = fairness[metric as FairnessMetric];
    if (!disparity) return { group, metric, ...bounds, value: null, rows, passed: null };
    const { value, between } = disparity;
    const isWithin = value >= (min ?? -Infinity) && value <= (max ?? Infinity);
    const passed = rows < MIN_ROWS ? null : isWithin;
    return { group, metric, ...bounds, value, between: [...between], rows, passed };
  });

type FairnessMetric = 'demographic_parity' | 'equal_opportunity' | 'disparate_impact';

/** Decisions are known at once, labels later and not of all. */
const countsOfGroup = ([value, { decided, positives, performance }]: readonly [
  string,
  WindowSlice,
]): GroupCounts => {
  const labelled = performance?.task === 'binary' ? performance.counts.report().decisions : undefined;
  const { truePositives = 0, falsePositives = 0, trueNegatives = 0, falseNegatives = 0 } = labelled ?? {};
  return {
    value,
    truePositives,
    falsePositives,
    trueNegatives,
    falseNegatives,
    unlabelledPositives: Math.max(0, positives - truePositives - falsePositives),
    unlabelledNegatives: Math.max(0, decided - positives - trueNegatives - falseNegatives),
  };
};
