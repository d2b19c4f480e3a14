/** A decision tree in parallel arrays; node 0 is the root, children have greater numbers than their parent. */
export interface Tree {
  /** The column that a node looks at, or -1 in a leaf. */
  readonly column: Int32Array;
  /** A row goes left if its float32 value is <= the threshold (a float32, too). */
  readonly threshold: Float32Array;
  /** Where it is not null: a row goes left if its value is one of these, whatever the threshold. */
  readonly categories: readonly (Float32Array | null)[];
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** What a leaf adds to the score (float32 values); 0 elsewhere. */
  readonly value: Float32Array;
  /** What the split of a node gained; 0 in a leaf. */
  readonly gain: Float64Array;
  /** How many of the rows that the tree was grown on reached a node. */
  readonly cover: Float64Array;
}

/** What a node asks of a row. */
export interface Question {
  readonly column: number;
  readonly threshold: number;
  readonly categories: Float32Array | null;
  readonly missingLeft: boolean;
  readonly gain: number;
}

const NO_QUESTION: Question = { column: -1, threshold: 0, categories: null, missingLeft: false, gain: 0 };

/** Grows by a split or a leaf at a time. */
export class TreeBuilder {
  private readonly nodes: (Question & { cover: number; left: number; right: number; value: number })[] = [];

  /** A new leaf worth nothing yet, reached by `cover` rows; answers its number. */
  addLeaf(cover: number): number {
    this.nodes.push({ ...NO_QUESTION, cover, left: 0, right: 0, value: 0 });
    return this.nodes.length - 1;
  }

  setValue(leaf: number, value: number): void {
    this.nodes[leaf]!.value = value;
  }

  /** Makes a leaf a split between two leaves. */
  split(leaf: number, question: Question, left: number, right: number): void {
    Object.assign(this.nodes[leaf]!, question, { left, right });
  }

  build(): Tree {
    const { nodes } = this;
    return {
      column: Int32Array.from(nodes, (node) => node.column),
      threshold: Float32Array.from(nodes, (node) => node.threshold),
      categories: nodes.map((node) => node.categories),
      left: Int32Array.from(nodes, (node) => node.left),
      right: Int32Array.from(nodes, (node) => node.right),
      missingLeft: Uint8Array.from(nodes, (node) => (node.missingLeft ? 1 : 0)),
      value: Float32Array.from(nodes, (node) => node.value),
      gain: Float64Array.from(nodes, (node) => node.gain),
      cover: Float64Array.from(nodes, (node) => node.cover),
    };
  }
}

/** Where a row with this value goes from a node that is no leaf. */
export const goesLeft = (tree: Tree, node: number, value: number): boolean => {
  if (value !== value) return tree.missingLeft[node] === 1;
  const categories = tree.categories[node]!;
  return categories === null ? value <= tree.threshold[node]! : categories.includes(value);
};

/** The leaf that a row of a row-major table ends in; the row's first value is at `start`. */
export const leafOfRow = (tree: Tree, rows: Float32Array, start: number): number => {
  const { column, left, right } = tree;
  let node = 0;
  for (let at = column[0]!; at >= 0; at = column[node]!) {
    node = goesLeft(tree, node, rows[start + at]!) ? left[node]! : right[node]!;
  }
  return node;
};

/** The leaf that row `row` of a table of columns ends in. */
export const leafOfColumns = (tree: Tree, columns: readonly Float32Array[], row: number): number => {
  const { column, left, right } = tree;
  let node = 0;
  for (let at = column[0]!; at >= 0; at = column[node]!) {
    node = goesLeft(tree, node, columns[at]![row]!) ? left[node]! : right[node]!;
  }
  return node;
};
