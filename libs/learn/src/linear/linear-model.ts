import type { Task } from '../data-set';
import { sigmoid } from '../link';
import type { TrainerKind } from '../trainer';
import { standardise, type Standardisation } from './standardise';

/** intercept + sum of coefficient x standardised feature; the log-odds for a binary task, else the value. */
export interface LinearModel {
  readonly trainer: TrainerKind;
  readonly task: Task;
  readonly standardisation: Standardisation;
  /** By feature, of the standardised values. */
  readonly coefficients: Float64Array;
  readonly intercept: number;
}

/** All in double, rounded to float32 at the end: what the ONNX graph does. */
export const predictLinear = (
  { task, standardisation, coefficients, intercept }: LinearModel,
  rows: Float32Array,
): Float64Array => {
  const features = coefficients.length;
  const answers = new Float64Array(rows.length / features);
  for (let row = 0; row < answers.length; row++) {
    let score = 0;
    for (let f = 0; f < features; f++)
      score += standardise(standardisation, f, rows[row * features + f]!) * coefficients[f]!;
    answers[row] = Math.fround(task === 'binary' ? sigmoid(score + intercept) : score + intercept);
  }
  return answers;
};

/** How far each feature moves the score for one standard deviation, as a share. */
export const magnitudeShares = (coefficients: Float64Array): Float64Array => {
  const total = coefficients.reduce((sum, coefficient) => sum + Math.abs(coefficient), 0);
  return coefficients.map((coefficient) => (total > 0 ? Math.abs(coefficient) / total : 0));
};
