import { chiSquareTail } from './special/gamma';
import type { TestResult } from './rules';

/**
 * Chi-square goodness of fit of the current counts to those of the reference, scaled to the current number of rows, as Evidently
 * 0.7.23 calls `scipy.stats.chisquare`: categories - 1 degrees of freedom, no continuity correction. A category that the
 * reference never had gives an infinite statistic and p = 0. Cells empty on both sides are no categories. Null when a side is empty.
 */
export const chiSquareOfCounts = (
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): TestResult | null => {
  const [rows, currentRows] = [total(reference), total(current)];
  if (rows === 0 || currentRows === 0) return null;
  let categories = 0;
  let value = 0;
  for (let cell = 0; cell < reference.length; cell++) {
    const expected = reference[cell]! * (currentRows / rows);
    const observed = current[cell]!;
    if (expected === 0 && observed === 0) continue;
    categories++;
    const distance = observed - expected;
    value += expected === 0 ? Infinity : (distance * distance) / expected;
  }
  return { value, pValue: categories === 1 ? 1 : chiSquareTail(value, categories - 1) };
};

const total = (counts: ArrayLike<number>): number => {
  let sum = 0;
  for (let cell = 0; cell < counts.length; cell++) sum += counts[cell]!;
  return sum;
};
