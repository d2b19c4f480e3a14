import type { ParameterValues, SearchSpace } from './space';

export const SEARCH_METHODS = ['random', 'tpe', 'grid', 'halving', 'hyperband'] as const;
export type SearchMethod = (typeof SEARCH_METHODS)[number];

/** A kind of trainer that a search tries. */
export interface Contender {
  readonly kind: string;
  /** Parameters that every trial of it has. */
  readonly fixed: ParameterValues;
  /** What its trainer takes for the parameters of its space: the first trial of it, where they lie inside. */
  readonly defaults: ParameterValues;
  readonly space: SearchSpace;
}

/** All that decides what a search tries. */
export interface Search {
  readonly method: SearchMethod;
  /** A whole number in [0, 2^32). */
  readonly seed: number;
  /** Most fits. `grid` and `hyperband` end below it. */
  readonly trials: number;
  /** Of the value that a trial reports. */
  readonly better: 'higher' | 'lower';
  /** Ends at the end of a generation once so many trials at full resource brought nothing better; never by default. */
  readonly patience?: number;
  /** More than one for `auto`. */
  readonly contenders: readonly Contender[];
}

/** What to fit. */
export interface Proposal {
  /** From 0. */
  readonly number: number;
  readonly kind: string;
  readonly parameters: ParameterValues;
  /** Share of what a whole fit is given (trees, or rows), in (0, 1]. */
  readonly resource: number;
  /** halving, hyperband: the trial with the same parameters and less resource. */
  readonly promoted?: number;
}

export interface FinishedTrial extends Proposal {
  /** Null where the fit failed, or its metric has no value. */
  readonly value: number | null;
}

/** A place in the space of one kind. */
export type Point = Pick<Proposal, 'kind' | 'parameters'>;

/** Smaller is better; a trial without a value is worse than any. */
export const lossOf = (better: Search['better'], { value }: Pick<FinishedTrial, 'value'>): number =>
  value === null ? Number.MAX_VALUE : better === 'lower' ? value : -value;
