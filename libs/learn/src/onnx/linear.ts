import type { LinearModel } from '../linear/linear-model';
import { castTo, doubles, intAttribute, node, OUTPUTS, writeModel } from './model';
import { standardisedInput } from './standardise';

/**
 * Imputation, standardisation, product, link: all in double, so that the answer does not depend on how the runtime orders a float32
 * sum.
 */
export const linearModel = (model: LinearModel, featureNames: readonly string[]): Uint8Array => {
  const { trainer, task, standardisation, coefficients, intercepts } = model;
  const outputs = intercepts.length;
  const input = standardisedInput(standardisation);
  const link = {
    binary: [node('Sigmoid', ['score'], 'answer')],
    multiclass: [node('Softmax', ['score'], 'answer', [intAttribute('axis', 1)])],
  }[task as string];
  return writeModel({
    trainer,
    task,
    featureNames,
    outputs,
    constants: [
      ...input.constants,
      doubles('coefficients', coefficients, [featureNames.length, outputs]),
      doubles('intercepts', intercepts, [1, outputs]),
    ],
    nodes: [
      ...input.nodes,
      node('MatMul', ['standardised', 'coefficients'], 'product'),
      node('Add', ['product', 'intercepts'], 'score'),
      ...(link ?? []),
      castTo('FLOAT', link ? 'answer' : 'score', OUTPUTS[task]),
    ],
  });
};
