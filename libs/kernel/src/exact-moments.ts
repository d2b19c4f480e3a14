import { ExactSum } from './exact-sum';

/**
 * Count, mean, variance and standard deviation of a multiset of numbers that can grow and shrink. Sum and sum of squares are exact,
 * so the results depend on the members only: no cancellation, no drift after removals (law L11).
 *
 * Squares stay exact between 2^-450 and 2^450: a smaller magnitude counts as 0, a larger one and what is not finite make the
 * results NaN for as long as they are members.
 */
export class ExactMoments {
  private n = 0;
  private readonly sum = new ExactSum();
  private readonly squares = new ExactSum();

  get count(): number {
    return this.n;
  }

  add(x: number): void {
    this.n += 1;
    const term = squarable(x);
    this.sum.add(term);
    this.square(term, 1);
  }

  remove(x: number): void {
    this.n -= 1;
    const term = squarable(x);
    this.sum.remove(term);
    this.square(term, -1);
  }

  merge(other: ExactMoments): void {
    this.n += other.n;
    this.sum.merge(other.sum);
    this.squares.merge(other.squares);
  }

  clone(): ExactMoments {
    const copy = new ExactMoments();
    copy.merge(this);
    return copy;
  }

  /** The mean; null without members. `scale` as in `variance`. */
  mean(scale = 1): number | null {
    return this.n === 0 ? null : this.sum.over(this.n * scale);
  }

  /**
   * Variance of the sample (n - 1 in the denominator); null below two members. The numerator n * sum(x^2) - sum(x)^2 is exact and
   * rounded once. `scale`: the members are whole numbers of 1/scale (see `scaleDecimal`).
   */
  variance(scale = 1): number | null {
    if (this.n < 2) return null;
    if (!Number.isFinite(this.sum.value())) return NaN;
    const numerator = new ExactSum();
    for (const part of this.squares.parts()) addProduct(numerator, part, this.n, 1);
    const parts = this.sum.parts();
    for (const a of parts) for (const b of parts) addProduct(numerator, a, b, -1);
    return numerator.over(this.n * (this.n - 1) * scale * scale);
  }

  /** Square root of the variance. */
  std(scale = 1): number | null {
    const variance = this.variance(scale);
    return variance === null ? null : Math.sqrt(variance);
  }

  /** Count, then the parts of the sum, then those of the sum of squares: see `ExactSum.parts`. */
  parts(): { readonly count: number; readonly sum: readonly number[]; readonly squares: readonly number[] } {
    return { count: this.n, sum: this.sum.parts(), squares: this.squares.parts() };
  }

  static fromParts(parts: {
    count: number;
    sum: readonly number[];
    squares: readonly number[];
  }): ExactMoments {
    const moments = new ExactMoments();
    moments.n = parts.count;
    for (const part of parts.sum) moments.sum.add(part);
    for (const part of parts.squares) moments.squares.add(part);
    return moments;
  }

  private square(term: number, sign: 1 | -1): void {
    if (Number.isFinite(term)) addProduct(this.squares, term, term, sign);
  }
}

const SMALLEST = 3.4395525670743494e-136;
const LARGEST = 2.9073548971824276e135;

const squarable = (x: number): number => {
  const magnitude = Math.abs(x);
  if (magnitude > LARGEST) return x > 0 ? Infinity : -Infinity;
  return magnitude < SMALLEST ? 0 : x;
};

/** Adds sign * a * b exactly (Dekker's product; see Shewchuk 1997, section 2.5). */
const addProduct = (sum: ExactSum, a: number, b: number, sign: 1 | -1): void => {
  const product = a * b;
  sum.add(sign * product);
  if (Number.isSafeInteger(product) && Number.isInteger(a) && Number.isInteger(b)) return;
  const aHigh = upperHalf(a);
  const bHigh = upperHalf(b);
  const aLow = a - aHigh;
  const bLow = b - bHigh;
  const error = aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
  if (error !== 0) sum.add(sign * error);
};

/** Veltkamp's splitting: the upper 26 bits. */
const upperHalf = (x: number): number => {
  const c = 134217729 * x;
  return c - (c - x);
};
