import { exp } from '#kernel';

/** A row's probability of the second class. */
export type Logistic = (row: Float64Array) => number;

const ROUNDS = 12;

/**
 * Logistic regression with a ridge of weight 1 on all but the intercept, by Newton's method (iteratively reweighted least squares; McCullagh
 * and Nelder, "Generalized Linear Models", 1989). The same rows give the same bits. Rows should be standardised.
 */
export const fitLogistic = (rows: readonly Float64Array[], isSecond: (row: number) => boolean): Logistic => {
  const width = rows[0]!.length + 1;
  const weights = new Float64Array(width);
  const probabilityOf: Logistic = (row) => {
    let sum = weights[0]!;
    for (let i = 1; i < width; i++) sum += weights[i]! * row[i - 1]!;
    return 1 / (1 + exp(-sum));
  };
  for (let round = 0; round < ROUNDS; round++) {
    const gradient = new Float64Array(width);
    const curvature = Array.from({ length: width }, () => new Float64Array(width));
    const x = new Float64Array(width);
    x[0] = 1;
    for (let row = 0; row < rows.length; row++) {
      x.set(rows[row]!, 1);
      const p = probabilityOf(rows[row]!);
      const error = (isSecond(row) ? 1 : 0) - p;
      const weight = Math.max(p * (1 - p), 1e-9);
      for (let i = 0; i < width; i++) {
        gradient[i]! += error * x[i]!;
        const line = curvature[i]!;
        const scaled = weight * x[i]!;
        for (let j = 0; j <= i; j++) line[j]! += scaled * x[j]!;
      }
    }
    for (let i = 1; i < width; i++) {
      gradient[i]! -= weights[i]!;
      curvature[i]![i]! += 1;
    }
    const step = solve(curvature, gradient);
    const length = Math.sqrt(step.reduce((sum, x) => sum + x * x, 0));
    // Where the two are far apart, a whole step overshoots.
    const scale = Math.min(1, 5 / length);
    for (let i = 0; i < width; i++) weights[i]! += scale * step[i]!;
    if (length < 1e-6) break;
  }
  return probabilityOf;
};

/** By Cholesky's decomposition of the lower triangle, which is positive definite. */
const solve = (lower: readonly Float64Array[], right: Float64Array): Float64Array => {
  const width = right.length;
  for (let i = 0; i < width; i++)
    for (let j = 0; j <= i; j++) {
      let sum = lower[i]![j]!;
      for (let k = 0; k < j; k++) sum -= lower[i]![k]! * lower[j]![k]!;
      lower[i]![j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / lower[j]![j]!;
    }
  const solution = Float64Array.from(right);
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < i; k++) solution[i]! -= lower[i]![k]! * solution[k]!;
    solution[i]! /= lower[i]![i]!;
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let k = i + 1; k < width; k++) solution[i]! -= lower[k]![i]! * solution[k]!;
    solution[i]! /= lower[i]![i]!;
  }
  return solution;
};
