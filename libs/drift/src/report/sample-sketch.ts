import { Refused } from '#kernel';
import { isPresent } from '../profile/bins';
import { expectValues, type PairedSample, type SampleOptions } from '../compare/paired-sample';

/** Cells of a column's summary by default: its table takes 1 MiB. */
export const SKETCH_CELLS = 16_384;

const HIGH = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 1 : 0;
const LARGEST = 3.4028234663852886e38;

/**
 * The distribution of a stream of numbers in constant memory. Values are counted by their leading bits: by all 64 while there are at most
 * `cells` distinct values, which is exact; else by as many as leave at most `cells` occupied cells. A cell then is as wide as a
 * fixed share of its values' magnitude (2^-8 to 2^-10 for real columns at the default), and finer where all values share their
 * leading bits. How many bits stay depends on the values alone and not on their order, so summaries of parts merge into that of
 * the whole: the same cells and counts; only their means, which are sums of doubles, may differ in the last bits.
 */
export class SampleSketch {
  private readonly mask: number;
  /** Cells between two coarsenings: some more than at the end, so that they are few. */
  private readonly limit: number;
  private readonly high: Int32Array;
  private readonly low: Int32Array;
  private readonly counts: Float64Array;
  private readonly sums: Float64Array;
  private occupied = 0;
  private dropped = 0;
  private presentRows = 0;
  private missingRows = 0;
  private lowest = Infinity;
  private highest = -Infinity;
  private wholeNumbers = true;

  /** @throws Refused PLAYHEAD_DRIFT_INVALID for less than 4096 cells: doubles have about as many orders of magnitude. */
  constructor(readonly cells = SKETCH_CELLS) {
    if (!Number.isInteger(cells) || cells < 4096)
      throw new Refused('PLAYHEAD_DRIFT_INVALID', `${cells} cells: a whole number from 4096 is needed`);
    let slots = 2;
    while (slots < 2 * cells) slots *= 2;
    this.mask = slots - 1;
    this.limit = Math.floor(cells * 1.5);
    this.high = new Int32Array(slots);
    this.low = new Int32Array(slots);
    this.counts = new Float64Array(slots);
    this.sums = new Float64Array(slots);
  }

  static of(values: ArrayLike<number | null>, cells = SKETCH_CELLS): SampleSketch {
    const sketch = new SampleSketch(cells);
    sketch.observe(values);
    return sketch;
  }

  get rows(): number {
    return this.presentRows + this.missingRows;
  }
  get present(): number {
    return this.presentRows;
  }
  get missing(): number {
    return this.missingRows;
  }
  get min(): number | null {
    return this.presentRows === 0 ? null : this.lowest;
  }
  get max(): number | null {
    return this.presentRows === 0 ? null : this.highest;
  }
  /** Whether every value has a cell of its own. */
  get isExact(): boolean {
    this.settle();
    return this.dropped === 0;
  }
  /** Distinct values; where it is not exact, occupied cells, of which there are fewer. */
  get distinct(): number {
    this.settle();
    return this.occupied;
  }
  /** Whether all values are whole numbers, and none is missing. */
  get isInteger(): boolean {
    return this.wholeNumbers && this.missingRows === 0;
  }

  /** Missing values (`isPresent`) are counted apart. */
  observe(values: ArrayLike<number | null>): void {
    const doubles = values instanceof Float64Array ? values : presentOrNaN(values);
    const words = new Int32Array(doubles.buffer, doubles.byteOffset, doubles.length * 2);
    const { high, low, counts, sums, mask } = this;
    let { highMask, lowMask } = this;
    let { lowest, highest, wholeNumbers } = this;
    let missing = 0;
    for (let row = 0; row < doubles.length; row++) {
      const value = doubles[row]! + 0;
      if (!(Math.abs(value) <= LARGEST)) {
        missing++;
        continue;
      }
      if (value < lowest) lowest = value;
      if (value > highest) highest = value;
      if (wholeNumbers && value !== Math.floor(value)) wholeNumbers = false;
      // Of -0 the bits are not those of 0.
      const highWord = value === 0 ? 0 : words[2 * row + HIGH]! & highMask;
      const lowWord = words[2 * row + 1 - HIGH]! & lowMask;
      let slot = hashOf(highWord, lowWord) & mask;
      while (counts[slot]! > 0 && (high[slot] !== highWord || low[slot] !== lowWord))
        slot = (slot + 1) & mask;
      if (counts[slot]! > 0) {
        counts[slot]!++;
        sums[slot]! += value;
      } else {
        this.insert(highWord, lowWord, 1, value);
        ({ highMask, lowMask } = this);
      }
    }
    [this.lowest, this.highest, this.wholeNumbers] = [lowest, highest, wholeNumbers];
    this.missingRows += missing;
    this.presentRows += doubles.length - missing;
  }

