import { ExactMoments, Refused } from '#kernel';
import { cellCount, cellOf, isPresent, sameBins, type Bins } from './bins';

/** A window's profile as it goes on the log, without its bins: they stand once, in the reference. */
export interface WindowProfileData {
  /** Rows seen: present and missing. */
  readonly rows: number;
  /** Rows without a value (see `isPresent`). */
  readonly missing: number;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  /** Of the sample (n - 1); null below two values. */
  readonly std: number | null;
  /** Rows by cell of the bins. */
  readonly counts: readonly number[];
  /** The exact sum of the values, and of their squares, as doubles that add up to it; see `ExactMoments`. */
  readonly sum: readonly number[];
  readonly squares: readonly number[];
}

/**
 * What a window of a column's values looked like: counts by the bins of the reference, range, mean and deviation. Sums are exact,
 * so profiles of parts merged in any order equal the profile of the whole, to the byte (law L11). Mean and deviation are those of
 * the values in float32, as models take them (relative difference below 6e-8): squares of these are exact doubles, which makes
 * counting three times as fast.
 */
export class WindowProfile {
  readonly counts: number[];
  private absent = 0;
  private lowest = Infinity;
  private highest = -Infinity;
  private moments = new ExactMoments();

  constructor(readonly bins: Bins) {
    this.counts = new Array<number>(cellCount(bins)).fill(0);
  }

  static of(bins: Bins, values: ArrayLike<number | null>): WindowProfile {
    const profile = new WindowProfile(bins);
    for (let row = 0; row < values.length; row++) profile.observe(values[row] as number | null);
    return profile;
  }

  get rows(): number {
    return this.present + this.absent;
  }
  get present(): number {
    return this.moments.count;
  }
  get missing(): number {
    return this.absent;
  }
  get min(): number | null {
    return this.present === 0 ? null : this.lowest;
  }
  get max(): number | null {
    return this.present === 0 ? null : this.highest;
  }
  get mean(): number | null {
    return this.moments.mean();
  }
  get std(): number | null {
    return this.moments.std();
  }

  observe(value: number | null): void {
    if (!isPresent(value)) {
      this.absent++;
      return;
    }
    const number = value + 0;
    this.counts[cellOf(this.bins, number)]!++;
    if (number < this.lowest) this.lowest = number;
    if (number > this.highest) this.highest = number;
    this.moments.add(Math.fround(number));
  }

  /**
   * Takes another window's rows in; the other stays as it was.
   * @throws Refused PLAYHEAD_DRIFT_INVALID when the two have other bins.
   */
  merge(other: WindowProfile): void {
    if (!sameBins(this.bins, other.bins)) {
      throw new Refused(
        'PLAYHEAD_DRIFT_INVALID',
        'profiles with other bins cannot be merged; they belong to other references',
      );
    }
    other.counts.forEach((count, cell) => (this.counts[cell]! += count));
    this.absent += other.absent;
    this.lowest = Math.min(this.lowest, other.lowest);
    this.highest = Math.max(this.highest, other.highest);
    this.moments.merge(other.moments);
  }

  toJSON(): WindowProfileData {
    const { rows, missing, min, max, mean, std, counts } = this;
    const { sum, squares } = this.moments.parts();
    return { rows, missing, min, max, mean, std, counts: [...counts], sum, squares };
  }

  /** @throws Refused PLAYHEAD_DRIFT_INVALID when the counts are not those of these bins. */
  static fromJSON(bins: Bins, stored: WindowProfileData): WindowProfile {
    const profile = new WindowProfile(bins);
    const present = stored.counts.reduce((sum, count) => sum + count, 0);
    if (stored.counts.length !== profile.counts.length || present + stored.missing !== stored.rows) {
      throw new Refused('PLAYHEAD_DRIFT_INVALID', 'the stored profile does not belong to these bins');
    }
    stored.counts.forEach((count, cell) => (profile.counts[cell] = count));
    profile.absent = stored.missing;
    profile.lowest = stored.min ?? Infinity;
    profile.highest = stored.max ?? -Infinity;
    profile.moments = ExactMoments.fromParts({ count: present, sum: stored.sum, squares: stored.squares });
    return profile;
  }
}
