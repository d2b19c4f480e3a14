import { log, log2 } from '#kernel';
import { splitsOf, type LeafSplit } from './best-split';
import { Leaf } from './leaf';
import type { Sink, Source } from './state-bytes';

export interface Split {
  readonly feature: number;
  readonly threshold: number;
  /** Of all that came by, as the leaves below count it; the heavier side takes what is missing. */
  weight: number;
  left: TreeNode;
  right: TreeNode;
}

export type TreeNode = Leaf | Split;

export interface GrowthOptions {
  /** Weight that a leaf takes between two attempts to split it. */
  readonly gracePeriod: number;
  /** The chance that a split is not the best one. */
  readonly delta: number;
  /** Splits as good as each other are told apart no longer once the bound is below it. */
  readonly tau: number;
  readonly maxDepth: number;
  readonly maxLeaves: number;
  /** The features that a new leaf watches. */
  readonly watch: () => readonly number[];
}

/** No split is looked for where one class has more than this share. */
const MOST_OF_ONE = 0.99;

/**
 * The tree of Domingos and Hulten ("Mining high-speed data streams", 2000): a leaf is split once the Hoeffding bound says that its best split is
 * truly better than the second best, or than none.
 */
export class GrowingTree {
  root: TreeNode;
  leaves = 1;
  /** Bits gained by splits, by feature, times the weight of the leaf that was split. */
  readonly gains: Float64Array;

  constructor(
    private readonly options: GrowthOptions,
    features: number,
    private readonly classes: number,
  ) {
    this.root = new Leaf(0, options.watch(), new Float64Array(classes));
    this.gains = new Float64Array(features);
  }

  predict(x: Float64Array): Float64Array {
    let node = this.root;
    while (!(node instanceof Leaf)) node = next(node, x);
    return node.predict(x);
  }

  learn(x: Float64Array, label: number, weight: number): void {
    let parent: Split | null = null;
    let node = this.root;
    while (!(node instanceof Leaf)) {
      parent = node;
      node = next(node, x);
      parent.weight += weight;
    }
    node.learn(x, label, weight);
    if (node.weight - node.weightAtLastAttempt < this.options.gracePeriod) return;
    node.weightAtLastAttempt = node.weight;
    const split = this.splitOf(node);
    if (split !== null) this.grow(node, split, parent);
  }

  write(to: Sink): void {
    to(...this.gains);
    writeNode(this.root, to);
  }

  read(from: Source): void {
    for (let f = 0; f < this.gains.length; f++) this.gains[f] = from();
    this.leaves = 0;
    this.root = this.readNode(from);
  }

  private splitOf(leaf: Leaf): LeafSplit | null {
    const { delta, tau, maxDepth, maxLeaves } = this.options;
    if (leaf.depth >= maxDepth || this.leaves >= maxLeaves || leaf.isPure) return null;
    if (Math.max(...leaf.weights) / leaf.weight > MOST_OF_ONE) return null;
    let best: LeafSplit | null = null;
    let second = 0;
    for (const split of splitsOf(leaf)) {
      if (best === null || split.merit >= best.merit) {
        second = Math.max(second, best?.merit ?? 0);
        best = split;
      } else second = Math.max(second, split.merit);
    }
    if (best === null || best.merit <= 0) return null;
    const range = log2(
      Math.max(
        2,
        leaf.weights.reduce((seen, weight) => seen + (weight > 0 ? 1 : 0), 0),
      ),
    );
    const bound = Math.sqrt((range * range * log(1 / delta)) / (2 * leaf.weight));
    return best.merit - second > bound || bound < tau ? best : null;
  }

  private grow(
    leaf: Leaf,
    { feature, threshold, merit, left, right }: LeafSplit,
    parent: Split | null,
  ): void {
    const child = (weights: Float64Array): Leaf => new Leaf(leaf.depth + 1, this.options.watch(), weights);
    const [low, high] = [child(left), child(right)];
    const split = { feature, threshold, weight: low.weight + high.weight, left: low, right: high };
    this.gains[feature]! += merit * leaf.weight;
    this.leaves++;
    if (parent === null) this.root = split;
    else if (parent.left === leaf) parent.left = split;
    else parent.right = split;
  }

  private readNode(from: Source): TreeNode {
    const feature = from();
    if (feature < 0) {
      this.leaves++;
      return Leaf.read(from, this.classes);
    }
    const [threshold, weight] = [from(), from()];
    return { feature, threshold, weight, left: this.readNode(from), right: this.readNode(from) };
  }
}

/** True where a missing value goes left. */
export const missingGoesLeft = ({ left, right }: Split): boolean => left.weight >= right.weight;

const next = (split: Split, x: Float64Array): TreeNode => {
  const value = x[split.feature]!;
  const isLeft = value === value ? value <= split.threshold : missingGoesLeft(split);
  return isLeft ? split.left : split.right;
};

const writeNode = (node: TreeNode, to: Sink): void => {
  if (node instanceof Leaf) {
    to(-1);
    node.write(to);
    return;
  }
  to(node.feature, node.threshold, node.weight);
  writeNode(node.left, to);
  writeNode(node.right, to);
};
