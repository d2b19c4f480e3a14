import { hellingerOfCounts, jensenShannonOfCounts, klOfCounts, psiOfCounts } from './divergence';
import { pairSamples, type SampleOptions } from './paired-sample';
import { distinctCounts, pooledCounts } from './pooled-bins';

export type BatchOptions = SampleOptions;

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
  psiOfCounts(...pooledCounts(pairSamples(reference, current, options)))!;

/** The Jensen-Shannon distance of two whole columns, binned as in `psi`, as Evidently 0.7.23 computes it. */
export const jensenShannon = (reference: Column, current: Column, options?: BatchOptions): number =>
  jensenShannonOfCounts(...pooledCounts(pairSamples(reference, current, options)))!;

/** The Kullback-Leibler divergence of two whole columns, binned as in `psi`, as Evidently 0.7.23 computes it. */
export const kullbackLeibler = (reference: Column, current: Column, options?: BatchOptions): number =>
  klOfCounts(...pooledCounts(pairSamples(reference, current, options)))!;

/** The Hellinger distance of two whole columns, in cells of its own (`distinctCounts`), as Evidently 0.7.23 computes it. */
export const hellinger = (reference: Column, current: Column, options?: BatchOptions): number =>
  hellingerOfCounts(...distinctCounts(pairSamples(reference, current, options)))!;