  /**
   * Takes another stream's rows in; the other stays as it was.
   * @throws Refused PLAYHEAD_DRIFT_INVALID when the two have other numbers of cells.
   */
  merge(other: SampleSketch): void {
    if (other.cells !== this.cells)
      throw new Refused('PLAYHEAD_DRIFT_INVALID', `${other.cells} cells cannot be merged into ${this.cells}`);
    if (other.dropped > this.dropped) this.coarsen(other.dropped);
    for (let slot = 0; slot <= other.mask; slot++)
      if (other.counts[slot]! > 0)
        this.insert(
          other.high[slot]! & this.highMask,
          other.low[slot]! & this.lowMask,
          other.counts[slot]!,
          other.sums[slot]!,
        );
    this.presentRows += other.presentRows;
    this.missingRows += other.missingRows;
    this.lowest = Math.min(this.lowest, other.lowest);
    this.highest = Math.max(this.highest, other.highest);
    this.wholeNumbers &&= other.wholeNumbers;
  }

  /** The cells in ascending order: the number that their leading bits spell, how many values, and their sum. */
  sorted(): SortedCells {
    this.settle();
    const keys = this.sortedKeys();
    const words = new Int32Array(keys.buffer);
    const cells = { keys, counts: new Float64Array(keys.length), sums: new Float64Array(keys.length) };
    for (let i = 0; i < keys.length; i++) {
      const slot = this.slotOf(words[2 * i + HIGH]!, words[2 * i + 1 - HIGH]!);
      cells.counts[i] = this.counts[slot]!;
      cells.sums[i] = this.sums[slot]!;
    }
    return cells;
  }

  /** A copy with cells at least as wide as those of the other. */
  private alignedWith(other: SampleSketch): SampleSketch {
    this.settle();
    other.settle();
    if (this.dropped >= other.dropped) return this;
    const copy = new SampleSketch(this.cells);
    copy.coarsen(other.dropped);
    copy.merge(this);
    return copy;
  }

  /**
   * Two summaries as the table that the statistics ask for. Where both are exact, that of the columns themselves; else a value stands
   * where the mean of its cell on both sides is, the smallest and largest where they are.
   * @throws Refused PLAYHEAD_DRIFT_INVALID when a side has no values.
   */
  static pair(reference: SampleSketch, current: SampleSketch, options: SampleOptions = {}): PairedSample {
    expectValues(reference.present, current.present);
    const [left, right] = [reference.alignedWith(current).sorted(), current.alignedWith(reference).sorted()];
    const isExact = reference.isExact && current.isExact;
    const length = left.keys.length + right.keys.length;
    const values = new Float64Array(length);
    const counts = [new Float64Array(length), new Float64Array(length)] as const;
    let size = 0;
    for (let i = 0, j = 0; i < left.keys.length || j < right.keys.length; size++) {
      const takesLeft = j >= right.keys.length || left.keys[i]! <= right.keys[j]!;
      const takesRight = i >= left.keys.length || right.keys[j]! <= left.keys[i]!;
      const key = takesLeft ? left.keys[i]! : right.keys[j]!;
      const sum = (takesLeft ? left.sums[i]! : 0) + (takesRight ? right.sums[j]! : 0);
      counts[0][size] = takesLeft ? left.counts[i++]! : 0;
      counts[1][size] = takesRight ? right.counts[j++]! : 0;
      values[size] = isExact ? key : sum / (counts[0][size]! + counts[1][size]!);
    }
    values[0] = Math.min(reference.lowest, current.lowest);
    values[size - 1] = Math.max(reference.highest, current.highest);
    return {
      values: values.subarray(0, size),
      reference: counts[0].subarray(0, size),
      current: counts[1].subarray(0, size),
      rows: { reference: reference.present, current: current.present },
      isInteger: options.integer ?? (reference.isInteger && current.isInteger),
    };
  }

