import { Refused } from '#kernel';
import { cellCount, cellOf, distinct, sortedValues, sturgesEdges, type Bins } from '../profile/bins';
import { jensenShannonOfCounts, psiOfCounts } from './divergence';

export interface BatchOptions {
  /**
   * Whether pandas would hold both columns together as integers. By default: all values are whole numbers and none is missing.
   * (Intervals of integer columns are at least 1 wide.)
   */
  readonly integer?: boolean;
}

type Column = ArrayLike<number | null>;

/**
 * The population stability index of two whole columns exactly as Evidently 0.7.23 computes it for numerical columns: missing values
 * dropped on each side; more than 20 distinct values in the reference: Sturges's intervals over both sides together; otherwise one cell for each
 * value of either side; zero shares filled as in `psiOfCounts`.
 *
 * A live window cannot be counted so, because its cells would depend on rows still to come: `compareColumn` uses bins chosen from the
 * reference alone, gathers what is unknown to it in cells of their own, and its figures differ a little from these.
 * @throws Refused PLAYHEAD_DRIFT_INVALID when a side has no values.
 */
export const psi = (reference: Column, current: Column, options?: BatchOptions): number =>
  psiOfCounts(...pooledCounts(reference, current, options))!;

/** The Jensen-Shannon distance of two whole columns, binned as in `psi`, as Evidently 0.7.23 computes it. */
export const jensenShannon = (reference: Column, current: Column, options?: BatchOptions): number =>
  jensenShannonOfCounts(...pooledCounts(reference, current, options))!;

const pooledCounts = (
  reference: Column,
  current: Column,
  options: BatchOptions = {},
): [number[], number[]] => {
  const [left, right] = [sortedValues(reference), sortedValues(current)];
  if (left.length === 0 || right.length === 0) {
    throw new Refused(
      'PLAYHEAD_DRIFT_INVALID',
      `the ${left.length === 0 ? 'reference' : 'current'} column has no values`,
    );
  }
  const pooled = new Float64Array(left.length + right.length);
  pooled.set(left);
  pooled.set(right, left.length);
  pooled.sort();
  const isInteger =
    options.integer ??
    (pooled.length === reference.length + current.length && pooled.every(Number.isInteger));
  const bins: Bins =
    distinct(left).length > 20
      ? { kind: 'intervals', edges: sturgesEdges(pooled, isInteger) }
      : { kind: 'values', values: distinct(pooled) };
  return [countsOf(bins, left), countsOf(bins, right)];
};

/** Without the cells for values outside the bins: pooled bins leave none outside. */
const countsOf = (bins: Bins, values: Float64Array): number[] => {
  const counts = new Array<number>(cellCount(bins)).fill(0);
  for (const value of values) counts[cellOf(bins, value)]!++;
  return bins.kind === 'intervals' ? counts.slice(1, -1) : counts.slice(0, -1);
};
