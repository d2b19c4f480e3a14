import { Defect } from './errors';

/**
 * Sums without rounding: an expansion of doubles that do not overlap holds the exact total (Shewchuk, "Adaptive Precision
 * Floating-Point Arithmetic", 1997; Python's math.fsum), so what was added can be removed again, in any order, on any path, and
 * `value` depends on the multiset of terms only (law L11).
 *
 * Terms that are not finite are counted apart and can be removed too: a NaN, or infinities of both signs, make the value NaN;
 * infinities of one sign that infinity. A magnitude of 2^970 or more counts as infinite, so no sum of fewer than 2^53 terms overflows.
 *
 * Money and other decimals are summed as whole numbers (`scaleDecimal`): exact, and one double as long as the total is below 2^53.
 */
export class ExactSum {
  /** The largest part of the expansion. */
  private high = 0;
  /** The smaller parts, in increasing magnitude; null, the common case, when `high` is the whole total. */
  private rest: number[] | null = null;
  private unbounded: UnboundedTerms | null = null;

  static of(terms: Iterable<number>): ExactSum {
    const sum = new ExactSum();
    for (const term of terms) sum.add(term);
    return sum;
  }

  add(term: number): void {
    if (!(term < LARGEST && term > -LARGEST)) return this.addUnbounded(term, 1);
    if (this.rest === null) {
      const total = this.high + term;
      const virtual = total - this.high;
      if (this.high - (total - virtual) + (term - virtual) === 0) {
        this.high = total;
        return;
      }
    }
    this.grow(term);
  }

  remove(term: number): void {
    if (!(term < LARGEST && term > -LARGEST)) return this.addUnbounded(term, -1);
    this.add(-term);
  }

  merge(other: ExactSum): void {
    if (other.rest !== null) for (const part of other.rest.slice()) this.add(part);
    this.add(other.high);
    if (other.unbounded !== null) {
      this.unbounded ??= { nan: 0, positive: 0, negative: 0 };
      this.unbounded.nan += other.unbounded.nan;
      this.unbounded.positive += other.unbounded.positive;
      this.unbounded.negative += other.unbounded.negative;
    }
  }

  clone(): ExactSum {
    const copy = new ExactSum();
    copy.merge(this);
    return copy;
  }

  /** The double nearest to the exact total, ties to even; +0 for an empty sum. */
  value(): number {
    if (this.unbounded !== null) {
      const { nan, positive, negative } = this.unbounded;
      if (nan > 0 || (positive > 0 && negative > 0)) return NaN;
      if (positive > 0) return Infinity;
      if (negative > 0) return -Infinity;
    }
    return this.rest === null ? this.high + 0 : roundExpansion(this.rest, this.high);
  }

  /**
   * The total divided by a positive whole number: a mean, or a decimal from its scaled terms. Rounded once where the total is one
   * double (scaled decimals below 2^53), otherwise the total is rounded and then the quotient: always the same for the same terms.
   */
  over(divisor: number): number {
    return this.value() / divisor;
  }

  /**
   * The total as doubles in decreasing magnitude, each the rounding of what is left: one form for each total, so that equal sums
   * are stored as equal bytes. Refuses a sum that holds terms which are not finite.
   */
  parts(): number[] {
    if (this.unbounded !== null && Object.values(this.unbounded).some((count) => count !== 0)) {
      throw new Defect('a sum with terms that are not finite has no parts');
    }
    const left = this.clone();
    const parts: number[] = [];
    for (let part = left.value(); part !== 0; part = left.value()) {
      parts.push(part);
      left.remove(part);
    }
    return parts;
  }

  /** Adds a term to an expansion; parts that become zero vanish, so the expansion stays short. */
  private grow(term: number): void {
    const rest = this.rest ?? [];
    const length = rest.length;
    let kept = 0;
    let carry = term;
    for (let i = 0; i <= length; i++) {
      const part = i < length ? rest[i]! : this.high;
      const total = carry + part;
      const virtual = total - carry;
      const error = carry - (total - virtual) + (part - virtual);
      if (error !== 0) rest[kept++] = error;
      carry = total;
    }
    rest.length = kept;
    this.high = carry;
    this.rest = kept === 0 ? null : rest;
  }

  private addUnbounded(term: number, count: number): void {
    this.unbounded ??= { nan: 0, positive: 0, negative: 0 };
    if (term !== term) this.unbounded.nan += count;
    else if (term > 0) this.unbounded.positive += count;
    else this.unbounded.negative += count;
  }
}

interface UnboundedTerms {
  nan: number;
  positive: number;
  negative: number;
}

const LARGEST = 9.9792015476736e291;

/** Adds from the largest part down until a digit is lost, then settles a tie by the sign of what follows (as math.fsum does). */
const roundExpansion = (rest: readonly number[], high: number): number => {
  let sum = high;
  let error = 0;
  let i = rest.length;
  while (i > 0) {
    const part = rest[--i]!;
    const total = sum + part;
    error = part - (total - sum);
    sum = total;
    if (error !== 0) break;
  }
  if (i > 0 && ((error < 0 && rest[i - 1]! < 0) || (error > 0 && rest[i - 1]! > 0))) {
    const doubled = error * 2;
    const away = sum + doubled;
    if (doubled === away - sum) return away;
  }
  return sum + 0;
};

/** 10^decimals, exact for 0 to 15 decimals. */
export const decimalScale = (decimals: number): number => {
  const scale = SCALES[decimals];
  if (scale === undefined) throw new Defect(`${decimals} decimals: a whole number from 0 to 15 is needed`);
  return scale;
};

/**
 * The whole number of smallest units (cents) of a decimal, never -0. A double that is no decimal with so many places counts as the
 * nearest one.
 */
export const scaleDecimal = (value: number, scale: number): number => Math.round(value * scale) + 0;

const SCALES = [1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15];
