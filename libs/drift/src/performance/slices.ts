import { labelledRows, type GroupCounts } from './grouped-decisions';

/** What the decisions of a slice say; null where a metric has no value. */
export interface SliceMetrics {
  readonly value: string;
  /** With a label. */
  readonly rows: number;
  readonly positives: number;
  readonly accuracy: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
}

export const sliceMetricsOf = (counts: GroupCounts): SliceMetrics => {
  const { value, truePositives: tp, falsePositives: fp, falseNegatives: fn, trueNegatives: tn } = counts;
  const rows = labelledRows(counts);
  return {
    value,
    rows,
    positives: tp + fn,
    accuracy: ratio(tp + tn, rows),
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    f1: ratio(2 * tp, 2 * tp + fp + fn),
  };
};

export interface SliceValue {
  readonly value: string;
  readonly rows: number;
  /** The metric on the slice's rows. */
  readonly measured: number | null;
}

export interface SliceLimits {
  readonly min?: number;
  readonly max?: number;
  /** Slices with fewer rows are not judged: their metric would be chance. */
  readonly minRows?: number;
}

/** The slices beyond the limits, the furthest first; of equally far ones the larger, then by value. */
export const failingSlices = <S extends SliceValue>(
  slices: readonly S[],
  { min = -Infinity, max = Infinity, minRows = 50 }: SliceLimits,
): readonly (S & { readonly measured: number })[] => {
  const beyond = (measured: number): number => Math.max(min - measured, measured - max);
  return slices
    .filter(
      (slice): slice is S & { readonly measured: number } =>
        slice.measured !== null && slice.rows >= minRows && beyond(slice.measured) > 0,
    )
    .sort(
      (a, b) => beyond(b.measured) - beyond(a.measured) || b.rows - a.rows || (a.value < b.value ? -1 : 1),
    );
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
