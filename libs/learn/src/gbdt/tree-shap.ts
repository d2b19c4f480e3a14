import type { Ensemble } from './ensemble';
import { goesLeft, type Tree } from './tree';

/**
 * Contributions of features to scores by TreeSHAP, path-dependent (Lundberg, Erion and Lee, "Consistent individualized feature
 * attribution for tree ensembles", 2018, algorithm 2): the Shapley values of the game in which a feature that is not known is
 * followed both ways, by how many of the training rows went there. Answers [rows, outputs, features + 1]; the last is what is expected of
 * a row of which nothing is known. They sum to the score. Takes time of trees x leaves x depth^2 a row.
 */
export const treeContributions = (ensemble: Ensemble, rows: Float32Array): Float64Array => {
  const { features, base, trees } = ensemble;
  const outputs = base.length;
  const width = features + 1;
  const contributions = new Float64Array((rows.length / features) * outputs * width);
  const expected = [...base];
  trees.forEach((tree, t) => (expected[t % outputs]! += expectedValue(tree)));
  const path = new Path(trees.reduce((deepest, tree) => Math.max(deepest, depthOf(tree)), 0));
  for (let row = 0, at = 0; row * features < rows.length; row++) {
    const values = rows.subarray(row * features, (row + 1) * features);
    for (let output = 0; output < outputs; output++, at += width) {
      const into = contributions.subarray(at, at + width);
      for (let t = output; t < trees.length; t += outputs) path.explain(trees[t]!, values, into);
      into[features] = expected[output]!;
    }
  }
  return contributions;
};

/** The mean of the leaves over the rows that the tree was grown on. */
const expectedValue = ({ column, value, cover }: Tree): number => {
  let sum = 0;
  column.forEach((at, node) => at < 0 && (sum += value[node]! * cover[node]!));
  return sum / cover[0]!;
};

const depthOf = ({ column, left, right }: Tree): number => {
  const depth = new Int32Array(column.length);
  // Children have greater numbers than their parent.
  column.forEach((at, node) => at >= 0 && (depth[left[node]!] = depth[right[node]!] = depth[node]! + 1));
  return depth.reduce((most, each) => Math.max(most, each), 0);
};

/**
 * The features on the way to a node, each once: which share of paths goes on where it is not known (`zero`) and where it is (`one`), and
 * `weight` i, the part of all subsets that has i of these features in it. Each level of the tree has a copy of its own, one behind the
 * other.
 */
class Path {
  private readonly feature: Int32Array;
  private readonly zero: Float64Array;
  private readonly one: Float64Array;
  private readonly weight: Float64Array;

  constructor(deepest: number) {
    const room = ((deepest + 2) * (deepest + 3)) / 2;
    this.feature = new Int32Array(room);
    this.zero = new Float64Array(room);
    this.one = new Float64Array(room);
    this.weight = new Float64Array(room);
  }

  /** Adds the contributions of one tree. */
  explain(tree: Tree, values: Float32Array, into: Float64Array): void {
    const { column, left, right, value, cover } = tree;
    const visit = (node: number, from: number, size: number, zero: number, one: number, by: number): void => {
      this.extend(from, size, zero, one, by);
      const split = column[node]!;
      if (split < 0) {
        for (let i = 1; i <= size; i++) {
          const weight = this.weightWithout(from, size, i);
          into[this.feature[from + i]!]! +=
            weight * (this.one[from + i]! - this.zero[from + i]!) * value[node]!;
        }
        return;
      }
      const isLeft = goesLeft(tree, node, values[split]!);
      const [hot, cold] = isLeft ? [left[node]!, right[node]!] : [right[node]!, left[node]!];
      let length = size;
      let [earlierZero, earlierOne] = [1, 1];
      for (let i = 1; i <= size; i++) {
        if (this.feature[from + i] !== split) continue;
        [earlierZero, earlierOne] = [this.zero[from + i]!, this.one[from + i]!];
        this.remove(from, size, i);
        length--;
        break;
      }
      const share = (child: number): number => (earlierZero * cover[child]!) / cover[node]!;
      const next = from + length + 1;
      this.copy(from, next, length + 1);
      visit(hot, next, length + 1, share(hot), earlierOne, split);
      this.copy(from, next, length + 1);
      visit(cold, next, length + 1, share(cold), 0, split);
    };
    visit(0, 0, 0, 1, 1, -1);
  }

  private copy(from: number, to: number, size: number): void {
    for (const array of [this.feature, this.zero, this.one, this.weight])
      array.copyWithin(to, from, from + size);
  }

  /** Puts a feature at the place `size` of the path that begins at `from`. */
  private extend(from: number, size: number, zero: number, one: number, feature: number): void {
    const { weight } = this;
    this.feature[from + size] = feature;
    this.zero[from + size] = zero;
    this.one[from + size] = one;
    weight[from + size] = size === 0 ? 1 : 0;
    for (let i = size - 1; i >= 0; i--) {
      weight[from + i + 1]! += (one * weight[from + i]! * (i + 1)) / (size + 1);
      weight[from + i] = (zero * weight[from + i]! * (size - i)) / (size + 1);
    }
  }

  /** Takes the feature at place `index` out, as if it had never been put in. */
  private remove(from: number, size: number, index: number): void {
    const { weight, zero, one, feature } = this;
    const [ones, zeros] = [one[from + index]!, zero[from + index]!];
    let next = weight[from + size]!;
    for (let i = size - 1; i >= 0; i--) {
      if (ones !== 0) {
        const before = weight[from + i]!;
        weight[from + i] = (next * (size + 1)) / ((i + 1) * ones);
        next = before - (weight[from + i]! * zeros * (size - i)) / (size + 1);
      } else {
        weight[from + i] = (weight[from + i]! * (size + 1)) / (zeros * (size - i));
      }
    }
    for (let i = index; i < size; i++) {
      feature[from + i] = feature[from + i + 1]!;
      zero[from + i] = zero[from + i + 1]!;
      one[from + i] = one[from + i + 1]!;
    }
  }

  /** The sum of all weights, with the feature at place `index` taken out. */
  private weightWithout(from: number, size: number, index: number): number {
    const { weight, zero, one } = this;
    const [ones, zeros] = [one[from + index]!, zero[from + index]!];
    let next = weight[from + size]!;
    let total = 0;
    for (let i = size - 1; i >= 0; i--) {
      if (ones !== 0) {
        const each = (next * (size + 1)) / ((i + 1) * ones);
        total += each;
        next = weight[from + i]! - (each * zeros * (size - i)) / (size + 1);
      } else {
        total += (weight[from + i]! * (size + 1)) / (zeros * (size - i));
      }
    }
    return total;
  }
}
