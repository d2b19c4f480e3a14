import { erfc } from '#kernel';
import type { TestResult } from './rules';

/**
 * Two-proportion Z-test with pooled variance, two-sided, of the share of rows that are not the smallest value, as Evidently 0.7.23
 * does it (for two values; with more, all but the smallest count as one). The counts are by ascending value. p = 1 when both sides are
 * one and the same value. Null when a side is empty.
 */
export const zTestOfCounts = (
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): TestResult | null => {
  let [rows, currentRows] = [0, 0];
  let smallest = -1;
  for (let cell = 0; cell < reference.length; cell++) {
    rows += reference[cell]!;
    currentRows += current[cell]!;
    if (smallest < 0 && rows + currentRows > 0) smallest = cell;
  }
  if (rows === 0 || currentRows === 0) return null;
  const p = (rows - reference[smallest]!) / rows;
  const q = (currentRows - current[smallest]!) / currentRows;
  const pooled = (p * rows + q * currentRows) / (rows + currentRows);
  if (pooled === 0) return { value: 0, pValue: 1 };
  const value = (p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / rows + 1 / currentRows));
  return { value, pValue: erfc(Math.abs(value) / Math.SQRT2) };
};
