import type { Memory } from './kernels/memory';

/**
 * Values become bin numbers once, before the first tree. Bin b of a feature holds the float32 values v with
 * upper[b - 1] < v <= upper[b]; missing values have a bin of their own behind the last. Every `upper` is a float32 between two
 * neighbouring values (or the lower of them), so `v <= upper[b]` in float32 says the same as the bin number does: the trees
 * that are learned on bins and the trees that are served on values cannot disagree.
 */
export interface BinnedFeature {
  /** Its place among the columns. */
  readonly column: number;
  /** How many there are; missing values have the number behind the last. */
  readonly bins: number;
  readonly hasMissing: boolean;
  /** Ascending; the last is Infinity. Empty where the values are categories. */
  readonly upper: Float32Array;
  /**
   * Where the values are categories: the value of each bin, ascending. If there are more categories than bins, all but the most frequent
   * share one further bin.
   */
  readonly categories: Float32Array | null;
}

export interface BinnedTable {
  readonly rows: number;
  /** Only features with something to split on; feature s has its bin numbers in byte s % 4 of word s / 4 of each row. */
  readonly features: readonly BinnedFeature[];
  readonly wordsPerRow: number;
  /** [rows, wordsPerRow], four bin numbers in a word. */
  readonly words: Int32Array;
  /** The same bin numbers by feature. */
  readonly numbers: readonly Uint8Array[];
}

/** The bin numbers of one feature take a byte: at most 255 for values and one for the missing. */
export const BINS = 256;

/** `categorical` are the columns whose values are categories. */
export const binTable = (
  columns: readonly Float32Array[],
  maxBins: number,
  memory: Memory,
  categorical: ReadonlySet<number> = new Set(),
): BinnedTable => {
  const rows = columns[0]!.length;
  const features: BinnedFeature[] = [];
  const numbers: Uint8Array[] = [];
  columns.forEach((values, column) => {
    const sorted = sortRows(values);
    const upper = categorical.has(column) ? new Float32Array(0) : upperBounds(sorted, maxBins);
    const kept = categorical.has(column) ? frequentCategories(sorted, maxBins) : null;
    const bins = kept ? kept.categories.length + (kept.someAreLeft ? 1 : 0) : upper.length;
    const hasMissing = sorted.present < rows;
    if (bins + (hasMissing ? 1 : 0) < 2) return;
    features.push({ column, bins, hasMissing, upper, categories: kept?.categories ?? null });
    const into = memory.bytes(rows).fill(bins);
    numbers.push(kept ? numberCategories(sorted, kept.categories, into) : numberValues(sorted, upper, into));
  });
  const wordsPerRow = Math.ceil(features.length / 4);
  const words = memory.int32(rows * wordsPerRow);
  numbers.forEach((bins, slot) => {
    const shift = (slot & 3) * 8;
    for (let row = 0, at = slot >> 2; row < rows; row++, at += wordsPerRow) words[at]! |= bins[row]! << shift;
  });
  return { rows, features, wordsPerRow, words, numbers };
};

interface SortedRows {
  /** Row numbers by ascending value; rows without a value come last. */
  readonly order: Uint32Array;
  /** values[i] belongs to row order[i]. */
  readonly values: Float32Array;
  /** How many rows have a value. */
  readonly present: number;
}

/** A radix sort of the rows by value, in three passes of 11 bits over the order-preserving integer form of a float32. */
export const sortRows = (column: Float32Array): SortedRows => {
  const rows = column.length;
  let keys = sortableBits(column);
  let order = new Uint32Array(rows).map((_, row) => row);
  let keysOut = new Uint32Array(rows);
  let orderOut = new Uint32Array(rows);
  for (const shift of [0, 11, 22]) {
    const place = new Uint32Array(2049);
    for (let i = 0; i < rows; i++) place[((keys[i]! >>> shift) & 2047) + 1]!++;
    for (let digit = 1; digit <= 2048; digit++) place[digit]! += place[digit - 1]!;
    for (let i = 0; i < rows; i++) {
      const at = place[(keys[i]! >>> shift) & 2047]!++;
      keysOut[at] = keys[i]!;
      orderOut[at] = order[i]!;
    }
    [keys, keysOut, order, orderOut] = [keysOut, keys, orderOut, order];
  }
  let present = rows;
  while (present > 0 && keys[present - 1] === MISSING_KEY) present--;
  const values = new Float32Array(rows);
  for (let i = 0; i < rows; i++) values[i] = column[order[i]!]!;
  return { order, values, present };
};

