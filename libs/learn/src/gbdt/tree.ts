/** A decision tree in parallel arrays; node 0 is the root, children have greater numbers than their parent. */
export interface Tree {
  /** The column that a node looks at, or -1 in a leaf. */
  readonly column: Int32Array;
  /** A row goes left if its float32 value is <= the threshold (a float32, too). */
  readonly threshold: Float32Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** 1 where a missing value goes left. */
  readonly missingLeft: Uint8Array;
  /** What a leaf adds to the score (float32 values); 0 elsewhere. */
  readonly value: Float32Array;
  /** What the split of a node gained; 0 in a leaf. */
  readonly gain: Float64Array;
}

/** Grows by a split or a leaf at a time. */
export class TreeBuilder {
  private readonly nodes: {
    column: number;
    threshold: number;
    left: number;
    right: number;
    missingLeft: boolean;
    value: number;
    gain: number;
  }[] = [];

  /** A new leaf worth nothing yet; answers its number. */
  addLeaf(): number {
    this.nodes.push({ column: -1, threshold: 0, left: 0, right: 0, missingLeft: false, value: 0, gain: 0 });
    return this.nodes.length - 1;
  }

  setValue(leaf: number, value: number): void {
    this.nodes[leaf]!.value = value;
  }

  /** Makes a leaf a split and gives it two new leaves; answers their numbers. */
  split(
    leaf: number,
    split: { column: number; threshold: number; missingLeft: boolean; gain: number },
  ): [left: number, right: number] {
    const left = this.addLeaf();
    const right = this.addLeaf();
    Object.assign(this.nodes[leaf]!, split, { left, right });
    return [left, right];
  }

  build(): Tree {
    return {
      column: Int32Array.from(this.nodes, (node) => node.column),
      threshold: Float32Array.from(this.nodes, (node) => node.threshold),
      left: Int32Array.from(this.nodes, (node) => node.left),
      right: Int32Array.from(this.nodes, (node) => node.right),
      missingLeft: Uint8Array.from(this.nodes, (node) => (node.missingLeft ? 1 : 0)),
      value: Float32Array.from(this.nodes, (node) => node.value),
      gain: Float64Array.from(this.nodes, (node) => node.gain),
    };
  }
}

/** The leaf that a row of a row-major table ends in; the row's first value is at `start`. */
export const leafOfRow = (tree: Tree, rows: Float32Array, start: number): number => {
  const { column, threshold, left, right, missingLeft } = tree;
  let node = 0;
  for (let at = column[0]!; at >= 0; at = column[node]!) {
    const value = rows[start + at]!;
    const goesLeft = value !== value ? missingLeft[node] === 1 : value <= threshold[node]!;
    node = goesLeft ? left[node]! : right[node]!;
  }
  return node;
};

/** The leaf that row `row` of a table of columns ends in. */
export const leafOfColumns = (tree: Tree, columns: readonly Float32Array[], row: number): number => {
  const { column, threshold, left, right, missingLeft } = tree;
  let node = 0;
  for (let at = column[0]!; at >= 0; at = column[node]!) {
    const value = columns[at]![row]!;
    const goesLeft = value !== value ? missingLeft[node] === 1 : value <= threshold[node]!;
    node = goesLeft ? left[node]! : right[node]!;
  }
  return node;
};
