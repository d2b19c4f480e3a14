import { defaultDriftThreshold, type DriftStatisticName } from '#contracts';
import {
  VERDICTS,
  compareColumn,
  isTest,
  momentsOf,
  statisticOfCells,
  WindowProfile,
  type CellStatistic,
  type ChunkCounts,
  type ColumnProfile,
} from '#drift';
import type { Judging } from '../watch';

/**
 * A column with fewer values gets no verdict: at 200 rows the noise of the index over 20 cells stays below the default limit of
 * 0.2 (about (k - 1) / n, and three times the root of 2(k - 1) / n^2 above it).
 */
export const MIN_ROWS = 200;

/** A column that windows are compared with. */
export interface ReferenceColumnProfile extends ColumnProfile {
  /** Counts of chunks of it: how much it varies without drift. */
  readonly chunks: ChunkCounts;
}

/** A window of a column against its reference, by the rule of a monitor. */
export interface JudgedColumn {
  readonly statistic: CellStatistic;
  /** Of a test its p-value, unless the threshold was learned from values. */
  readonly value: number | null;
  readonly threshold: number;
  /** Drift lies below the threshold, as of p-values, or above. */
  readonly by: 'value' | 'p_value';
  readonly drifted: boolean | null;
  readonly psi: number | null;
  /** A threshold was to be learned, but there was nothing to learn from. */
  readonly hadNoChunks: boolean;
}

const DEFAULT_STATISTIC = 'psi';

export const judgeColumn = (
  reference: ReferenceColumnProfile,
  current: WindowProfile,
  drift: Judging['drift'] | undefined,
): JudgedColumn => {
  const asked = (drift?.statistic ?? DEFAULT_STATISTIC) as CellStatistic | 'auto';
  const written = drift?.threshold;
  const first = compareColumn(reference, current, {
    statistic: asked,
    threshold: typeof written === 'number' ? written : defaultThreshold(asked),
    minRows: MIN_ROWS,
  });
  if (written !== 'auto') return judged(first, false);
  const { statistic } = first.rule;
  const learned = learnedThreshold(statistic, reference, current.present);
  if (learned === undefined) return judged(first, true);
  const rule = { statistic, threshold: learned, by: 'value', minRows: MIN_ROWS } as const;
  return judged(compareColumn(reference, current, rule), false);
};

const judged = (
  { value, pValue, psi, drifted, rule: { statistic, threshold, by } }: ReturnType<typeof compareColumn>,
  hadNoChunks: boolean,
): JudgedColumn => ({
  statistic,
  value: by === 'p_value' ? pValue : value,
  threshold,
  by,
  drifted,
  psi,
  hadNoChunks,
});

const defaultThreshold = (statistic: CellStatistic | 'auto'): number | undefined => {
  if (statistic === 'auto') return undefined;
  return statistic === 'z_test'
    ? VERDICTS.z_test.threshold
    : defaultDriftThreshold(statistic satisfies DriftStatisticName);
};

/**
 * The mean of the statistic over the chunks of the reference, and three deviations (NannyML's rule), for as much noise as a window of so
 * many rows has: PSI and KL grow with it, the other distances with its root. A column that never varied still needs some
 * change to have drifted.
 */
export const learnedThreshold = (
  statistic: CellStatistic,
  reference: ReferenceColumnProfile,
  rows: number,
): number | undefined => {
  const chunks = reference.chunks.map((counts) => chunkProfile(reference, counts));
  const values = chunks.flatMap((chunk) => statisticOfCells(statistic, reference, chunk).value ?? []);
  const moments = momentsOf(values);
  if (!moments) return undefined;
  const chunkRows = chunks.reduce((sum, { present }) => sum + present, 0) / chunks.length;
  const scarcity = scarcityOf(rows, chunkRows, reference.rows - reference.missing);
  const limit = (moments.mean + 3 * moments.std) * noiseOf(statistic, scarcity);
  return Math.max(limit, LEAST_CHANGE[statistic]);
};

/**
 * How much more noise a window has than a chunk: the difference of n rows from m others varies as 1/n + 1/m, of c of those m themselves as
 * 1/c - 1/m. Never less than 1: chunks differ by more than noise.
 */
const scarcityOf = (n: number, c: number, m: number): number =>
  n === 0 || c >= m ? 1 : Math.max(1, (1 / n + 1 / m) / (1 / c - 1 / m));

const noiseOf = (statistic: CellStatistic, scarcity: number): number => {
  if (statistic === 'psi' || statistic === 'kl') return scarcity;
  // The statistics of these tests have their rows in them already.
  return statistic === 'chi_square' || statistic === 'z_test' ? 1 : Math.sqrt(scarcity);
};

/** A tenth of the usual threshold; of tests the value whose chance is one in twenty. */
const LEAST_CHANGE: Readonly<Record<CellStatistic, number>> = {
  psi: 0.02,
  jensen_shannon: 0.01,
  kl: 0.01,
  hellinger: 0.01,
  wasserstein: 0.01,
  kolmogorov_smirnov: 0.01,
  chi_square: 3.84,
  z_test: 1.96,
};

const chunkProfile = (reference: ColumnProfile, counts: readonly number[]): WindowProfile =>
  WindowProfile.fromJSON(reference.bins, {
    rows: counts.reduce((sum, count) => sum + count, 0),
    missing: 0,
    min: reference.min,
    max: reference.max,
    mean: null,
    std: null,
    counts,
    sum: [],
    squares: [],
  });

/** How far beyond its limit, 0 to 1: a half at the limit, near 1 far beyond. Of p-values one less the value. */
export const strengthOf = ({
  value,
  threshold,
  by,
}: Pick<JudgedColumn, 'value' | 'threshold' | 'by'>): number => {
  if (value === null) return 0;
  return by === 'p_value' && isProbability(value) ? 1 - value : value / (value + threshold);
};

const isProbability = (value: number): boolean => value >= 0 && value <= 1;

export const isPValue = ({ statistic, by }: Pick<JudgedColumn, 'statistic' | 'by'>): boolean =>
  isTest(statistic) && by === 'p_value';
