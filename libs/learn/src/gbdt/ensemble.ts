import { exp } from '#kernel';
import type { Task } from '../data-set';
import { sigmoid } from '../link';
import { leafOfRow, type Tree } from './tree';

/** Trees whose leaf values add up, from the base, to scores: log-odds for classes, else what is asked for. */
export interface Ensemble {
  readonly task: Task;
  readonly features: number;
  /** For each output; float32s. */
  readonly base: readonly number[];
  /** Round by round; tree t belongs to the output t % base.length. */
  readonly trees: readonly Tree[];
}

/** Adds in double, rounds to float32 once, then links in double: what the ONNX graph does. Answers [rows, outputs]. */
export const predictEnsemble = (ensemble: Ensemble, rows: Float32Array): Float64Array => {
  const { task, features, base, trees } = ensemble;
  const outputs = base.length;
  const scores = new Float64Array((rows.length / features) * outputs);
  trees.forEach((tree, t) => {
    const { value } = tree;
    for (let at = t % outputs, start = 0; at < scores.length; at += outputs, start += features)
      scores[at]! += value[leafOfRow(tree, rows, start)]!;
  });
  const margins = scores.map((score, at) => Math.fround(score + base[at % outputs]!));
  if (task === 'binary') return margins.map((margin) => Math.fround(sigmoid(margin)));
  return task === 'multiclass' ? softmaxOf(margins, outputs) : margins;
};

const softmaxOf = (margins: Float64Array, classes: number): Float64Array => {
  for (let start = 0; start < margins.length; start += classes) {
    const row = margins.subarray(start, start + classes);
    const greatest = row.reduce((most, margin) => Math.max(most, margin), -Infinity);
    const odds = row.map((margin) => exp(margin - greatest));
    const sum = odds.reduce((total, each) => total + each, 0);
    row.set(odds.map((each) => Math.fround(each / sum)));
  }
  return margins;
};

/** The share of each feature in the gain of all splits. */
export const gainImportance = ({ features, trees }: Ensemble): Float64Array => {
  const gains = new Float64Array(features);
  for (const { column, gain } of trees) column.forEach((at, node) => at >= 0 && (gains[at]! += gain[node]!));
  const total = gains.reduce((sum, gain) => sum + gain, 0);
  return total > 0 ? gains.map((gain) => gain / total) : gains;
};
