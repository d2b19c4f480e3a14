import { BINS, type BinnedTable } from './bins';

/**
 * Sums of gradients and hessians (and, if asked for, counts) by feature and bin. Gradients are multiples of one power of two and
 * so few bits long that every sum is exact (see `exactness` in objective.ts): the order of rows does not matter, and a parent
 * minus one child is the other child to the bit.
 */
export interface Histogram {
  /** [features rounded up to 4, BINS, 2]: gradient and hessian side by side. */
  readonly sums: Float64Array;
  /** [features rounded up to 4, BINS], or null when no rule needs counts. */
  readonly counts: Int32Array | null;
}

export const newHistogram = ({ wordsPerRow }: BinnedTable, withCounts: boolean): Histogram => ({
  sums: new Float64Array(wordsPerRow * 4 * BINS * 2),
  counts: withCounts ? new Int32Array(wordsPerRow * 4 * BINS) : null,
});

/** Fills `histogram` from the rows rows[begin..end). `gradients` is [all rows, 2]. */
export const fillHistogram = (
  histogram: Histogram,
  table: BinnedTable,
  gradients: Float64Array,
  rows: Uint32Array,
  begin: number,
  end: number,
): void => {
  histogram.sums.fill(0);
  addSums(histogram.sums, table.words, table.wordsPerRow, gradients, rows, begin, end);
  if (histogram.counts === null) return;
  histogram.counts.fill(0);
  addCounts(histogram.counts, table.words, table.wordsPerRow, rows, begin, end);
};

// The hot loop of training: four features a word, so that the sums of different features overlap in the processor.
const addSums = (
  sums: Float64Array,
  words: Int32Array,
  wordsPerRow: number,
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
  words: Int32Array,
  wordsPerRow: number,
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

/** Turns the histogram of a parent into that of one child by taking away the other child's. */
export const subtractHistogram = (parent: Histogram, child: Histogram): void => {
  for (let i = 0; i < parent.sums.length; i++) parent.sums[i]! -= child.sums[i]!;
  if (parent.counts === null || child.counts === null) return;
  for (let i = 0; i < parent.counts.length; i++) parent.counts[i]! -= child.counts[i]!;
};
