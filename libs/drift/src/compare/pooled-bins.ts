import { sturgesEdgesOf } from '../profile/bins';
import { distinctOf, type PairedSample } from './paired-sample';
import type { ColumnType } from './rules';

export type PairedCounts = readonly [reference: number[], current: number[]];

/**
 * The cells of PSI, Kullback-Leibler and Jensen-Shannon in Evidently 0.7.23: a numerical column with more than 20 distinct values in the
 * reference is cut by Sturges's rule over both sides together (its `n_bins` of 30 is never used), any other has a cell for each value.
 */
export const pooledCounts = (sample: PairedSample, type: ColumnType = 'numerical'): PairedCounts =>
  type === 'numerical' && distinctOf(sample.reference) > 20
    ? intervalCounts(sample, sample.rows.reference + sample.rows.current)
    : valueCounts(sample);

/** The cells of its Hellinger distance: Sturges's rule over the list of distinct values, not of rows; of categories a cell for each. */
export const distinctCounts = (sample: PairedSample, type: ColumnType = 'numerical'): PairedCounts =>
  type === 'numerical' ? intervalCounts(sample, sample.values.length) : valueCounts(sample);

const valueCounts = ({ reference, current }: PairedSample): PairedCounts => [
  Array.from(reference),
  Array.from(current),
];

const intervalCounts = (
  { values, reference, current, isInteger }: PairedSample,
  rows: number,
): PairedCounts => {
  const [first, last] = [values[0]!, values[values.length - 1]!];
  const edges = first === last ? [first, last] : sturgesEdgesOf(first, last, rows, isInteger);
  const intervals = edges.length - 1;
  const counts: PairedCounts = [new Array<number>(intervals).fill(0), new Array<number>(intervals).fill(0)];
  let cell = 0;
  for (let i = 0; i < values.length; i++) {
    while (cell < intervals - 1 && values[i]! >= edges[cell + 1]!) cell++;
    counts[0][cell]! += reference[i]!;
    counts[1][cell]! += current[i]!;
  }
  return counts;
};
