import { gridPoints } from './grid';
import { proposeRandom } from './random';
import { rungsOf, type Rung } from './rungs';
import { proposeTpe } from './tpe';
import { lossOf, type FinishedTrial, type Proposal, type Search } from './trial';
import { rngOf } from './trial-rng';

/** Trials of a generation know nothing of each other's outcome, so that it does not matter how many run at once. */
export const GENERATION = 4;

/**
 * The trials that come next: a pure function of the search and of all trials before, whatever order they ended in. Empty when the
 * search has ended. `finished` are all trials of whole generations.
 */
export const nextGeneration = (search: Search, finished: readonly FinishedTrial[]): readonly Proposal[] => {
  const history = inOrder(finished);
  if (isExhausted(search, history)) return [];
  const first = history.length;
  const { method } = search;
  if (method === 'halving' || method === 'hyperband') return nextRung(search, history);
  if (method === 'grid')
    return gridPoints(search)
      .slice(first, first + GENERATION)
      .map((point, k) => ({ number: first + k, ...point, resource: 1 }));
  const proposals: Proposal[] = [];
  for (let number = first; number < Math.min(first + GENERATION, search.trials); number++) {
    const rng = rngOf(search.seed, number);
    const point =
      method === 'tpe'
        ? proposeTpe(search, { number, history, pending: proposals, rng })
        : proposeRandom(search, number, rng);
    proposals.push({ number, ...point, resource: 1 });
  }
  return proposals;
};

/** How many trials a search has at most: what it says it does, from the start. */
export const trialsOf = (search: Search): number => {
  switch (search.method) {
    case 'grid':
      return gridPoints(search).length;
    case 'halving':
    case 'hyperband':
      return rungsOf(search.method, search.trials).reduce((sum, { size }) => sum + size, 0);
    default:
      return search.trials;
  }
};

/** Best first: more resource before less, then by value, then the earlier one; those without a value last. */
export const leaderboard = <T extends FinishedTrial>(better: Search['better'], trials: readonly T[]): T[] =>
  [...trials].sort(
    (a, b) =>
      Number(a.value === null) - Number(b.value === null) ||
      b.resource - a.resource ||
      lossOf(better, a) - lossOf(better, b) ||
      a.number - b.number,
  );

/** The trial whose parameters are used; undefined where none has a value. */
export const bestTrial = <T extends FinishedTrial>(
  better: Search['better'],
  trials: readonly T[],
): T | undefined => leaderboard(better, trials).find(({ value }) => value !== null);

const inOrder = (trials: readonly FinishedTrial[]): readonly FinishedTrial[] =>
  [...trials].sort((a, b) => a.number - b.number);

const nextRung = (search: Search, history: readonly FinishedTrial[]): readonly Proposal[] => {
  const rung = rungsOf(search.method as Rung['method'], search.trials).find(
    ({ first }) => first === history.length,
  );
  if (!rung) return [];
  const { first, size, resource, below } = rung;
  if (below === undefined)
    return Array.from({ length: size }, (_, k) => ({
      number: first + k,
      ...proposeRandom(search, first + k, rngOf(search.seed, first + k)),
      resource,
    }));
  return leaderboard(search.better, history.slice(below, first))
    .slice(0, size)
    .map(({ number, kind, parameters }, k) => ({
      number: first + k,
      kind,
      parameters,
      resource,
      promoted: number,
    }));
};

/** Whether the last `patience` trials at full resource brought nothing better than those before. */
const isExhausted = ({ better, patience }: Search, history: readonly FinishedTrial[]): boolean => {
  if (patience === undefined) return false;
  let best = Number.MAX_VALUE;
  let fruitless = 0;
  for (const trial of history.filter(({ resource }) => resource === 1)) {
    const loss = lossOf(better, trial);
    fruitless = loss < best ? 0 : fruitless + 1;
    best = Math.min(best, loss);
  }
  return fruitless >= patience;
};
