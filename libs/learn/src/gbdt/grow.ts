import { BINS, type BinnedTable } from './bins';
import type { Histogram, Kernels } from './kernels/kernels';
import { childBounds, leafWeight, UNBOUNDED, type Bounds } from './leaf';
import { bestSplit } from './split';
import type { NodeSums, Split, SplitRules } from './split-rules';
import { TreeBuilder, type Question, type Tree } from './tree';

export interface GrowRules extends SplitRules {
  readonly depth: number;
  /** 0 for no limit. */
  readonly leaves: number;
  readonly learningRate: number;
}

/** A node of the tree with the rows that reached it: rows[begin..end) of the grower. */
interface Reached {
  readonly leaf: number;
  readonly depth: number;
  readonly begin: number;
  readonly end: number;
  readonly sums: NodeSums;
}

/** A node that will be split. */
interface OpenNode extends Reached {
  readonly histogram: Histogram;
  readonly split: Split;
}

/**
 * Grows trees on one binned table, reusing its buffers from tree to tree. The child with fewer rows gets its histogram from the
 * rows, the other by subtraction; nodes at the last level need none.
 */
export class TreeGrower {
  private readonly spare: Histogram[] = [];
  private readonly rows: Uint32Array;
  private readonly moved: Uint32Array;
  private readonly goesLeft: Uint8Array;

  constructor(
    private readonly kernels: Kernels,
    private readonly table: BinnedTable,
    private readonly rules: GrowRules,
  ) {
    this.rows = kernels.uint32(table.rows);
    this.moved = kernels.uint32(table.rows);
    this.goesLeft = kernels.bytes(BINS);
  }

  /**
   * One tree for the gradients ([rows, 2]: gradient, hessian), from the rows in `sample` and the features in `slots`.
   * Writes into `leafOf` the leaf of each sampled row.
   */
  grow(gradients: Float64Array, sample: Uint32Array, slots: readonly number[], leafOf: Uint32Array): Tree {
    const { leaves, learningRate } = this.rules;
    const tree = new TreeBuilder();
    const open: OpenNode[] = [];
    const settle = (node: Reached): void => {
      tree.setValue(node.leaf, learningRate * this.weightOf(node.sums));
      for (let j = node.begin; j < node.end; j++) leafOf[this.rows[j]!] = node.leaf;
    };
    const openOrSettle = (node: Reached, histogram: Histogram | null): void => {
      const split = histogram && bestSplit(histogram, this.table, slots, node.sums, this.rules);
      if (histogram && split) return void open.push({ ...node, histogram, split });
      if (histogram) this.spare.push(histogram);
      settle(node);
    };

    this.rows.set(sample);
    const sums = this.sumsOf(gradients, sample);
    const root = { leaf: tree.addLeaf(sample.length), depth: 0, begin: 0, end: sample.length, sums };
    openOrSettle(root, this.maySplit(root) ? this.histogramOf(root, gradients) : null);
    for (let size = 1; open.length > 0; size++) {
      if (leaves > 0 && size >= leaves) break;
      const node = open.splice(leaves > 0 ? indexOfGreatestGain(open) : open.length - 1, 1)[0]!;
      const [left, right] = this.splitNode(tree, node);
      const [leftHistogram, rightHistogram] = this.childHistograms(node.histogram, left, right, gradients);
      openOrSettle(left, leftHistogram);
      openOrSettle(right, rightHistogram);
    }
    for (const node of open) {
      this.spare.push(node.histogram);
      settle(node);
    }
    return tree.build();
  }

  private weightOf({ gradient, hessian, bounds }: NodeSums): number {
    return leafWeight(gradient, hessian + this.rules.l2, bounds);
  }

  private splitNode(tree: TreeBuilder, node: OpenNode): [Reached, Reached] {
    const { split, begin, end } = node;
    const middle = this.partition(split, begin, end);
    const [leftSums, rightSums] = this.childSums(node, middle);
    const depth = node.depth + 1;
    const left = { leaf: tree.addLeaf(leftSums.count), depth, begin, end: middle, sums: leftSums };
    const right = { leaf: tree.addLeaf(rightSums.count), depth, begin: middle, end, sums: rightSums };
    tree.split(node.leaf, questionOf(split, this.table), left.leaf, right.leaf);
    return [left, right];
  }

