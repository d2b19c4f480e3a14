import type { BinnedTable } from '../bins';
import type { Memory } from './memory';

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

/** The loops that training spends its time in. Sums are exact, so that every implementation gives the same bits. */
export interface Kernels extends Memory {
  /** Adds the rows rows[begin..end) to a histogram; `gradients` is [all rows, 2]. */
  addRows(
    histogram: Histogram,
    table: BinnedTable,
    gradients: Float64Array,
    rows: Uint32Array,
    begin: number,
    end: number,
  ): void;
  /** Turns the histogram of a parent into that of one child by taking away the other child's. */
  subtract(parent: Histogram, child: Histogram): void;
  /**
   * Moves the rows of rows[begin..end) with goesLeft[bin number] 1 to the front, keeping the order on both sides, with `moved` as
   * room for as many rows; answers where the right side begins.
   */
  partition(
    rows: Uint32Array,
    begin: number,
    end: number,
    numbers: Uint8Array,
    goesLeft: Uint8Array,
    moved: Uint32Array,
  ): number;
}
