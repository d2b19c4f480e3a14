import type { BanditModel } from '../bandit/bandit-model';
import { idPlaces } from './ids';
import { castTo, doubles, intAttribute, longs, node, OUTPUTS, writeModel } from './model';
import { standardisedInput } from './standardise';

/** Looks up what the arm's model knows, and applies it to [context, 1]; all in double. */
export const banditModel = (model: BanditModel, featureNames: readonly string[]): Uint8Array => {
  const { task, column, arms, context, standardisation, weights, roots, alpha } = model;
  const width = context.length + 1;
  const count = arms.ids.length + 1;
  const input = standardisedInput(standardisation);
  const arm = idPlaces('arm', column, arms);
  return writeModel({
    trainer: 'bandit',
    task,
    featureNames,
    constants: [
      ...input.constants,
      ...arm.constants,
      longs('context', [...context]),
      doubles('one', [1], []),
      doubles('weights', weights, [count, width]),
      longs('sum_axis', [1]),
      ...(alpha === 0
        ? []
        : [
            doubles('roots', roots, [count, width, width]),
            doubles('alpha', [alpha], []),
            longs('column_axis', [2]),
          ]),
    ],
    nodes: [
      ...input.nodes,
      ...arm.nodes,
      ...contextNodes(context.length),
      node('Gather', ['weights', 'arm_place'], 'arm_weights', [intAttribute('axis', 0)]),
      node('Mul', ['arm_weights', 'vector'], 'products'),
      node('ReduceSum', ['products', 'sum_axis'], 'expected', [intAttribute('keepdims', 1)]),
      ...(alpha === 0
        ? []
        : [
            node('Gather', ['roots', 'arm_place'], 'arm_root', [intAttribute('axis', 0)]),
            node('Unsqueeze', ['vector', 'column_axis'], 'standing'),
            node('MatMul', ['arm_root', 'standing'], 'spread'),
            node('Mul', ['spread', 'spread'], 'squares'),
            node('ReduceSum', ['squares', 'sum_axis'], 'variance', [intAttribute('keepdims', 0)]),
            node('Sqrt', ['variance'], 'deviation'),
            node('Mul', ['deviation', 'alpha'], 'optimism'),
            node('Add', ['expected', 'optimism'], 'score_double'),
          ]),
      castTo('FLOAT', alpha === 0 ? 'expected' : 'score_double', OUTPUTS[task]),
    ],
  });
};

/** `vector` [rows, context + 1]: the standardised context and a 1. */
const contextNodes = (width: number) => [
  // As many ones as rows.
  castTo('DOUBLE', 'arm_place', 'place_double'),
  node('Sub', ['place_double', 'place_double'], 'zeros'),
  node('Add', ['zeros', 'one'], 'ones_flat'),
  node('Unsqueeze', ['ones_flat', 'sum_axis'], 'ones'),
  ...(width === 0
    ? [node('Identity', ['ones'], 'vector')]
    : [
        node('Gather', ['standardised', 'context'], 'context_values', [intAttribute('axis', 1)]),
        node('Concat', ['context_values', 'ones'], 'vector', [intAttribute('axis', 1)]),
      ]),
];
