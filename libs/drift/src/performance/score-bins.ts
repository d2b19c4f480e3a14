import { highWord } from '#kernel';

/**
 * Bins of a probability, finer towards both ends where the scores of rare classes lie: below 0.5 by 256 steps to an octave down
 * to 2^-20, above it the mirror image. 0.5 has a bin alone. 9,731 bins; each is at most 0.4 % of its distance to the nearer end wide.
 * A higher score never has a lower bin.
 */
export const scoreBin = (score: number): number =>
  score < 0.5 ? distanceBin(score) : SCORE_BINS - 1 - (score === 0.5 ? HALF : distanceBin(1 - score));

/** Sign, exponent and 8 bits of the fraction. */
const prefix = (x: number): number => highWord(x) >>> 12;
const SMALLEST = 9.5367431640625e-7;
const FIRST = prefix(SMALLEST);

/** The bin of a distance in [0, 0.5]; 0 below 2^-20. */
const distanceBin = (distance: number): number => (distance < SMALLEST ? 0 : prefix(distance) - FIRST + 1);
const HALF = distanceBin(0.5);

export const SCORE_BINS = 2 * HALF + 1;
