import { exp } from '#kernel';
import type { PairedSample } from './paired-sample';
import type { TestResult } from './rules';

/**
 * The two-sample Anderson-Darling test with midranks (Scholz and Stephens, "K-Sample Anderson-Darling Tests", 1987, equation 7), as
 * `scipy.stats.anderson_ksamp`: the normed statistic, and a p-value by a parabola through the seven tabled levels, so it ends at
 * 0.25 and 0.001. Null below four rows or with a single distinct value.
 */
export const andersonDarling = (sample: PairedSample): TestResult | null => {
  const rows = sample.rows.reference + sample.rows.current;
  if (rows < 4 || sample.values.length < 2) return null;
  const value = (squaredDistance(sample) - 1) / deviation(sample.rows.reference, sample.rows.current);
  return { value, pValue: levelOf(value) };
};

const squaredDistance = ({ reference, current, rows }: PairedSample): number => {
  const all = rows.reference + rows.current;
  let [left, right, leftSum, rightSum] = [0, 0, 0, 0];
  for (let i = 0; i < reference.length; i++) {
    const [a, b] = [reference[i]!, current[i]!];
    const ties = a + b;
    const below = left + right + ties / 2;
    const weight = ties / all / (below * (all - below) - (all * ties) / 4);
    const leftGap = all * (left + a / 2) - below * rows.reference;
    const rightGap = all * (right + b / 2) - below * rows.current;
    leftSum += weight * leftGap * leftGap;
    rightSum += weight * rightGap * rightGap;
    left += a;
    right += b;
  }
  return ((leftSum / rows.reference + rightSum / rows.current) * (all - 1)) / all;
};

/** Of the statistic when both sides come from one distribution: equation 4 for two samples. */
const deviation = (n: number, m: number): number => {
  const all = n + m;
  const inverse = 1 / n + 1 / m;
  let [h, g] = [0, 0];
  for (let i = 1; i <= all - 2; i++) {
    h += 1 / (all - i);
    g += h / (i + 1);
  }
  h += 1;
  const a = 4 * g - 6 + (10 - 6 * g) * inverse;
  const b = 4 * (2 * g - 4) + 16 * h + (2 * g - 14 * h - 4) * inverse - 8 * h + 4 * g - 6;
  const c = 4 * (6 * h + 2 * g - 2) + 2 * (4 * h - 4 * g + 6) + (2 * h - 6) * inverse + 4 * h;
  const d = 4 * (2 * h + 6) - 8 * h;
  return Math.sqrt((((a * all + b) * all + c) * all + d) / ((all - 1) * (all - 2) * (all - 3)));
};

/** ln(level) as a parabola in the statistic, by least squares through Table 2 for two samples. */
const [SQUARE, SLOPE, LEVEL] = [0.01819809457411147, -1.0082265644652515, -1.077770279820484] as const;
const [FIRST_CRITICAL, LAST_CRITICAL] = [0.325, 6.546] as const;

const levelOf = (value: number): number => {
  if (value < FIRST_CRITICAL) return 0.25;
  if (value > LAST_CRITICAL) return 0.001;
  return exp((SQUARE * value + SLOPE) * value + LEVEL);
};