  private childSums({ split, sums, begin, end }: OpenNode, middle: number): [NodeSums, NodeSums] {
    const within = (bounds: Bounds, rightBounds: Bounds): [NodeSums, NodeSums] => [
      { gradient: split.leftGradient, hessian: split.leftHessian, count: middle - begin, bounds },
      {
        gradient: sums.gradient - split.leftGradient,
        hessian: sums.hessian - split.leftHessian,
        count: end - middle,
        bounds: rightBounds,
      },
    ];
    const direction = this.rules.directions?.[this.table.features[split.slot]!.column] ?? 0;
    const [left, right] = within(sums.bounds, sums.bounds);
    return within(...childBounds(direction, sums.bounds, this.weightOf(left), this.weightOf(right)));
  }

  /** Moves the rows that go left to the front, keeping the order on both sides; answers where the right side begins. */
  private partition({ slot, bin, categories, missingLeft }: Split, begin: number, end: number): number {
    const { kernels, table, rows, goesLeft, moved } = this;
    goesLeft.fill(0);
    if (categories === null) goesLeft.fill(1, 0, bin + 1);
    else for (const category of categories) goesLeft[category] = 1;
    if (missingLeft) goesLeft[table.features[slot]!.bins] = 1;
    return kernels.partition(rows, begin, end, table.numbers[slot]!, goesLeft, moved);
  }

  private maySplit({ depth, sums: { hessian, count } }: Reached): boolean {
    const { depth: deepest, minChildWeight, minSamplesLeaf } = this.rules;
    return depth < deepest && count >= 2 * minSamplesLeaf && hessian >= 2 * minChildWeight;
  }

  /** Histograms for the children that may be split; takes over the parent's. */
  private childHistograms(
    parent: Histogram,
    left: Reached,
    right: Reached,
    gradients: Float64Array,
  ): [Histogram | null, Histogram | null] {
    const leftIsSmaller = left.sums.count <= right.sums.count;
    const [smaller, larger] = leftIsSmaller ? [left, right] : [right, left];
    let ofSmaller: Histogram | null = null;
    let ofLarger: Histogram | null = null;
    if (this.maySplit(smaller) || this.maySplit(larger)) {
      ofSmaller = this.histogramOf(smaller, gradients);
      this.kernels.subtract(parent, ofSmaller);
      ofLarger = parent;
    } else {
      this.spare.push(parent);
    }
    return leftIsSmaller ? [ofSmaller, ofLarger] : [ofLarger, ofSmaller];
  }

  private histogramOf({ begin, end }: Reached, gradients: Float64Array): Histogram {
    const histogram = this.emptyHistogram();
    this.kernels.addRows(histogram, this.table, gradients, this.rows, begin, end);
    return histogram;
  }

  private emptyHistogram(): Histogram {
    const histogram = this.spare.pop();
    if (histogram) {
      histogram.sums.fill(0);
      histogram.counts?.fill(0);
      return histogram;
    }
    const bins = this.table.wordsPerRow * 4 * BINS;
    return {
      sums: this.kernels.float64(2 * bins),
      counts: this.rules.minSamplesLeaf > 1 ? this.kernels.int32(bins) : null,
    };
  }

  private sumsOf(gradients: Float64Array, sample: Uint32Array): NodeSums {
    let gradient = 0;
    let hessian = 0;
    for (let j = 0; j < sample.length; j++) {
      gradient += gradients[2 * sample[j]!]!;
      hessian += gradients[2 * sample[j]! + 1]!;
    }
    return { gradient, hessian, count: sample.length, bounds: UNBOUNDED };
  }
}

/** What a split asks of bin numbers, asked of values. */
const questionOf = (split: Split, { features }: BinnedTable): Question => {
  const { column, upper, categories } = features[split.slot]!;
  return {
    column,
    threshold: split.categories !== null ? 0 : categories !== null ? Infinity : upper[split.bin]!,
    categories: split.categories && Float32Array.from(split.categories, (bin) => categories![bin]!),
    missingLeft: split.missingLeft,
    gain: split.gain,
  };
};

const indexOfGreatestGain = (open: readonly OpenNode[]): number =>
  open.reduce((best, node, index) => (node.split.gain > open[best]!.split.gain ? index : best), 0);
