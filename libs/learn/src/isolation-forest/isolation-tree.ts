import type { Rng } from '#kernel';
import { MAX_FLOAT32 } from '../data-set';
import { averagePath } from './path-length';

/** In parallel arrays; node 0 is the root, children have greater numbers than their parent. */
export interface IsolationTree {
  /** The column that a node looks at, or -1 in a leaf. */
  readonly column: Int32Array;
  /** A row goes left if its value is at most this, a float32. */
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** In a leaf: how many splits lead to it, and c(rows) for the rows that it still holds. */
  readonly value: Float64Array;
  /** Of a split: the share of its rows on the fuller side. */
  readonly imbalance: Float64Array;
}

interface Node {
  column: number;
  threshold: number;
  left: number;
  right: number;
  missingLeft: number;
  value: number;
  imbalance: number;
}

/**
 * Splits `rows` at random until each is alone, all are alike, or `height` splits are made: a column that tells some of them apart, a
 * threshold between its least and greatest value. Missing values go to a side drawn for the split, so that missing
 * is one more way of being strange. `rows` is put in another order.
 */
export const growIsolationTree = (
  columns: readonly Float32Array[],
  rows: Uint32Array,
  height: number,
  rng: Rng,
): IsolationTree => {
  const nodes: Node[] = [];
  const grow = (begin: number, end: number, depth: number): number => {
    const at = nodes.length;
    const node = { ...LEAF, value: depth + averagePath(end - begin) };
    nodes.push(node);
    const split = depth < height && end - begin > 1 ? drawSplit(columns, rows, begin, end, rng) : null;
    if (!split) return at;
    const middle = partition(columns[split.column]!, rows, begin, end, split);
    const fuller = Math.max(middle - begin, end - middle);
    Object.assign(node, split, { value: 0, imbalance: fuller / (end - begin) });
    node.left = grow(begin, middle, depth + 1);
    node.right = grow(middle, end, depth + 1);
    return at;
  };
  grow(0, rows.length, 0);
  return {
    column: Int32Array.from(nodes, (node) => node.column),
    threshold: Float32Array.from(nodes, (node) => node.threshold),
    left: Int32Array.from(nodes, (node) => node.left),
    right: Int32Array.from(nodes, (node) => node.right),
    missingLeft: Uint8Array.from(nodes, (node) => node.missingLeft),
    value: Float64Array.from(nodes, (node) => node.value),
    imbalance: Float64Array.from(nodes, (node) => node.imbalance),
  };
};

const LEAF: Node = { column: -1, threshold: 0, left: 0, right: 0, missingLeft: 0, value: 0, imbalance: 0 };

type Split = Pick<Node, 'column' | 'threshold' | 'missingLeft'>;

/** null where no column tells the rows apart. Columns are drawn without putting back, until one does. */
const drawSplit = (
  columns: readonly Float32Array[],
  rows: Uint32Array,
  begin: number,
  end: number,
  rng: Rng,
): Split | null => {
  const left = Array.from(columns, (_, column) => column);
  while (left.length > 0) {
    const drawn = rng.below(left.length);
    const column = left[drawn]!;
    left[drawn] = left.at(-1)!;
    left.pop();
    const { least, most, missing, present } = rangeOf(columns[column]!, rows, begin, end);
    if (least < most) {
      const span = finite(most) - finite(least);
      const threshold = Math.fround(finite(least) + rng.uniform() * span);
      // Rounding must not carry it to the greatest value, or all rows would go left.
      return {
        column,
        threshold: threshold >= least && threshold < most ? threshold : least,
        missingLeft: rng.below(2),
      };
    }
    if (missing > 0 && present > 0) return { column, threshold: most, missingLeft: 0 };
  }
  return null;
};

const rangeOf = (column: Float32Array, rows: Uint32Array, begin: number, end: number) => {
  let least = Infinity;
  let most = -Infinity;
  let missing = 0;
  for (let at = begin; at < end; at++) {
    const value = column[rows[at]!]!;
    if (value !== value) missing++;
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most, missing, present: end - begin - missing };
};

/** An infinite value counts as the largest float32. */
const finite = (value: number): number => Math.max(-MAX_FLOAT32, Math.min(MAX_FLOAT32, value));

/** Puts the rows that go left first; answers where the others begin. */
const partition = (
  column: Float32Array,
  rows: Uint32Array,
  begin: number,
  end: number,
  { threshold, missingLeft }: Split,
): number => {
  let middle = begin;
  for (let at = begin; at < end; at++) {
    const row = rows[at]!;
    const value = column[row]!;
    if (value !== value ? missingLeft === 0 : value > threshold) continue;
    rows[at] = rows[middle]!;
    rows[middle++] = row;
  }
  return middle;
};

/** The value of the leaf that a row ends in; `valueOf` gives the row's value of a column. */
export const pathOf = (tree: IsolationTree, valueOf: (column: number) => number): number => {
  const { column, threshold, left, right, missingLeft } = tree;
  let node = 0;
  while (column[node]! >= 0) {
    const value = valueOf(column[node]!);
    const goesLeft = value !== value ? missingLeft[node] === 1 : value <= threshold[node]!;
    node = goesLeft ? left[node]! : right[node]!;
  }
  return tree.value[node]!;
};
