import { log } from '#kernel';

/**
 * c(n): the mean number of splits after which a search for something that is not there ends in a random tree of `n` rows
 * (Liu, Ting and Zhou, "Isolation forest", 2008, equation 1).
 */
export const averagePath = (n: number): number =>
  n <= 1 ? 0 : n === 2 ? 1 : 2 * (log(n - 1) + EULER) - (2 * (n - 1)) / n;

const EULER = 0.5772156649015329;
