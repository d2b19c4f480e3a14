import { Rng, log } from '#kernel';

export interface Earned {
  readonly trials: number;
  readonly successes: number;
}

const DRAWS = 1_000;

/**
 * The probability of each arm to be the best one: how often it wins among draws from what is believed of them, Beta(1 + successes,
 * 1 + failures). Thompson (1933); shares by it are probability matching, Scott, "A modern Bayesian look at the multi-armed bandit"
 * (2010). The same seed gives the same draws.
 */
export const probabilitiesOfBest = (arms: readonly Earned[], seed: number): number[] => {
  const rng = new Rng(seed);
  const wins = arms.map(() => 0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const drawn = arms.map(({ trials, successes }) => beta(rng, 1 + successes, 1 + trials - successes));
    wins[drawn.indexOf(Math.max(...drawn))]!++;
  }
  return wins.map((won) => won / DRAWS);
};

/**
 * Percent by probability with at most two decimals, together 100, none below `explore`: what the weak arms are given is taken from the
 * others by what they have over the floor.
 */
export const sharesOf = (probabilities: readonly number[], explore: number): number[] => {
  const floor = Math.round(explore * 100);
  const free = 10_000 - floor * probabilities.length;
  const exact = probabilities.map((probability) => free * probability);
  const shares = exact.map((share) => floor + Math.floor(share));
  const left = 10_000 - shares.reduce((sum, share) => sum + share, 0);
  const byRest = exact
    .map((share, i) => ({ i, rest: share - Math.floor(share) }))
    .sort((a, b) => b.rest - a.rest || a.i - b.i);
  for (const { i } of byRest.slice(0, left)) shares[i]!++;
  return shares.map((share) => share / 100);
};

const beta = (rng: Rng, a: number, b: number): number => {
  const [x, y] = [gamma(rng, a), gamma(rng, b)];
  return x / (x + y);
};

/** Gamma of shape `a` >= 1: Marsaglia and Tsang, "A simple method for generating gamma variables" (2000). */
const gamma = (rng: Rng, a: number): number => {
  const d = a - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(rng);
    const root = 1 + c * x;
    if (root <= 0) continue;
    const v = root * root * root;
    if (log(1 - rng.uniform()) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
  }
};

/** Marsaglia's polar method. */
const normal = (rng: Rng): number => {
  for (;;) {
    const x = 2 * rng.uniform() - 1;
    const y = 2 * rng.uniform() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * log(square)) / square);
  }
};
