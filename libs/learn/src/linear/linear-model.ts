import { exp } from '#kernel';
import type { Task } from '../data-set';
import { sigmoid } from '../link';
import type { TrainerKind } from '../trainer';
import { standardise, type Standardisation } from './standardise';

/** Margins, one for each output: intercept + sum of coefficient x standardised feature. */
export interface LinearModel {
  readonly trainer: TrainerKind;
  /** What the margins become: a probability of 1 (binary), of each class (multiclass), or nothing else. */
  readonly task: Task;
  readonly standardisation: Standardisation;
  /** [features, outputs] row after row, of the standardised values. */
  readonly coefficients: Float64Array;
  /** [outputs]. */
  readonly intercepts: Float64Array;
}

/** All in double, rounded to float32 at the end: what the ONNX graph does. */
export const predictLinear = (model: LinearModel, rows: Float32Array): Float64Array => {
  const { task, standardisation, coefficients, intercepts } = model;
  const outputs = intercepts.length;
  const features = coefficients.length / outputs;
  const margins = new Float64Array(outputs);
  const answers = new Float64Array((rows.length / features) * outputs);
  for (let row = 0; row < rows.length / features; row++) {
    margins.fill(0);
    for (let f = 0; f < features; f++) {
      const value = standardise(standardisation, f, rows[row * features + f]!);
      for (let k = 0; k < outputs; k++) margins[k]! += value * coefficients[f * outputs + k]!;
    }
    for (let k = 0; k < outputs; k++) margins[k]! += intercepts[k]!;
    if (task === 'binary') margins[0] = sigmoid(margins[0]!);
    if (task === 'multiclass') softmax(margins);
    for (let k = 0; k < outputs; k++) answers[row * outputs + k] = Math.fround(margins[k]!);
  }
  return answers;
};

const softmax = (margins: Float64Array): void => {
  let most = -Infinity;
  for (const margin of margins) if (margin > most) most = margin;
  let sum = 0;
  for (let k = 0; k < margins.length; k++) sum += margins[k] = exp(margins[k]! - most);
  for (let k = 0; k < margins.length; k++) margins[k]! /= sum;
};

/**
 * What each feature adds to each margin beside its own mean, exact: [rows, outputs, features + 1] row after row, the intercept last.
 * (The Shapley values of a linear model whose features are taken as independent; Lundberg and Lee, 2017.)
 */
export const contributionsOfLinear = (model: LinearModel, rows: Float32Array): Float64Array => {
  const { standardisation, coefficients, intercepts } = model;
  const outputs = intercepts.length;
  const features = coefficients.length / outputs;
  const parts = new Float64Array((rows.length / features) * outputs * (features + 1));
  for (let row = 0, at = 0; row < rows.length / features; row++) {
    for (let k = 0; k < outputs; k++) {
      for (let f = 0; f < features; f++) {
        const value = standardise(standardisation, f, rows[row * features + f]!);
        parts[at++] = value * coefficients[f * outputs + k]! + 0;
      }
      parts[at++] = intercepts[k]!;
    }
  }
  return parts;
};

/** How far each feature moves the margins for one standard deviation, as a share. */
export const magnitudeShares = (coefficients: Float64Array, outputs: number): Float64Array => {
  const magnitudes = new Float64Array(coefficients.length / outputs);
  coefficients.forEach((coefficient, at) => (magnitudes[Math.floor(at / outputs)]! += Math.abs(coefficient)));
  const total = magnitudes.reduce((sum, magnitude) => sum + magnitude, 0);
  return magnitudes.map((magnitude) => (total > 0 ? magnitude / total : 0));
};
