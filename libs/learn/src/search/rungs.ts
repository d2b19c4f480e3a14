/** The trials that get the same resource after the same number of cuts. */
export interface Rung {
  readonly method: 'halving' | 'hyperband';
  /** Number of its first trial. */
  readonly first: number;
  readonly size: number;
  readonly resource: number;
  /** First trial of the rung that its trials are the best of; undefined for a bracket's first rung, drawn anew. */
  readonly below?: number;
}

/** Each rung keeps the best third, and gives it three times as much. */
const KEPT = 3;
/** Rungs of the longest bracket: a ninth, a third, all. */
const CUTS = 2;

/**
 * All rungs of a search, from nothing but its budget. `halving`: one bracket that begins with as many trials as the budget has room for
 * (Jamieson and Talwalkar, 2016). `hyperband`: brackets that begin with a ninth, a third and the whole, in turn, each with as many
 * trials as even out what they cost (Li et al., 2018, algorithm 1, with R = 9 and eta = 3). The last bracket shrinks to what the budget
 * leaves, so that each ends at full resource.
 */
export const rungsOf = (method: Rung['method'], trials: number): readonly Rung[] => {
  const rungs: Rung[] = [];
  let first = 0;
  for (let bracket = 0; first < trials; bracket++) {
    const cuts = method === 'halving' ? CUTS : CUTS - (bracket % (CUTS + 1));
    const sizes = fitting(cuts, trials - first, method === 'halving' ? () => trials : evenCost);
    let below: number | undefined;
    for (const [i, size] of sizes.entries()) {
      const resource = 1 / power(sizes.length - 1 - i);
      rungs.push({ method, first, size, resource, ...(below !== undefined && { below }) });
      below = first;
      first += size;
    }
  }
  return rungs;
};

const evenCost = (cuts: number): number => Math.ceil(((CUTS + 1) / (cuts + 1)) * power(cuts));

/** Sizes of the rungs of a bracket: fewer trials, then fewer cuts, where the budget has no room. */
const fitting = (most: number, left: number, begin: (cuts: number) => number): readonly number[] => {
  for (let cuts = most; cuts > 0; cuts--) {
    for (let size = Math.min(left, begin(cuts)); size >= power(cuts); size--) {
      const sizes = Array.from({ length: cuts + 1 }, (_, i) => Math.floor(size / power(i)));
      if (sizes.reduce((sum, each) => sum + each, 0) <= left) return sizes;
    }
  }
  return [Math.min(left, begin(0))];
};

const power = (exponent: number): number => (exponent === 0 ? 1 : KEPT * power(exponent - 1));
