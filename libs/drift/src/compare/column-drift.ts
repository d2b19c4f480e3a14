import type { ColumnProfile } from '../profile/column-profile';
import { sameBins } from '../profile/bins';
import type { WindowProfile } from '../profile/window-profile';
import { Refused } from '#kernel';
import { jensenShannonOfCounts, psiOfCounts } from './divergence';

export interface DriftRule {
  readonly statistic: 'psi' | 'jensen_shannon';
  /** Drift from here on. */
  readonly threshold: number;
  /** A window with fewer present values gets no verdict. */
  readonly minRows: number;
}

export const DEFAULT_DRIFT_RULE: DriftRule = { statistic: 'psi', threshold: 0.1, minRows: 1 };

export interface ColumnDrift {
  readonly psi: number | null;
  readonly jensenShannon: number | null;
  /** The statistic of the rule; null when a side has no values. */
  readonly value: number | null;
  readonly rule: DriftRule;
  /** Null when there was too little to tell. */
  readonly drifted: boolean | null;
  /** Shares of rows without a value: they are in no cell, so a feature that falls silent shows here only. */
  readonly missing: { readonly reference: number | null; readonly current: number | null };
  readonly rows: { readonly reference: number; readonly current: number };
}

/**
 * A window against the reference whose bins it was counted by.
 * @throws Refused PLAYHEAD_DRIFT_INVALID when it was counted by others.
 */
export const compareColumn = (
  reference: ColumnProfile,
  current: WindowProfile,
  rule: Partial<DriftRule> = {},
): ColumnDrift => {
  if (!sameBins(reference.bins, current.bins)) {
    throw new Refused('PLAYHEAD_DRIFT_INVALID', 'the window was not counted by the bins of this reference');
  }
  const applied = { ...DEFAULT_DRIFT_RULE, ...rule };
  const [left, right] = withoutEmptyEnds(reference, current);
  const figures = { psi: psiOfCounts(left, right), jensenShannon: jensenShannonOfCounts(left, right) };
  const value = applied.statistic === 'psi' ? figures.psi : figures.jensenShannon;
  return {
    ...figures,
    value,
    rule: applied,
    drifted: value === null || current.present < applied.minRows ? null : value >= applied.threshold,
    missing: {
      reference: ratio(reference.missing, reference.rows),
      current: ratio(current.missing, current.rows),
    },
    rows: { reference: reference.rows, current: current.rows },
  };
};

/** The cells for values unknown to the reference count only where there are such: an empty one must not be filled on both sides. */
const withoutEmptyEnds = (reference: ColumnProfile, current: WindowProfile): [number[], number[]] => {
  const last = current.counts.length - 1;
  const isKept = (cell: number): boolean =>
    (cell !== last && (cell !== 0 || reference.bins.kind === 'values')) ||
    reference.counts[cell]! + current.counts[cell]! > 0;
  const keep = (counts: readonly number[]): number[] => counts.filter((_, cell) => isKept(cell));
  return [keep(reference.counts), keep(current.counts)];
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);

export interface DatasetDrift {
  /** Columns with a verdict. */
  readonly columns: number;
  readonly drifted: number;
  readonly share: number | null;
  readonly isDrifted: boolean | null;
}

/** The data set has drifted when at least this share of its columns has (Evidently's default: half). */
export const datasetDrift = (
  columns: readonly Pick<ColumnDrift, 'drifted'>[],
  threshold = 0.5,
): DatasetDrift => {
  const judged = columns.filter(({ drifted }) => drifted !== null);
  const drifted = judged.filter((column) => column.drifted).length;
  const share = ratio(drifted, judged.length);
  return { columns: judged.length, drifted, share, isDrifted: share === null ? null : share >= threshold };
};
