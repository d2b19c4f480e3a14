import { exp, log } from '#kernel';
import type { Reading, RollingAccumulator, TileAccumulator } from './accumulator';
import { SortedCounts } from './sorted-counts';

/** quantile, count_distinct and top_k, exactly: every value of the window, sorted. */
export class Members implements RollingAccumulator {
  private readonly members = new SortedCounts();
  /** Values by falling frequency, ties by rising value; null when something has changed since. */
  private ranked: readonly number[] | null = null;

  add(_time: number, value: number): void {
    this.members.add(value);
    this.ranked = null;
  }

  remove(_time: number, value: number): void {
    this.members.remove(value);
    this.ranked = null;
  }

  read({ aggregate, scale, nth, q, byFrequency }: Reading): number | null {
    const { members } = this;
    if (aggregate === 'count_distinct') return members.keys.length;
    if (aggregate === 'quantile') return members.size === 0 ? null : this.quantile(q) / scale;
    if (byFrequency) {
      this.ranked ??= byFrequencyOf(members);
      return nth < this.ranked.length ? this.ranked[nth]! / scale : null;
    }
    return nth < members.size ? members.fromTop(nth) / scale : null;
  }

  extent(): number {
    return this.members.extent() + (this.ranked?.length ?? 0);
  }

  /** Linear between the two closest ranks (Hyndman and Fan 1996, definition 7). */
  private quantile(q: number): number {
    const { members } = this;
    const position = (members.size - 1) * q;
    const rank = Math.floor(position);
    const low = members.at(rank);
    return position === rank ? low : low + (position - rank) * (members.at(rank + 1) - low);
  }
}

const byFrequencyOf = ({ keys, counts }: SortedCounts): number[] =>
  keys
    .map((_, i) => i)
    .sort((a, b) => counts[b]! - counts[a]! || a - b)
    .map((i) => keys[i]!);

/**
 * quantile within 1 % of the value: counts by bins whose bounds are powers of gamma (Masson, Rim and Lee, "DDSketch", VLDB 2019). Bins can
 * be taken out and merged, so the result depends on the members only. Magnitudes below 1e-9 count as 0.
 */
export class Sketch implements RollingAccumulator, TileAccumulator {
  private readonly bins = new SortedCounts();

  add(_time: number, value: number): void {
    this.bins.add(binOf(value));
  }

  remove(_time: number, value: number): void {
    this.bins.remove(binOf(value));
  }

  merge(other: this): void {
    const { keys, counts } = other.bins;
    for (let i = 0; i < keys.length; i++) this.bins.add(keys[i]!, counts[i]!);
  }

  unmerge(other: this): void {
    const { keys, counts } = other.bins;
    for (let i = 0; i < keys.length; i++) this.bins.remove(keys[i]!, counts[i]!);
  }

  read({ q, scale }: Reading): number | null {
    const { bins } = this;
    return bins.size === 0 ? null : middleOf(bins.at(Math.floor((bins.size - 1) * q))) / scale;
  }

  extent(): number {
    return this.bins.extent();
  }

  save(): number[] {
    return this.bins.keys.flatMap((key, i) => [key, this.bins.counts[i]!]);
  }

  load(saved: readonly number[]): void {
    for (let i = 0; i < saved.length; i += 2) this.bins.add(saved[i]!, saved[i + 1]);
  }
}

const ACCURACY = 0.01;
const GAMMA = (1 + ACCURACY) / (1 - ACCURACY);
const LOG_GAMMA = log(GAMMA);
/** Makes the bins of all magnitudes positive, so that the sign can say that of the value. */
const OFFSET = 1 << 20;

const binOf = (value: number): number => {
  const magnitude = value < 0 ? -value : value;
  if (magnitude < 1e-9) return 0;
  const bin = Math.ceil(log(magnitude) / LOG_GAMMA) + OFFSET;
  return value < 0 ? -bin : bin;
};

const middleOf = (bin: number): number => {
  if (bin === 0) return 0;
  const magnitude = (2 * exp((Math.abs(bin) - OFFSET) * LOG_GAMMA)) / (GAMMA + 1);
  return bin < 0 ? -magnitude : magnitude;
};
