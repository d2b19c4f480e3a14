import { MAX_FLOAT32 } from '../data-set';
import type { LinearModel } from '../linear/linear-model';
import { castTo, doubles, INPUT, node, OUTPUTS, writeModel } from './model';

/**
 * Imputation, standardisation, product, link: all in double, so that large values do not cancel away and the answer does not
 * depend on how the runtime orders a float32 sum.
 */
export const linearModel = (model: LinearModel, featureNames: readonly string[]): Uint8Array => {
  const { trainer, task, standardisation, coefficients, intercept } = model;
  const features = coefficients.length;
  return writeModel({
    trainer,
    task,
    featureNames,
    constants: [
      doubles('mean', standardisation.mean, [1, features]),
      doubles('scale', standardisation.scale, [1, features]),
      doubles('coefficients', coefficients, [features, 1]),
      doubles('intercept', [intercept], [1, 1]),
      doubles('lowest', [-MAX_FLOAT32], []),
      doubles('highest', [MAX_FLOAT32], []),
    ],
    nodes: [
      node('IsNaN', [INPUT], 'missing'),
      castTo('DOUBLE', INPUT, 'input_double'),
      node('Clip', ['input_double', 'lowest', 'highest'], 'finite'),
      node('Where', ['missing', 'mean', 'finite'], 'imputed'),
      node('Sub', ['imputed', 'mean'], 'centred'),
      node('Mul', ['centred', 'scale'], 'standardised'),
      node('MatMul', ['standardised', 'coefficients'], 'product'),
      node('Add', ['product', 'intercept'], 'score'),
      ...(task === 'binary' ? [node('Sigmoid', ['score'], 'answer')] : []),
      castTo('FLOAT', task === 'binary' ? 'answer' : 'score', OUTPUTS[task]),
    ],
  });
};
