import { gateMetric, type GateMeasurement } from '#contracts';
import {
  METRICS,
  fairnessBy,
  sliceMetrics,
  type Fairness,
  type Grouping,
  type MetricName,
  type Scored,
  type Task,
} from '#learn';
import type { Gate } from './evaluation-metrics';
import type { FairnessReport, SlicesReport } from './report/evaluation-report';

/** Values of a field with fewer rows are not shown by themselves. */
const SLICE_ROWS = 50;
const MOST_SLICES = 200;
/** Groups with fewer rows of the hold-out are not compared: their rates would be chance. */
const GROUP_ROWS = 20;
const MOST_FAILING = 20;

/** What is looked up by field: undefined where the data set does not have it. */
export type GroupingLookup = (field: string) => Grouping | undefined;

const notRecorded = (field: string): string =>
  `the data set has no ${field}; it has the features and the entity, and the fields of the trigger that the definition asks for`;

export const reportSlices = (
  task: Task,
  scored: Scored,
  field: string,
  grouping: Grouping,
  gates: readonly Gate[],
): SlicesReport => {
  const asked = gates.flatMap(({ slice, rows }) => (slice === field && rows !== undefined ? [rows] : []));
  const minRows = asked.length > 0 ? Math.min(...asked) : SLICE_ROWS;
  const { slices, small } = sliceMetrics(task, scored, grouping, { minRows });
  return {
    field,
    min_rows: minRows,
    slices: slices.slice(0, MOST_SLICES).map(({ value, rows, label, metrics }) => ({
      value,
      rows,
      label_mean: label,
      metrics,
    })),
    small,
    not_shown: Math.max(0, slices.length - MOST_SLICES),
  };
};

/** The worst value of a field: by `min` the lowest, by `max` the highest, by both the one furthest out. */
export const measureSlices = (
  task: Task,
  scored: Scored,
  gate: Gate,
  groupings: GroupingLookup,
): GateMeasurement => {
  const { slice = '', rows: minRows = SLICE_ROWS, threshold, k, min = -Infinity, max = Infinity } = gate;
  const metric = gate.metric as MetricName;
  const grouping = groupings(slice);
  if (!grouping) return { value: null, reason: notRecorded(slice) };
  const judged = sliceMetrics(task, scored, grouping, { minRows, threshold, k }).slices.flatMap(
    ({ value, rows, metrics }) => {
      const measured = metrics[metric] ?? null;
      return measured === null ? [] : [{ name: value, rows, measured }];
    },
  );
  if (judged.length === 0)
    return { value: null, reason: `no value of ${slice} has ${minRows} rows on which ${metric} has a value` };
  const sign = METRICS[metric].better === 'higher' ? 1 : -1;
  const bounded = Number.isFinite(min) || Number.isFinite(max);
  const distance = (measured: number): number =>
    bounded ? Math.max(min - measured, measured - max) : -sign * measured;
  const worstFirst = judged.sort((a, b) => distance(b.measured) - distance(a.measured));
  const failing = worstFirst.filter(({ measured }) => measured < min || measured > max);
  const worst = worstFirst[0]!;
  return {
    value: worst.measured,
    of: worst.name,
    rows: worst.rows,
    failed: failing.length,
    failing: failing.slice(0, MOST_FAILING).map(({ name }) => name),
  };
};

export const reportFairness = (
  scored: Scored,
  field: string,
  grouping: Grouping,
  threshold: number,
  reference: string | undefined,
): FairnessReport => {
  const fairness = fairnessOf(scored, grouping, threshold, reference);
  return {
    field,
    threshold,
    min_rows: GROUP_ROWS,
    ...(reference === undefined ? {} : { reference }),
    groups: fairness.groups.map(({ value, rows, selectionRate, truePositiveRate, falsePositiveRate }) => ({
      value,
      rows,
      selection_rate: selectionRate,
      true_positive_rate: truePositiveRate,
      false_positive_rate: falsePositiveRate,
    })),
    small_groups: fairness.small,
    demographic_parity: fairness.demographicParity,
    equal_opportunity: fairness.equalOpportunity,
    disparate_impact: fairness.disparateImpact,
    equalised_odds: fairness.equalisedOdds,
  };
};

const DISPARITY_OF: Readonly<
  Record<string, 'demographicParity' | 'equalOpportunity' | 'disparateImpact' | undefined>
> = {
  demographic_parity: 'demographicParity',
  equal_opportunity: 'equalOpportunity',
  disparate_impact: 'disparateImpact',
};

export const measureFairness = (
  scored: Scored,
  { metric, group = '', threshold = 0.5 }: Gate,
  groupings: GroupingLookup,
  reference: string | undefined,
): GateMeasurement => {
  const grouping = groupings(group);
  if (!grouping) return { value: null, reason: notRecorded(group) };
  const fairness = fairnessOf(scored, grouping, threshold, reference);
  const name = DISPARITY_OF[metric];
  const disparity = name && fairness[name];
  if (!disparity) {
    return { value: null, reason: whyNotCompared(metric, group, fairness, reference) };
  }
  return { value: disparity.value, of: disparity.between.join(' and '), rows: scored.labels.length };
};

const whyNotCompared = (
  metric: string,
  group: string,
  { groups }: Fairness,
  reference: string | undefined,
): string => {
  const enough = `${groups.length} values of ${group} have ${GROUP_ROWS} rows`;
  if (groups.length < 2) return `only ${enough}`;
  if (reference !== undefined && !groups.some(({ value }) => value === reference))
    return `${enough}, and the reference ${reference} is none of them`;
  const what = metric === 'equal_opportunity' ? 'label' : 'decision';
  return `${enough}, but ${metric} has no value: none of them has a positive ${what} to compare`;
};

const fairnessOf = (
  { labels, scores }: Scored,
  grouping: Grouping,
  threshold: number,
  reference: string | undefined,
): Fairness => fairnessBy(grouping, labels, scores, { threshold, minRows: GROUP_ROWS, reference });

/** What slices and groups say for the gates that ask for them, by `gateMetric`. */
export const measureGroups = (
  task: Task,
  scored: Scored,
  gates: readonly Gate[],
  groupings: GroupingLookup,
  fairness: { readonly group: string; readonly reference?: string } | undefined,
): Record<string, GateMeasurement> =>
  Object.fromEntries(
    gates.flatMap((gate) => {
      if (gate.slice !== undefined) return [[gateMetric(gate), measureSlices(task, scored, gate, groupings)]];
      if (gate.group === undefined) return [];
      const reference = fairness?.group === gate.group ? fairness.reference : undefined;
      return [[gateMetric(gate), measureFairness(scored, gate, groupings, reference)]];
    }),
  );
