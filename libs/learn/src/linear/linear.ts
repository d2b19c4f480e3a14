import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { minimise } from './elastic-net';
import { fittedLinear } from './fitted';
import type { LinearModel } from './linear-model';
import { dot } from './solve';
import { forEachBlock, standardisationOf } from './standardise';

export const LINEAR_PARAMETERS = {
  l1: {
    type: 'number',
    default: 0,
    min: 0,
    max: 1e12,
    meaning:
      'weight of the absolute coefficients (of standardised features, without the intercept) beside half of the squared error; drives those of useless features to 0',
    aka: ['lasso', 'reg_alpha', 'lambda_l1'],
  },
  l2: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e12,
    meaning:
      'half of it is the weight of the squared coefficients (of standardised features, without the intercept) beside half of the squared error',
    aka: ['alpha', 'lambda', 'ridge'],
  },
} as const satisfies ParameterSpecs;

/**
 * Linear regression with the elastic net (Zou and Hastie, 2005) on standardised features, missing values as the mean: minimises
 * half the sum of squared errors + l1 x sum of absolute + l2/2 x sum of squared coefficients, from the products of all pairs of
 * columns. Equals scikit-learn's `Ridge(alpha=l2)`, and `ElasticNet(alpha=(l1 + l2)/rows, l1_ratio=l1/(l1 + l2))`, behind `SimpleImputer` and
 * `StandardScaler`.
 */
export const linear = defineTrainer({
  kind: 'linear',
  tasks: ['regression'],
  parameters: LINEAR_PARAMETERS,
  learn(fit) {
    const { columns, labels, parameters, validation } = fit;
    fit.checkpoint();
    const standardisation = standardisationOf(columns);
    const n = columns.length;
    const intercept = labels.reduce((sum, label) => sum + label / labels.length, 0);
    const a = new Float64Array(n * n);
    const b = new Float64Array(n);
    const centred = labels.map((label) => label - intercept);
    forEachBlock(standardisation, columns, (block, begin, size) => {
      const targets = centred.subarray(begin, begin + size);
      for (let i = 0; i < n; i++) {
        b[i]! += dot(block[i]!, targets, size);
        for (let j = 0; j <= i; j++) a[i * n + j]! += dot(block[i]!, block[j]!, size);
      }
    });
    for (let i = 0; i < n; i++) a[i * n + i]! += parameters.l2;
    const coefficients = minimise(
      { a, b, l1: parameters.l1, penalised: n },
      new Float64Array(n),
      fit.checkpoint,
    );
    const model: LinearModel = {
      trainer: 'linear',
      task: 'regression',
      standardisation,
      coefficients,
      intercepts: Float64Array.of(intercept),
    };
    const rmse = (set: { columns: readonly Float32Array[]; labels: Float64Array }): number =>
      rmseOf(model, set.columns, set.labels);
    fit.report(() => ({
      iteration: 1,
      iterations: 1,
      metric: 'rmse',
      train: rmse({ columns, labels }),
      ...(validation ? { validation: rmse(validation) } : {}),
    }));
    return fittedLinear(model, fit.featureNames);
  },
});

const rmseOf = (
  { standardisation, coefficients, intercepts }: LinearModel,
  columns: readonly Float32Array[],
  labels: Float64Array,
): number => {
  let squares = 0;
  forEachBlock(standardisation, columns, (block, begin, size) => {
    for (let row = 0; row < size; row++) {
      let error = intercepts[0]! - labels[begin + row]!;
      for (let f = 0; f < coefficients.length; f++) error += block[f]![row]! * coefficients[f]!;
      squares += error * error;
    }
  });
  return Math.sqrt(squares / labels.length);
};
