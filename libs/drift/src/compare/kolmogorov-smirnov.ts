import { sortedValues } from '../profile/bins';
import { greatestCommonDivisor } from './special/integers';
import { kolmogorovTail } from './special/kolmogorov';

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

/** Up to how many rows a p-value takes which road. */
export interface KolmogorovRoads {
  /** On the larger side: by counting paths, in time proportional to n * m * d. */
  readonly exactUpTo: number;
  /** n * m / (n + m): by a sum over as many terms; above by the formula of large samples. */
  readonly summedUpTo: number;
}

/** SciPy's, but for the last: it always sums. */
const ROADS: KolmogorovRoads = { exactUpTo: 10_000, summedUpTo: 1_000_000 };

/**
 * The p-value of the statistic `d` of samples of n and m rows, as `scipy.stats.ks_2samp(method='auto')`: exact up to 10,000 rows on the
 * larger side, else by the one-sample distribution at n * m / (n + m) rows (Smirnov). With ties it is an upper bound
 * (Noether, 1963).
 */
export const kolmogorovSmirnovP = (
  d: number,
  n: number,
  m: number,
  { exactUpTo, summedUpTo }: KolmogorovRoads = ROADS,
): number => {
  const p = Math.max(n, m) <= exactUpTo ? exactP(d, n, m) : Number.NaN;
  if (p >= 0 && p <= 1) return p;
  return kolmogorovTail(Math.max(roundHalfEven((n * m) / (n + m)), 1), d, summedUpTo);
};

const exactP = (d: number, n: number, m: number): number => {
  const divisor = greatestCommonDivisor(n, m);
  const steps = Math.round(d * (n / divisor) * m);
  if (steps === 0) return 1;
  return n === m ? outsideSquare(n, steps) : outsideBand(Math.max(n, m), Math.min(n, m), divisor, steps);
};

/** The share of lattice paths from (0, 0) to (n, n) that touch |x - y| = h (Gnedenko and Korolyuk, 1951), as a Horner scheme. */
const outsideSquare = (n: number, h: number): number => {
  let p = 0;
  for (let k = Math.floor(n / h); k >= 0; k--) {
    let ratio = 1;
    for (let j = 0; j < h; j++) ratio *= (n - k * h - j) / (n + k * h + j + 1);
    p = ratio * (1 - p);
  }
  return 2 * p;
};

/**
 * The share of lattice paths from (0, 0) to (m, n), m >= n, that leave |n * x - m * y| < steps * divisor: column by column, of each
 * point inside the share of its paths that have been outside (Hodges, "The Significance Probability of the Smirnov Two-Sample Test", 1958).
 */
const outsideBand = (m: number, n: number, divisor: number, steps: number): number => {
  const [mg, ng] = [m / divisor, n / divisor];
  let from = 0;
  let to = Math.min(Math.ceil(steps / mg), n + 1);
  const shares = new Float64Array(Math.min(2 * to + 2, n + 1)).fill(1);
  shares.fill(0, 0, to);
  for (let x = 1; x <= m; x++) {
    const [lastFrom, lastLength] = [from, to - from];
    from = Math.min(Math.max(Math.floor((ng * x - steps) / mg) + 1, 0), n);
    to = Math.min(Math.ceil((ng * x + steps) / mg), n + 1);
    if (to <= from) return 1;
    let share = from === 0 ? 0 : 1;
    for (let y = from; y < to; y++) {
      share = (shares[y - lastFrom]! * x + share * y) / (x + y);
      shares[y - from] = share;
    }
    if (lastLength > to - from) shares.fill(1, to - from, lastLength);
  }
  return shares[to - from - 1]!;
};

/** As numpy rounds. */
const roundHalfEven = (x: number): number => {
  const floor = Math.floor(x);
  if (x - floor !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
};
