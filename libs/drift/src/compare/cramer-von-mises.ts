import type { PairedSample } from './paired-sample';
import type { TestResult } from './rules';
import { cramerVonMisesLimit } from './special/cramer-von-mises-limit';
import { greatestCommonDivisor } from './special/integers';
import { logChoose } from './special/gamma';
import { exp } from '#kernel';

/**
 * The two-sample Cramer-von Mises test with midranks (Anderson, "On the Distribution of the Two-Sample Cramer-von Mises Criterion",
 * 1962), as `scipy.stats.cramervonmises_2samp`: exact p-value up to 20 rows on the larger side, else by the limit of large
 * samples. Null with fewer than two rows on a side.
 */
export const cramerVonMises = (sample: PairedSample): TestResult | null => {
  const [n, m] = [sample.rows.reference, sample.rows.current];
  if (n < 2 || m < 2) return null;
  const u = rankDistance(sample);
  const product = n * m;
  const rows = n + m;
  const value = u / (product * rows) - (4 * product - 1) / (6 * rows);
  return { value, pValue: Math.max(n, m) <= 20 ? exactP(u, n, m) : limitP(value, n, m) };
};

/** U of Anderson: each side's squared distances of its ranks in the pooled sample from those in its own, times its rows. */
const rankDistance = ({ reference, current, rows }: PairedSample): number => {
  let [left, right, leftSum, rightSum] = [0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [reference[i]!, current[i]!];
    const midrank = left + right + (a + b + 1) / 2;
    leftSum += squaresAround(midrank - left, a);
    rightSum += squaresAround(midrank - right, b);
    left += a;
    right += b;
  }
  return rows.reference * leftSum + rows.current * rightSum;
};

/** The sum of (center - k)^2 over k = 1 to count. */
const squaresAround = (center: number, count: number): number => {
  const distance = center - (count + 1) / 2;
  return count * (distance * distance + (count * count - 1) / 12);
};

const limitP = (value: number, n: number, m: number): number => {
  const [product, rows] = [n * m, n + m];
  const expected = (1 + 1 / rows) / 6;
  const variance =
    ((rows + 1) * (4 * product * rows - 3 * (n * n + m * m) - 2 * product)) /
    (45 * rows * rows * 4 * product);
  const normed = 1 / 6 + (value - expected) / Math.sqrt(45 * variance);
  // Below, the distribution function is smaller than 1e-17.
  return normed < 0.003 ? 1 : Math.max(0, 1 - cramerVonMisesLimit(normed));
};

/** Xiao, Gordon and Yakovlev, "A C++ Program for the Cramér-Von Mises Two-Sample Test", 2006: how often each figure comes up. */
const exactP = (u: number, m: number, n: number): number => {
  const multiple = (m * n) / greatestCommonDivisor(m, n);
  const [a, b] = [multiple / m, multiple / n];
  const product = m * n;
  const limit = Math.floor(
    (multiple * multiple * (m + n) * (6 * u - product * (4 * product - 1))) / (6 * product * product),
  );
  let row: ReadonlyMap<number, number>[] = Array.from(
    { length: m + 1 },
    (_, v) => new Map(v === 0 ? [[0, 1]] : []),
  );
  for (let y = 0; y <= n; y++) {
    let left: ReadonlyMap<number, number> = new Map();
    row = row.map((above, x) => (left = step(left, above, (a * x - b * y) * (a * x - b * y))));
  }
  let extreme = 0;
  for (const [figure, times] of row[m]!) if (figure >= limit) extreme += times;
  return extreme / Math.round(exp(logChoose(m + n, m)));
};

const step = (
  left: ReadonlyMap<number, number>,
  above: ReadonlyMap<number, number>,
  cost: number,
): ReadonlyMap<number, number> => {
  const counts = new Map<number, number>();
  for (const side of [left, above])
    for (const [figure, times] of side) counts.set(figure + cost, (counts.get(figure + cost) ?? 0) + times);
  return counts;
};
