import { exp } from '#kernel';
import { pathOf, type IsolationTree } from './isolation-tree';

/** The score of a row is e^(rate x sum over the trees of the path to its leaf). */
export interface IsolationForest {
  readonly features: number;
  readonly trees: readonly IsolationTree[];
  /** -ln 2 / (trees x c(rows of a tree)), so that the score is 2^(-mean path / c). */
  readonly rate: number;
}

/** Adds in double, rounds to float32 once, then raises in double: what the ONNX graph does. */
export const predictForest = ({ features, trees, rate }: IsolationForest, rows: Float32Array): Float64Array =>
  Float64Array.from({ length: rows.length / features }, (_, row) => {
    let path = 0;
    for (const tree of trees) path += pathOf(tree, (column) => rows[row * features + column]!);
    return Math.fround(exp(rate * Math.fround(path)));
  });

/** How far each feature sets few rows apart from many, over all splits (after Carletti, Terzi and Susto, "DIFFI", 2020). */
export const imbalanceShares = ({ features, trees }: IsolationForest): Float64Array => {
  const sums = new Float64Array(features);
  for (const { column, imbalance } of trees)
    column.forEach((at, node) => at >= 0 && (sums[at]! += imbalance[node]!));
  const total = sums.reduce((sum, each) => sum + each, 0);
  return total > 0 ? sums.map((each) => each / total) : sums;
};
