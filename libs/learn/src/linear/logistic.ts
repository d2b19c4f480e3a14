import { CLASS_WEIGHTS, weightsByClass } from '../class-weights';
import type { ParameterSpecs } from '../parameters';
import { defineTrainer } from '../trainer';
import { fittedLinear } from './fitted';
import { fitBinary } from './logistic-binary';
import { fitMultinomial } from './logistic-multinomial';
import { standardisationOf } from './standardise';

export const LOGISTIC_PARAMETERS = {
  l1: {
    type: 'number',
    default: 0,
    min: 0,
    max: 1e12,
    meaning:
      'weight of the absolute coefficients (of standardised features, without the intercept) beside the summed log loss; drives those of useless features to 0',
    aka: ['lasso', 'reg_alpha', 'lambda_l1'],
  },
  l2: {
    type: 'number',
    default: 1,
    min: 0,
    max: 1e12,
    meaning:
      'half of it is the weight of the squared coefficients (of standardised features, without the intercept) beside the summed log loss',
    aka: ['C', 'lambda', 'alpha', 'reg_lambda'],
  },
  class_weights: CLASS_WEIGHTS,
  max_iterations: {
    type: 'integer',
    default: 100,
    min: 1,
    max: 10000,
    meaning:
      'the greatest number of Newton steps (binary; about ten are usual) or rounds of one step for each class (multiclass)',
    aka: ['max_iter', 'iterations'],
  },
} as const satisfies ParameterSpecs;

/**
 * Logistic regression with the elastic net on standardised features, missing values as the mean: minimises the summed log loss, each
 * row times the weight of its class, + l1 x sum of absolute + l2/2 x sum of squared coefficients, by Newton's method with step
 * halving; with l1 each step is a coordinate descent (proximal Newton; Friedman, Hastie and Tibshirani, 2010). Several classes have
 * a margin each (softmax). Equals scikit-learn's `LogisticRegression(C=1/(l1 + l2), l1_ratio=l1/(l1 + l2))` behind `SimpleImputer` and
 * `StandardScaler`.
 */
export const logistic = defineTrainer({
  kind: 'logistic',
  tasks: ['binary', 'multiclass'],
  parameters: LOGISTIC_PARAMETERS,
  learn(fit) {
    const { task, columns, parameters } = fit;
    const standardisation = standardisationOf(columns);
    const classes = task === 'binary' ? 2 : fit.classes;
    const problem = {
      standardisation,
      l1: parameters.l1,
      l2: parameters.l2,
      weightOf: weightsByClass(parameters.class_weights, classes),
      iterations: parameters.max_iterations,
      checkpoint: fit.checkpoint,
    };
    const margins = task === 'binary' ? fitBinary(fit, problem) : fitMultinomial(fit, problem);
    return fittedLinear({ trainer: 'logistic', task, standardisation, ...margins }, fit.featureNames);
  },
});
