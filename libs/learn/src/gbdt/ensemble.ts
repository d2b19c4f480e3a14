import type { Task } from '../data-set';
import { sigmoid } from '../link';
import { leafOfRow, type Tree } from './tree';

/** Trees whose leaf values add up, from `base`, to a score: the log-odds for a binary task, else the value. */
export interface Ensemble {
  readonly task: Task;
  readonly features: number;
  /** A float32. */
  readonly base: number;
  readonly trees: readonly Tree[];
}

/** Adds in double, rounds to float32 once, then links in double: what the ONNX graph does. */
export const predictEnsemble = (
  { task, features, base, trees }: Ensemble,
  rows: Float32Array,
): Float64Array => {
  const scores = new Float64Array(rows.length / features);
  for (const tree of trees) {
    const { value } = tree;
    for (let row = 0; row < scores.length; row++)
      scores[row]! += value[leafOfRow(tree, rows, row * features)]!;
  }
  return scores.map((score) =>
    task === 'binary' ? Math.fround(sigmoid(Math.fround(score + base))) : Math.fround(score + base),
  );
};

/** The share of each feature in the gain of all splits. */
export const gainImportance = ({ features, trees }: Ensemble): Float64Array => {
  const gains = new Float64Array(features);
  for (const { column, gain } of trees) column.forEach((at, node) => at >= 0 && (gains[at]! += gain[node]!));
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return total > 0 ? gains.map((gain) => gain / total) : gains;
};