  private get highMask(): number {
    return this.dropped > 32 ? -1 << (this.dropped - 32) : -1;
  }
  private get lowMask(): number {
    return this.dropped >= 32 ? 0 : -1 << this.dropped;
  }

  private insert(high: number, low: number, times: number, sum: number): void {
    const slot = this.slotOf(high, low);
    if (this.counts[slot] === 0) {
      this.high[slot] = high;
      this.low[slot] = low;
      this.occupied++;
    }
    this.counts[slot]! += times;
    this.sums[slot]! += sum;
    if (this.occupied > this.limit) this.coarsen(this.bitsToDrop());
  }

  /** To as many bits as all values so far leave; before, the table may hold somewhat more. */
  private settle(): void {
    if (this.occupied > this.cells) this.coarsen(this.bitsToDrop());
  }

  /** Where the cell stands, or the free slot where it would. */
  private slotOf(high: number, low: number): number {
    let slot = hashOf(high, low) & this.mask;
    while (this.counts[slot]! > 0 && (this.high[slot] !== high || this.low[slot] !== low))
      slot = (slot + 1) & this.mask;
    return slot;
  }

  private sortedKeys(): Float64Array {
    const keys = new Float64Array(this.occupied);
    const words = new Int32Array(keys.buffer);
    let at = 0;
    for (let slot = 0; slot <= this.mask; slot++) {
      if (this.counts[slot] === 0) continue;
      words[2 * at + HIGH] = this.high[slot]!;
      words[2 * at + 1 - HIGH] = this.low[slot]!;
      at++;
    }
    return keys.sort();
  }

  /** The least number of low bits without which at most `cells` cells are left: neighbours differ first at some bit, and fall together below it. */
  private bitsToDrop(): number {
    const words = new Int32Array(this.sortedKeys().buffer);
    const firstDifferences = new Uint32Array(64);
    for (let at = 2; at < words.length; at += 2) {
      const high = words[at + HIGH]! ^ words[at - 2 + HIGH]!;
      const low = words[at + 1 - HIGH]! ^ words[at - 1 - HIGH]!;
      firstDifferences[high !== 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(low)]!++;
    }
    let [bits, left] = [0, words.length / 2];
    while (left > this.cells) left -= firstDifferences[bits++]!;
    return bits;
  }

  private coarsen(bits: number): void {
    const before = {
      high: this.high.slice(),
      low: this.low.slice(),
      counts: this.counts.slice(),
      sums: this.sums.slice(),
    };
    this.counts.fill(0);
    this.sums.fill(0);
    this.occupied = 0;
    this.dropped = bits;
    const { highMask, lowMask } = this;
    for (let slot = 0; slot <= this.mask; slot++)
      if (before.counts[slot]! > 0)
        this.insert(
          before.high[slot]! & highMask,
          before.low[slot]! & lowMask,
          before.counts[slot]!,
          before.sums[slot]!,
        );
  }
}

export interface SortedCells {
  readonly keys: Float64Array;
  readonly counts: Float64Array;
  readonly sums: Float64Array;
}

const hashOf = (high: number, low: number): number => {
  const hash = Math.imul(high, 0x9e3779b1) ^ Math.imul(low, 0x85ebca6b);
  return hash ^ (hash >>> 15);
};

const presentOrNaN = (values: ArrayLike<number | null>): Float64Array => {
  const doubles = new Float64Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number | null;
    doubles[row] = isPresent(value) ? value : Number.NaN;
  }
  return doubles;
};
