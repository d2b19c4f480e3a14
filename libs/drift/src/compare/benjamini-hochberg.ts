export interface Corrected {
  /** Adjusted p-values, in the order given: the smallest rate of false discoveries at which the hypothesis is rejected. */
  readonly adjusted: readonly (number | null)[];
  readonly rejected: readonly boolean[];
}

/**
 * Which of many tests stand when at most a share `alpha` of those that are reported may be false (Benjamini and Hochberg, "Controlling
 * the False Discovery Rate", 1995; valid for independent or positively dependent tests). A test without a p-value (null)
 * takes no part and is never rejected.
 */
export const benjaminiHochberg = (pValues: readonly (number | null)[], alpha: number): Corrected => {
  const adjusted = new Array<number | null>(pValues.length).fill(null);
  const descending = pValues
    .flatMap((p, index) => (p === null ? [] : [{ p, index }]))
    .sort((a, b) => b.p - a.p || b.index - a.index);
  let least = 1;
  descending.forEach(({ p, index }, fromTop) => {
    least = Math.min(least, (p * descending.length) / (descending.length - fromTop));
    adjusted[index] = least;
  });
  return { adjusted, rejected: adjusted.map((p) => p !== null && p <= alpha) };
};
