import type { LinearModel } from './linear-model';
import { minimise } from './elastic-net';
import { dot, solveSymmetric } from './solve';
import { BLOCK, type Standardisation } from './standardise';

/** What is minimised, beside the rows. */
export interface LogisticProblem {
  readonly standardisation: Standardisation;
  readonly l1: number;
  readonly l2: number;
  /** How many times a row counts, by its class. */
  readonly weightOf: Float64Array;
  readonly iterations: number;
  checkpoint(): void;
}

export interface Rows {
  readonly columns: readonly Float32Array[];
  readonly labels: Float64Array;
}

export type Margins = Pick<LinearModel, 'coefficients' | 'intercepts'>;

export const SHORTEST_STEP = 1e-4;

/** Where the second-order expansion around `weights` (the intercept last, not penalised) has its minimum. */
export interface Step {
  readonly step: Float64Array;
  /** How much lower the expansion says that the loss is there. */
  readonly decrease: number;
}

/** `downhill` is minus the gradient of all but l1; `hessian` (lower triangle) is overwritten. */
export const newtonStep = (
  downhill: Float64Array,
  hessian: Float64Array,
  weights: Float64Array,
  { l1, checkpoint }: LogisticProblem,
): Step => {
  if (l1 === 0) {
    const step = solveSymmetric(hessian, downhill);
    return { step, decrease: dot(step, downhill, step.length) };
  }
  const n = weights.length;
  const b = downhill.map((value, i) => {
    let sum = value;
    for (let j = 0; j < n; j++) sum += hessian[i > j ? i * n + j : j * n + i]! * weights[j]!;
    return sum;
  });
  const target = minimise({ a: hessian, b, l1, penalised: n - 1 }, weights, checkpoint);
  const step = target.map((value, i) => value - weights[i]!);
  const decrease = dot(step, downhill, n) - l1 * (magnitude(target) - magnitude(weights));
  return { step, decrease };
};

/** l1 x sum of absolute + l2/2 x sum of squared weights, without the last. */
export const penaltyOf = (weights: Float64Array, { l1, l2 }: LogisticProblem): number => {
  let squares = 0;
  for (let f = 0; f < weights.length - 1; f++) squares += weights[f]! * weights[f]!;
  return (l2 / 2) * squares + (l1 === 0 ? 0 : l1 * magnitude(weights));
};

const magnitude = (weights: Float64Array): number => {
  let sum = 0;
  for (let f = 0; f < weights.length - 1; f++) sum += Math.abs(weights[f]!);
  return sum;
};

export const moved = (weights: Float64Array, step: Float64Array, length: number): Float64Array<ArrayBuffer> =>
  new Float64Array(weights.length).map((_, i) => weights[i]! + length * step[i]!);

/** scores[i] = sum of weights x features of row i of the block; the last weight meets the column of ones. */
export const blockScores = (
  block: readonly Float64Array[],
  weights: Float64Array,
  size: number,
  scores: Float64Array,
): void => {
  scores.fill(0);
  for (let f = 0; f < weights.length; f++) {
    const weight = weights[f]!;
    if (weight === 0) continue;
    const feature = block[f]!;
    for (let i = 0; i < size; i++) scores[i]! += weight * feature[i]!;
  }
};

/** Adds a block to gradient and hessian (lower triangle), given each row's residual and curvature. */
export const addBlock = (
  block: readonly Float64Array[],
  size: number,
  residuals: Float64Array,
  curvatures: Float64Array,
  [weighted, weightedNext]: readonly [Float64Array, Float64Array],
  downhill: Float64Array,
  hessian: Float64Array,
): void => {
  const n = downhill.length;
  for (let f = 0; f < n; f++) downhill[f]! += dot(block[f]!, residuals, size);
  // Two rows of the matrix at a time, two columns at a time: each number that is read serves twice.
  for (let f = 0; f < n; f += 2) {
    multiply(block[f]!, curvatures, size, weighted);
    if (f + 1 === n) {
      for (let g = 0; g <= f; g++) hessian[f * n + g]! += dot(weighted, block[g]!, size);
      return;
    }
    multiply(block[f + 1]!, curvatures, size, weightedNext);
    for (let g = 0; g <= f; g += 2)
      addFour(weighted, weightedNext, block[g]!, block[g + 1]!, size, hessian, f * n + g, (f + 1) * n + g);
  }
};

const multiply = (a: Float64Array, b: Float64Array, size: number, into: Float64Array): void => {
  for (let i = 0; i < size; i++) into[i] = a[i]! * b[i]!;
};

/** a.c and a.d to `into[at]` and the one behind, b.c and b.d to `into[below]` and the one behind. */
const addFour = (
  a: Float64Array,
  b: Float64Array,
  c: Float64Array,
  d: Float64Array,
  size: number,
  into: Float64Array,
  at: number,
  below: number,
): void => {
  let ac = 0;
  let ad = 0;
  let bc = 0;
  let bd = 0;
  let acNext = 0;
  let adNext = 0;
  let bcNext = 0;
  let bdNext = 0;
  let i = 0;
  for (; i + 1 < size; i += 2) {
    const a0 = a[i]!;
    const a1 = a[i + 1]!;
    const b0 = b[i]!;
    const b1 = b[i + 1]!;
    const c0 = c[i]!;
    const c1 = c[i + 1]!;
    const d0 = d[i]!;
    const d1 = d[i + 1]!;
    ac += a0 * c0;
    ad += a0 * d0;
    bc += b0 * c0;
    bd += b0 * d0;
    acNext += a1 * c1;
    adNext += a1 * d1;
    bcNext += b1 * c1;
    bdNext += b1 * d1;
  }
  if (i < size) {
    ac += a[i]! * c[i]!;
    ad += a[i]! * d[i]!;
    bc += b[i]! * c[i]!;
    bd += b[i]! * d[i]!;
  }
  into[at]! += ac + acNext;
  into[at + 1]! += ad + adNext;
  into[below]! += bc + bcNext;
  into[below + 1]! += bd + bdNext;
};

/** Room for `addBlock`. */
export const pairOfBlocks = (): readonly [Float64Array, Float64Array] => [
  new Float64Array(BLOCK),
  new Float64Array(BLOCK),
];

/** Adds the l2 term to both. */
export const addRidge = (
  weights: Float64Array,
  l2: number,
  downhill: Float64Array,
  hessian: Float64Array,
): void => {
  const n = weights.length;
  for (let f = 0; f < n - 1; f++) {
    downhill[f]! -= l2 * weights[f]!;
    hessian[f * n + f]! += l2;
  }
};
