import { Rng } from '#kernel';

/** The random numbers of one trial: they do not depend on how many others were drawn, or when. */
export const rngOf = (seed: number, trial: number): Rng => {
  const mixed = Math.imul(seed ^ Math.imul(trial + 1, 0x9e3779b1), 0x85ebca6b);
  return new Rng((mixed ^ (mixed >>> 15)) >>> 0);
};
