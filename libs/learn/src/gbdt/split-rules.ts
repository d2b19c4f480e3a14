import type { Bounds } from './leaf';

/** What a split must keep to. */
export interface SplitRules {
  readonly l2: number;
  /** Added to `l2` where many categories are parted, and in ordering them. */
  readonly categoricalL2: number;
  readonly minChildWeight: number;
  readonly minSamplesLeaf: number;
  /** By column: 1 where answers may not fall with the value, -1 where they may not rise; null when all may do both. */
  readonly directions: Int8Array | null;
}

/** Sums over the rows of a node, and between which values its leaves must stay. */
export interface NodeSums {
  readonly gradient: number;
  readonly hessian: number;
  readonly count: number;
  readonly bounds: Bounds;
}

/**
 * Rows with a value in bin <= `bin`, or in one of the bins `categories` where that is not null, go left; others right; missing ones
 * where `missingLeft` says.
 */
export interface Split {
  readonly slot: number;
  readonly bin: number;
  readonly categories: readonly number[] | null;
  readonly missingLeft: boolean;
  /** How much the (second-order, regularised) loss falls, twice. */
  readonly gain: number;
  readonly leftGradient: number;
  readonly leftHessian: number;
}
