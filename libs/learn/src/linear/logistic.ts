import { logit, logLossOfScore, sigmoid } from '../link';
import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { fittedLinear } from './fitted';
import { dot, solveSymmetric } from './solve';
import { BLOCK, forEachBlock, standardisationOf, type Standardisation } from './standardise';

export const LOGISTIC_PARAMETERS = {
  l2: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e12,
    meaning:
      'half of it is the weight of the squared coefficients (of standardised features, without the intercept) beside the summed log loss',
    aka: ['C', 'lambda', 'alpha', 'reg_lambda'],
  },
  max_iterations: {
    type: 'integer',
    default: 100,
    min: 1,
    max: 10000,
    meaning: 'the greatest number of Newton steps; about ten are usual',
    aka: ['max_iter', 'iterations'],
  },
} as const satisfies ParameterSpecs;

/**
 * Logistic regression on standardised features, missing values as the mean: minimises the summed log loss + l2/2 x sum of squared
 * coefficients by Newton's method with step halving (iteratively reweighted least squares; McCullagh and Nelder, 1989).
 * Equals scikit-learn's `LogisticRegression(C=1/l2)` behind `SimpleImputer` and `StandardScaler`.
 */
export const logistic = defineTrainer({
  kind: 'logistic',
  tasks: ['binary'],
  parameters: LOGISTIC_PARAMETERS,
  learn(fit) {
    const { columns, labels, validation, parameters } = fit;
    const { l2, max_iterations: iterations } = parameters;
    const standardisation = standardisationOf(columns);
    let weights = new Float64Array(columns.length + 1);
    weights[columns.length] = logit(labels.reduce((sum, label) => sum + label, 0) / labels.length);
    fit.checkpoint();
    let here = expand(standardisation, columns, labels, weights, l2);
    for (let iteration = 1, done = false; iteration <= iterations && !done; iteration++) {
      fit.checkpoint();
      const step = solveSymmetric(here.hessian, here.gradient);
      const decrement = dot(step, here.gradient, step.length);
      let next = expand(standardisation, columns, labels, moved(weights, step, 1), l2);
      let length = 1;
      while (!(next.loss <= here.loss) && length > SHORTEST_STEP) {
        fit.checkpoint();
        length /= 2;
        next = expand(standardisation, columns, labels, moved(weights, step, length), l2);
      }
      // At the optimum, rounding decides whether the loss still falls.
      if (next.loss <= here.loss) weights = moved(weights, step, length);
      done = !(next.loss <= here.loss) || decrement <= 1e-12 * (1 + here.loss);
      here = next;
      fit.report(() => ({
        iteration,
        iterations,
        metric: 'log_loss',
        train: here.logLoss / labels.length,
        ...(validation ? { validation: meanLogLoss(standardisation, validation, weights) } : {}),
      }));
    }
    const coefficients = weights.slice(0, columns.length);
    const model = {
      trainer: 'logistic',
      task: 'binary',
      standardisation,
      coefficients,
      intercept: weights[columns.length]!,
    } as const;
    return fittedLinear(model, fit.featureNames);
  },
});

const SHORTEST_STEP = 1e-4;

const moved = (weights: Float64Array, step: Float64Array, length: number): Float64Array<ArrayBuffer> =>
  new Float64Array(weights.length).map((_, i) => weights[i]! + length * step[i]!);

interface Expansion {
  /** With the penalty. */
  readonly loss: number;
  /** Summed over the rows, without the penalty. */
  readonly logLoss: number;
  /** Downhill: minus the gradient. */
  readonly gradient: Float64Array;
  readonly hessian: Float64Array;
}

/** The loss around `weights` (the intercept last), to the second order. */
const expand = (
  standardisation: Standardisation,
  columns: readonly Float32Array[],
  labels: Float64Array,
  weights: Float64Array,
  l2: number,
): Expansion => {
  const n = weights.length;
  const gradient = new Float64Array(n);
  const hessian = new Float64Array(n * n);
  let logLoss = 0;
  const scores = new Float64Array(BLOCK);
  const residuals = new Float64Array(BLOCK);
  const curvatures = new Float64Array(BLOCK);
  const weighted = new Float64Array(BLOCK);
  forEachBlock(standardisation, columns, (block, begin, size) => {
    addScores(block, weights, size, scores);
    for (let i = 0; i < size; i++) {
      const label = labels[begin + i]!;
      const probability = sigmoid(scores[i]!);
      logLoss += logLossOfScore(label, scores[i]!);
      residuals[i] = label - probability;
      curvatures[i] = probability * (1 - probability);
    }
    for (let f = 0; f < n; f++) {
      const feature = block[f]!;
      gradient[f]! += dot(feature, residuals, size);
      for (let i = 0; i < size; i++) weighted[i] = feature[i]! * curvatures[i]!;
      for (let g = 0; g <= f; g++) hessian[f * n + g]! += dot(weighted, block[g]!, size);
    }
  });
  let penalty = 0;
  for (let f = 0; f < n - 1; f++) {
    penalty += (l2 / 2) * weights[f]! * weights[f]!;
    gradient[f]! -= l2 * weights[f]!;
    hessian[f * n + f]! += l2;
  }
  return { loss: logLoss + penalty, logLoss, gradient, hessian };
};

const addScores = (
  block: readonly Float64Array[],
  weights: Float64Array,
  size: number,
  scores: Float64Array,
): void => {
  scores.fill(0);
  for (let f = 0; f < weights.length; f++) {
    const weight = weights[f]!;
    const feature = block[f]!;
    for (let i = 0; i < size; i++) scores[i]! += weight * feature[i]!;
  }
};

const meanLogLoss = (
  standardisation: Standardisation,
  { columns, labels }: { readonly columns: readonly Float32Array[]; readonly labels: Float64Array },
  weights: Float64Array,
): number => {
  let sum = 0;
  const scores = new Float64Array(BLOCK);
  forEachBlock(standardisation, columns, (block, begin, size) => {
    addScores(block, weights, size, scores);
    for (let i = 0; i < size; i++) sum += logLossOfScore(labels[begin + i]!, scores[i]!);
  });
  return sum / labels.length;
};
