import { sortedValues } from '../profile/bins';

/**
 * The two-sample Kolmogorov-Smirnov statistic: the largest distance between the two empirical distributions, as `scipy.stats.ks_2samp`
 * gives it. Missing values are left out; null when a side has none.
 */
export const kolmogorovSmirnov = (
  reference: ArrayLike<number | null>,
  current: ArrayLike<number | null>,
): number | null => {
  const [left, right] = [sortedValues(reference), sortedValues(current)];
  if (left.length === 0 || right.length === 0) return null;
  let largest = 0;
  for (let i = 0, j = 0; i < left.length && j < right.length;) {
    const value = Math.min(left[i]!, right[j]!);
    while (i < left.length && left[i] === value) i++;
    while (j < right.length && right[j] === value) j++;
    largest = Math.max(largest, Math.abs(i / left.length - j / right.length));
  }
  return largest;
};
