import type { onnx } from 'onnx-proto';
import type { FactorModel, Side } from '../factorisation/factor-model';
import { idPlaces } from './ids';
import { castTo, doubles, floats, INPUT, intAttribute, longs, node, OUTPUTS, writeModel } from './model';
import type { GraphPart } from './standardise';

/** Two look-ups, a product and a sum in double; the tables are float32. */
export const factorisationModel = (model: FactorModel, featureNames: readonly string[]): Uint8Array => {
  const { task, factors, mean } = model;
  const sides = [side('user', model.user, factors), side('item', model.item, factors)];
  const product: onnx.INodeProto[] =
    factors === 0
      ? []
      : [
          node('Mul', ['user_vector', 'item_vector'], 'products'),
          node('ReduceSum', ['products', 'factor_axis'], 'product', [intAttribute('keepdims', 1)]),
        ];
  return writeModel({
    trainer: 'matrix-factorisation',
    task,
    featureNames,
    constants: [
      ...sides.flatMap(({ constants }) => constants),
      doubles('mean', [mean], [1, 1]),
      ...(factors === 0 ? [] : [longs('factor_axis', [1])]),
    ],
    nodes: [
      castTo('DOUBLE', INPUT, 'input_double'),
      ...sides.flatMap(({ nodes }) => nodes),
      ...product,
      node('Add', [factors === 0 ? 'mean' : 'product', 'user_bias'], 'with_user'),
      node('Add', ['with_user', 'item_bias'], 'with_item'),
      ...(factors === 0 ? [] : [node('Add', ['with_item', 'mean'], 'sum')]),
      castTo('FLOAT', factors === 0 ? 'with_item' : 'sum', OUTPUTS[task]),
    ],
  });
};

/** `<name>_bias` [rows, 1] and `<name>_vector` [rows, factors], in double. */
const side = (name: string, { column, ids, bias, vectors }: Side, factors: number): GraphPart => {
  const places = idPlaces(name, column, ids);
  const looked = (what: 'bias' | 'vector'): onnx.INodeProto[] => [
    node(
      'Gather',
      [`${name}_${what === 'bias' ? 'biases' : 'vectors'}`, `${name}_place`],
      `${name}_${what}_float`,
      [intAttribute('axis', 0)],
    ),
    castTo('DOUBLE', `${name}_${what}_float`, `${name}_${what}`),
  ];
  return {
    constants: [
      ...places.constants,
      floats(`${name}_biases`, bias, [bias.length, 1]),
      ...(factors === 0 ? [] : [floats(`${name}_vectors`, vectors, [bias.length, factors])]),
    ],
    nodes: [...places.nodes, ...looked('bias'), ...(factors === 0 ? [] : looked('vector'))],
  };
};
