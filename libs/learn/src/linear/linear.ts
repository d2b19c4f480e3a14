import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { fittedLinear } from './fitted';
import type { LinearModel } from './linear-model';
import { dot, solveSymmetric } from './solve';
import { forEachBlock, standardisationOf } from './standardise';

export const LINEAR_PARAMETERS = {
  l2: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e12,
    meaning:
      'weight of the squared coefficients (of standardised features, without the intercept) beside the squared error',
    aka: ['alpha', 'lambda', 'ridge'],
  },
} as const satisfies ParameterSpecs;

/**
 * Ridge regression (Hoerl and Kennard, 1970) on standardised features, missing values as the mean: minimises
 * sum of squared errors + l2 x sum of squared coefficients, by the normal equations. Equals scikit-learn's `Ridge(alpha=l2)` behind
 * `SimpleImputer` and `StandardScaler`.
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
    const matrix = new Float64Array(n * n);
    const vector = new Float64Array(n);
    const centred = new Float64Array(labels.length).map((_, row) => labels[row]! - intercept);
    forEachBlock(standardisation, columns, (block, begin, size) => {
      const targets = centred.subarray(begin, begin + size);
      for (let i = 0; i < n; i++) {
        vector[i]! += dot(block[i]!, targets, size);
        for (let j = 0; j <= i; j++) matrix[i * n + j]! += dot(block[i]!, block[j]!, size);
      }
    });
    for (let i = 0; i < n; i++) matrix[i * n + i]! += parameters.l2;
    const coefficients = solveSymmetric(matrix, vector);
    const model: LinearModel = {
      trainer: 'linear',
      task: 'regression',
      standardisation,
      coefficients,
      intercept,
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
  { standardisation, coefficients, intercept }: LinearModel,
  columns: readonly Float32Array[],
  labels: Float64Array,
): number => {
  let squares = 0;
  forEachBlock(standardisation, columns, (block, begin, size) => {
    for (let row = 0; row < size; row++) {
      let error = intercept - labels[begin + row]!;
      for (let f = 0; f < coefficients.length; f++) error += block[f]![row]! * coefficients[f]!;
      squares += error * error;
    }
  });
  return Math.sqrt(squares / labels.length);
};