const MISSING_KEY = 0xffffffff;

/** Unsigned integers in the order of the floats: -0 equals 0, NaN comes last. */
const sortableBits = (column: Float32Array): Uint32Array<ArrayBuffer> => {
  const values = column.map((value) => value + 0);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; i++) {
    const b = bits[i]!;
    bits[i] = Number.isNaN(column[i]) ? MISSING_KEY : b >>> 31 === 1 ? ~b : b ^ 0x80000000;
  }
  return bits;
};

/**
 * One bin for each distinct value if they are few enough, else bins with about equally much of the square roots of the rows of each
 * value: between as many rows and as many values to a bin, so that rare values at the ends, where rare things happen, are not all one.
 */
export const upperBounds = ({ values, present }: SortedRows, maxBins: number): Float32Array => {
  const starts: number[] = [];
  for (let i = 0; i < present; i++) if (i === 0 || values[i] !== values[i - 1]) starts.push(i);
  if (starts.length === 0) return new Float32Array(0);
  const lastOfBins = starts.length <= maxBins ? starts.keys() : evenGroups(starts, present, maxBins);
  return Float32Array.from([...lastOfBins], (last) =>
    last + 1 < starts.length ? between(values[starts[last]!]!, values[starts[last + 1]!]!) : Infinity,
  );
};

/**
 * Groups distinct values (given by where each starts) into at most `maxBins` bins; answers the last value of each. A value with
 * the rows of a whole bin gets one to itself, with at most a few values from before it; the others share what is left about
 * equally: a bin is closed before the value that would take it further above its share than it now is below.
 */
const evenGroups = (starts: readonly number[], present: number, maxBins: number): number[] => {
  const counts = starts.map((start, value) => (starts[value + 1] ?? present) - start);
  const isHeavy = (count: number): boolean => count * maxBins >= present;
  let bins = maxBins - counts.filter(isHeavy).length;
  let left = counts.reduce((sum, count) => sum + (isHeavy(count) ? 0 : Math.sqrt(count)), 0);
  let open = 0;
  const lasts: number[] = [];
  const closeShared = (last: number): void => {
    lasts.push(last);
    left -= open;
    bins -= 1;
    open = 0;
  };
  counts.forEach((count, value) => {
    const share = left / bins;
    if (isHeavy(count)) {
      if (2 * open >= share && bins > 1) closeShared(value - 1);
      lasts.push(value);
      left -= open;
      open = 0;
      return;
    }
    const part = Math.sqrt(count);
    if (open > 0 && open + part - share > share - open) closeShared(value - 1);
    open += part;
    if (open >= share) closeShared(value);
  });
  if (open > 0) lasts.push(starts.length - 1);
  return lasts;
};

/** A float32 in [low, high) near the middle. */
const between = (low: number, high: number): number => {
  const middle = Math.fround(low / 2 + high / 2);
  return middle >= low && middle < high ? middle : low;
};

/** Writes the bin numbers of all rows that have a value. */
const numberValues = (
  { order, values, present }: SortedRows,
  upper: Float32Array,
  numbers: Uint8Array,
): Uint8Array => {
  let bin = 0;
  for (let i = 0; i < present; i++) {
    while (values[i]! > upper[bin]!) bin++;
    numbers[order[i]!] = bin;
  }
  return numbers;
};

/** The most frequent values, ascending, that leave a bin for the others if there are others; among equals the lower ones. */
const frequentCategories = (
  { values, present }: SortedRows,
  maxBins: number,
): { categories: Float32Array; someAreLeft: boolean } => {
  const groups: { value: number; rows: number }[] = [];
  for (let i = 0; i < present; i++) {
    if (i === 0 || values[i] !== values[i - 1]) groups.push({ value: values[i]!, rows: 0 });
    groups.at(-1)!.rows++;
  }
  const someAreLeft = groups.length > maxBins;
  const kept = someAreLeft ? groups.sort((a, b) => b.rows - a.rows).slice(0, maxBins - 1) : groups;
  return { categories: Float32Array.from(kept, ({ value }) => value).sort(), someAreLeft };
};

const numberCategories = (
  { order, values, present }: SortedRows,
  categories: Float32Array,
  numbers: Uint8Array,
): Uint8Array => {
  let bin = 0;
  for (let i = 0; i < present; i++) {
    while (bin < categories.length && categories[bin]! < values[i]!) bin++;
    numbers[order[i]!] = categories[bin] === values[i] ? bin : categories.length;
  }
  return numbers;
};
