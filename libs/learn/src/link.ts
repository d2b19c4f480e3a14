import { exp, log, log1p } from '#kernel';

/** The probability that belongs to a log-odds score. */
export const sigmoid = (score: number): number => 1 / (1 + exp(-score));

/** The log-odds of a probability in (0, 1). */
export const logit = (probability: number): number => log(probability / (1 - probability));

/** The log loss of one row, from its score: log(1 + e^score) - label * score, without overflow. */
export const logLossOfScore = (label: number, score: number): number =>
  (score > 0 ? score : 0) + log1p(exp(score > 0 ? -score : score)) - label * score;
