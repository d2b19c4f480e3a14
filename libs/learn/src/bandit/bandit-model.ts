import type { Task } from '../data-set';
import type { KnownIds } from '../factorisation/ids';
import { standardise, type Standardisation } from '../linear/standardise';
import { product } from './posterior';

/** The score of a row: weights of its arm . context + alpha x length of (root of its arm x context). */
export interface BanditModel {
  readonly task: Task;
  readonly features: number;
  /** The feature that holds the arm. */
  readonly column: number;
  readonly arms: KnownIds;
  /** The features that are context; the vector of a row is their standardised values and a 1. */
  readonly context: readonly number[];
  /** Of all features. */
  readonly standardisation: Standardisation;
  /** [arms + 1, context + 1]; the last row is for an arm that was never seen. */
  readonly weights: Float64Array;
  /** [arms + 1, context + 1, context + 1], lower triangles. */
  readonly roots: Float64Array;
  /** 0: the score is the expected reward alone. */
  readonly alpha: number;
}

export const contextOf = (
  { standardisation, context }: Pick<BanditModel, 'standardisation' | 'context'>,
  valueOf: (feature: number) => number,
  into: Float64Array,
): Float64Array => {
  context.forEach((feature, i) => (into[i] = standardise(standardisation, feature, valueOf(feature))));
  into[context.length] = 1;
  return into;
};

/** All in double, rounded to float32 at the end: what the ONNX graph does. */
export const predictBandit = (model: BanditModel, rows: Float32Array): Float64Array => {
  const { features, column, arms, context, weights, roots, alpha } = model;
  const width = context.length + 1;
  const vector = new Float64Array(width);
  return Float64Array.from({ length: rows.length / features }, (_, row) => {
    const arm = arms.placeOf(rows[row * features + column]!);
    contextOf(model, (feature) => rows[row * features + feature]!, vector);
    let expected = 0;
    for (let i = 0; i < width; i++) expected += weights[arm * width + i]! * vector[i]!;
    if (alpha === 0) return Math.fround(expected);
    const root = roots.subarray(arm * width * width, (arm + 1) * width * width);
    const variance = product(root, vector).reduce((sum, part) => sum + part * part, 0);
    return Math.fround(expected + alpha * Math.sqrt(variance));
  });
};

/**
 * [rows, 1, features + 1]: what each feature of the context adds to the arm's score, the arm itself by how far its level is from the
 * mean one, and that mean last. Only where `alpha` is 0: the width of the posterior belongs to no feature.
 */
export const contributionsOfBandit = (
  model: BanditModel,
  meanLevel: number,
  rows: Float32Array,
): Float64Array => {
  const { features, column, arms, context, weights } = model;
  const width = context.length + 1;
  const vector = new Float64Array(width);
  const count = rows.length / features;
  const parts = new Float64Array(count * (features + 1));
  for (let row = 0; row < count; row++) {
    const arm = arms.placeOf(rows[row * features + column]!);
    contextOf(model, (feature) => rows[row * features + feature]!, vector);
    const at = row * (features + 1);
    context.forEach((feature, i) => (parts[at + feature] = weights[arm * width + i]! * vector[i]! + 0));
    parts[at + column] = weights[arm * width + context.length]! - meanLevel;
    parts[at + features] = meanLevel;
  }
  return parts;
};
