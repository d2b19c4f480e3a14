import type { ColumnProfile } from '../profile/column-profile';
import { sameBins } from '../profile/bins';
import type { WindowProfile } from '../profile/window-profile';
import { Refused } from '#kernel';
import { automaticCellStatistic, statisticOfCells, type CellStatistic } from './cells';
import { isTest, VERDICTS } from './rules';

export interface DriftRule {
  /** `auto`: by the rows and distinct values of the reference, as Evidently chooses (`automaticStatistic`). */
  readonly statistic: CellStatistic | 'auto';
  /** By default that of the statistic (`VERDICTS`). With `auto` it is always the default of the one that was chosen. */
  readonly threshold?: number;
  /**
   * What the threshold is of: of the p-value (default for tests: drift at or below), or of the value (distances, always; for tests where
   * the threshold was learned from values: drift from there on).
   */
  readonly by?: 'value' | 'p_value';
  /** A window with fewer present values gets no verdict. Default 1. */
  readonly minRows?: number;
}

export const DEFAULT_DRIFT_RULE = { statistic: 'psi', threshold: 0.1, minRows: 1 } as const;

/** A rule with nothing left open. */
export interface AppliedDriftRule {
  readonly statistic: CellStatistic;
  readonly threshold: number;
  readonly by: 'value' | 'p_value';
  readonly minRows: number;
}

export interface ColumnDrift {
  readonly psi: number | null;
  readonly jensenShannon: number | null;
  /**
   * The statistic of the rule; null when a side has no values. An infinite one (chi-square of a value that the reference never had)
   * stands as the largest double, since JSON knows no infinity.
   */
  readonly value: number | null;
  /** Of tests; null for distances. */
  readonly pValue: number | null;
  readonly rule: AppliedDriftRule;
  /** Null when there was too little to tell. */
  readonly drifted: boolean | null;
  /** Shares of rows without a value: they are in no cell, so a feature that falls silent shows here only. */
  readonly missing: { readonly reference: number | null; readonly current: number | null };
  readonly rows: { readonly reference: number; readonly current: number };
}

/**
 * A window against the reference whose bins it was counted by. How figures from cells differ from those of whole columns is said at
 * `statisticOfCells`.
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
  const applied = resolve(rule, reference, current);
  const { value, pValue } = statisticOfCells(applied.statistic, reference, current);
  return {
    psi: statisticOfCells('psi', reference, current).value,
    jensenShannon: statisticOfCells('jensen_shannon', reference, current).value,
    value: value === null ? null : Math.min(value, Number.MAX_VALUE),
    pValue,
    rule: applied,
    drifted: value === null || current.present < applied.minRows ? null : exceeds(applied, value, pValue),
    missing: {
      reference: ratio(reference.missing, reference.rows),
      current: ratio(current.missing, current.rows),
    },
    rows: { reference: reference.rows, current: current.rows },
  };
};

const resolve = (
  rule: Partial<DriftRule>,
  reference: ColumnProfile,
  current: WindowProfile,
): AppliedDriftRule => {
  const asked = rule.statistic ?? DEFAULT_DRIFT_RULE.statistic;
  const isAutomatic = asked === 'auto';
  const statistic = isAutomatic ? automaticCellStatistic(reference, current) : asked;
  return {
    statistic,
    threshold: (isAutomatic ? undefined : rule.threshold) ?? VERDICTS[statistic].threshold,
    by: isTest(statistic) ? ((isAutomatic ? undefined : rule.by) ?? 'p_value') : 'value',
    minRows: rule.minRows ?? DEFAULT_DRIFT_RULE.minRows,
  };
};

const exceeds = (
  { statistic, threshold, by }: AppliedDriftRule,
  value: number,
  pValue: number | null,
): boolean =>
  by === 'p_value' && pValue !== null ? VERDICTS[statistic].drifted(pValue, threshold) : value >= threshold;

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
