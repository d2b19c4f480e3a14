import type { ColumnProfile } from '../profile/column-profile';
import type { WindowProfile } from '../profile/window-profile';
import { chiSquareOfCounts } from './chi-square';
import { hellingerOfCounts, jensenShannonOfCounts, klOfCounts, psiOfCounts } from './divergence';
import { kolmogorovSmirnovP } from './kolmogorov-smirnov';
import { automaticStatistic, type DriftStatistic } from './rules';
import { zTestOfCounts } from './z-test';

/** What can be told of a window that was counted by the cells of its reference. */
export type CellStatistic = Exclude<DriftStatistic, 'energy' | 'cramer_von_mises' | 'anderson_darling'>;

export interface CellResult {
  /** Null when a side is empty. */
  readonly value: number | null;
  /** Of tests only. */
  readonly pValue: number | null;
}

/** A window is closed within milliseconds, and cells give a bound only. */
const ROADS = { exactUpTo: 1_000, summedUpTo: 1_000 };

/**
 * A statistic of counts by cells. Cells of single values give the figure of the whole columns. Intervals differ: the divergences and
 * chi-square are those of the reference's cells and not of pooled bins; Kolmogorov-Smirnov looks at the edges only, so it is never above
 * that of the columns and its p-value never below; Wasserstein takes values as spread evenly over their interval, and what lies beyond
 * the first or last edge as spread evenly up to the smallest or largest value seen.
 */
export const statisticOfCells = (
  statistic: CellStatistic,
  reference: ColumnProfile,
  current: WindowProfile,
): CellResult => {
  const [left, right] = withoutEmptyEnds(reference, current);
  switch (statistic) {
    case 'psi':
      return distance(psiOfCounts(left, right));
    case 'jensen_shannon':
      return distance(jensenShannonOfCounts(left, right));
    case 'kl':
      return distance(klOfCounts(left, right));
    case 'hellinger':
      return distance(hellingerOfCounts(left, right));
    case 'wasserstein':
      return distance(wassersteinOfCells(reference, current));
    case 'chi_square':
      return chiSquareOfCounts(left, right) ?? NOTHING;
    case 'z_test':
      return zTestOfCounts(left, right) ?? NOTHING;
    case 'kolmogorov_smirnov': {
      const value = largestGap(reference, current);
      if (value === null) return NOTHING;
      const rows = reference.rows - reference.missing;
      return { value, pValue: kolmogorovSmirnovP(value, rows, current.present, ROADS) };
    }
  }
};

/** The automatic choice (`automaticStatistic`) as far as cells tell it: intervals stand for more than five distinct values. */
export const automaticCellStatistic = (reference: ColumnProfile, current: WindowProfile): CellStatistic => {
  const unseen = current.counts[current.counts.length - 1]! > 0 ? 1 : 0;
  return automaticStatistic({
    type: 'numerical',
    referenceRows: reference.rows - reference.missing,
    distinct: reference.bins.kind === 'intervals' ? Infinity : reference.bins.values.length + unseen,
  });
};

const NOTHING: CellResult = { value: null, pValue: null };

const distance = (value: number | null): CellResult => ({ value, pValue: null });

/** The cells for values unknown to the reference count only where there are such: an empty one must not be filled on both sides. */
export const withoutEmptyEnds = (
  reference: ColumnProfile,
  current: WindowProfile,
): [reference: number[], current: number[]] => {
  const last = current.counts.length - 1;
  const isKept = (cell: number): boolean =>
    (cell !== last && (cell !== 0 || reference.bins.kind === 'values')) ||
    reference.counts[cell]! + current.counts[cell]! > 0;
  const keep = (counts: readonly number[]): number[] => counts.filter((_, cell) => isKept(cell));
  return [keep(reference.counts), keep(current.counts)];
};

/** Both distribution functions at ascending places; between two places of intervals both are straight lines, of values steps. */
interface Gaps {
  readonly places: readonly number[];
  /** Reference minus current, at and up to the next place. */
  readonly gaps: readonly number[];
  readonly isStraight: boolean;
}

const largestGap = (reference: ColumnProfile, current: WindowProfile): number | null => {
  const gaps = gapsOf(reference, current)?.gaps;
  return gaps ? gaps.reduce((largest, gap) => Math.max(largest, Math.abs(gap)), 0) : null;
};

/** Normed by the reference's deviation (of all rows, at least 0.001), as Evidently does. */
const wassersteinOfCells = (reference: ColumnProfile, current: WindowProfile): number | null => {
  const found = gapsOf(reference, current);
  if (!found) return null;
  const { places, gaps, isStraight } = found;
  let sum = 0;
  for (let i = 0; i + 1 < places.length; i++) {
    const mean = isStraight ? meanDistance(gaps[i]!, gaps[i + 1]!) : Math.abs(gaps[i]!);
    sum += mean * (places[i + 1]! - places[i]!);
  }
  const rows = reference.rows - reference.missing;
  const deviation = (reference.std ?? 0) * Math.sqrt((rows - 1) / rows);
  return sum / Math.max(deviation, 0.001);
};

/** The mean of |x| along a straight line from a to b. */
const meanDistance = (a: number, b: number): number => {
  const [x, y] = [Math.abs(a), Math.abs(b)];
  if (a * b >= 0) return (x + y) / 2;
  return (x * x + y * y) / (2 * (x + y));
};

const gapsOf = (reference: ColumnProfile, current: WindowProfile): Gaps | null => {
  const rows = reference.rows - reference.missing;
  if (rows === 0 || current.present === 0) return null;
  const share = (cell: number): number =>
    reference.counts[cell]! / rows - current.counts[cell]! / current.present;
  const { bins } = reference;
  if (bins.kind === 'intervals') {
    const places = [
      Math.min(reference.min!, current.min!, bins.edges[0]!),
      ...bins.edges,
      Math.max(reference.max!, current.max!, bins.edges[bins.edges.length - 1]!),
    ];
    return { places, gaps: [0, ...cumulated(bins.edges.map((_, cell) => share(cell))), 0], isStraight: true };
  }
  const atoms = bins.values.map((value, cell) => ({ place: value, gap: share(cell) }));
  const last = bins.values.length;
  if (reference.counts[last]! > 0)
    atoms.push({ place: placeOfUnseen(bins.values, reference), gap: reference.counts[last]! / rows });
  if (current.counts[last]! > 0)
    atoms.push({ place: placeOfUnseen(bins.values, current), gap: -current.counts[last]! / current.present });
  atoms.sort((a, b) => a.place - b.place);
  return {
    places: atoms.map(({ place }) => place),
    gaps: cumulated(atoms.map(({ gap }) => gap)),
    isStraight: false,
  };
};

/** Where values without a cell lie: at their mean, since the mean of all rows is known. */
const placeOfUnseen = (
  values: readonly number[],
  {
    counts,
    mean,
    min,
    max,
    rows,
    missing,
  }: Pick<WindowProfile, 'counts' | 'mean' | 'min' | 'max' | 'rows' | 'missing'> | ColumnProfile,
): number => {
  const known = values.reduce((sum, value, cell) => sum + value * counts[cell]!, 0);
  const place = (mean! * (rows - missing) - known) / counts[values.length]!;
  return Math.min(Math.max(place, min!), max!);
};

const cumulated = (steps: readonly number[]): number[] => {
  let sum = 0;
  return steps.map((step) => (sum += step));
};
