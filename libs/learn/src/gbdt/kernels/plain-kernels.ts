import { BINS, type BinnedTable } from '../bins';
import type { Kernels } from './kernels';

/** The kernels in JavaScript: for small tables, for very large ones, and to compare with. */
export const plainKernels = (): Kernels => ({
  bytes: (length) => new Uint8Array(length),
  int32: (length) => new Int32Array(length),
  uint32: (length) => new Uint32Array(length),
  float64: (length) => new Float64Array(length),

  addRows({ sums, counts }, table, gradients, rows, begin, end) {
    addSums(sums, table, gradients, rows, begin, end);
    if (counts !== null) addCounts(counts, table, rows, begin, end);
  },

  subtract(parent, child) {
    for (let i = 0; i < parent.sums.length; i++) parent.sums[i]! -= child.sums[i]!;
    if (parent.counts === null || child.counts === null) return;
    for (let i = 0; i < parent.counts.length; i++) parent.counts[i]! -= child.counts[i]!;
  },

  partition(rows, begin, end, numbers, goesLeft, moved) {
    let left = begin;
    let right = 0;
    for (let j = begin; j < end; j++) {
      const row = rows[j]!;
      const isLeft = goesLeft[numbers[row]!]!;
      rows[left] = row;
      moved[right] = row;
      left += isLeft;
      right += 1 - isLeft;
    }
    rows.set(moved.subarray(0, right), left);
    return left;
  },
});

// Four features a word, so that the sums of different features overlap in the processor.
const addSums = (
  sums: Float64Array,
  { words, wordsPerRow }: BinnedTable,
  gradients: Float64Array,
  rows: Uint32Array,
  begin: number,
  end: number,
): void => {
  for (let j = begin; j < end; j++) {
    const row = rows[j]!;
    const gradient = gradients[2 * row]!;
    const hessian = gradients[2 * row + 1]!;
    const last = (row + 1) * wordsPerRow;
    for (let at = row * wordsPerRow, base = 0; at < last; at++, base += 8 * BINS) {
      const word = words[at]!;
      const a = base + ((word & 255) << 1);
      const b = base + 2 * BINS + ((word >>> 7) & 510);
      const c = base + 4 * BINS + ((word >>> 15) & 510);
      const d = base + 6 * BINS + ((word >>> 23) & 510);
      sums[a]! += gradient;
      sums[a + 1]! += hessian;
      sums[b]! += gradient;
      sums[b + 1]! += hessian;
      sums[c]! += gradient;
      sums[c + 1]! += hessian;
      sums[d]! += gradient;
      sums[d + 1]! += hessian;
    }
  }
};

const addCounts = (
  counts: Int32Array,
  { words, wordsPerRow }: BinnedTable,
  rows: Uint32Array,
  begin: number,
  end: number,
): void => {
  for (let j = begin; j < end; j++) {
    const last = (rows[j]! + 1) * wordsPerRow;
    for (let at = rows[j]! * wordsPerRow, base = 0; at < last; at++, base += 4 * BINS) {
      const word = words[at]!;
      counts[base + (word & 255)]!++;
      counts[base + BINS + ((word >>> 8) & 255)]!++;
      counts[base + 2 * BINS + ((word >>> 16) & 255)]!++;
      counts[base + 3 * BINS + (word >>> 24)]!++;
    }
  }
};
