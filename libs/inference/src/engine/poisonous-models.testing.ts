import { onnx } from 'onnx-proto';
import { floats, graphAttribute, longs, modelOf, op, value } from '../check/foreign-models.testing';

/** Models of two features and one `value` that nobody should meet unprepared. */

const { INT64, BOOL, FLOAT } = onnx.TensorProto.DataType;

const scalar = (name: string, elemType: number): onnx.IValueInfoProto => ({
  name,
  type: { tensorType: { elemType, shape: { dim: [] } } },
});

const ends = (output = 'value') => ({ input: [value('input', [-1, 2])], output: [value(output, [-1, 1])] });

/** Adds one to a number so many times: `name` in a scope with `input`. */
const loop = (
  name: string,
  times: number,
): { node: onnx.INodeProto[]; initializer: onnx.ITensorProto[] } => ({
  initializer: [
    longs(`${name}_times`, [], [times]),
    { name: `${name}_go`, dims: [], dataType: BOOL, int32Data: [1] },
    floats(`${name}_zero`, [1, 1], [0]),
    floats(`${name}_one`, [1, 1], [1]),
  ],
  node: [
    op(
      'Loop',
      [`${name}_times`, `${name}_go`, `${name}_zero`],
      [`${name}_turns`],
      [
        graphAttribute('body', {
          name: `${name}_body`,
          input: [scalar(`${name}_i`, INT64), scalar(`${name}_in`, BOOL), value(`${name}_sum`, [1, 1])],
          node: [
            op('Identity', [`${name}_in`], [`${name}_out`]),
            op('Add', [`${name}_sum`, `${name}_one`], [`${name}_next`]),
          ],
          output: [scalar(`${name}_out`, BOOL), value(`${name}_next`, [1, 1])],
        }),
      ],
    ),
    op('ReduceSum', ['input', 'axes'], [`${name}_row`]),
    op('Add', [`${name}_row`, `${name}_turns`], [name]),
  ],
});

/** The sum of the features, and of a loop of so many turns. */
export const looping = (times: number): Buffer => {
  const { node, initializer } = loop('value', times);
  return modelOf({ ...ends(), initializer: [longs('axes', [1], [1]), ...initializer], node });
};

/** An `If` in both branches of an `If` in both branches ...: twice as many graphs with each step. */
export const nestedIfs = (depth: number): Buffer => {
  const branch = (left: number, path: string): onnx.IGraphProto => {
    const out = `v${path}`;
    const node =
      left === 0
        ? [op('Identity', ['row'], [out])]
        : [
            op(
              'If',
              ['yes'],
              [out],
              [
                graphAttribute('then_branch', branch(left - 1, `${path}t`)),
                graphAttribute('else_branch', branch(left - 1, `${path}e`)),
              ],
            ),
          ];
    return { name: `g${path}`, node, output: [value(out, [-1, 1], FLOAT)] };
  };
  return modelOf({
    ...ends(),
    initializer: [longs('axes', [1], [1]), { name: 'yes', dims: [], dataType: BOOL, int32Data: [1] }],
    node: [
      op('ReduceSum', ['input', 'axes'], ['row']),
      ...branch(depth, '').node!,
      op('Identity', ['v'], ['value']),
    ],
  });
};

/** Harmless for rows whose first feature is below 100; one above it, and the batch loops for ever. */
export const loopingOnLargeRows = (times: number): Buffer => {
  const { node, initializer } = loop('slow', times);
  return modelOf({
    ...ends(),
    initializer: [
      longs('axes', [1], [1]),
      longs('all', [2], [0, 1]),
      floats('limit', [], [100]),
      ...initializer,
    ],
    node: [
      op(
        'ReduceMax',
        ['input'],
        ['largest'],
        [{ name: 'keepdims', type: onnx.AttributeProto.AttributeType.INT, i: 0 }],
      ),
      op('Greater', ['largest', 'limit'], ['isLarge']),
      op(
        'If',
        ['isLarge'],
        ['value'],
        [
          graphAttribute('then_branch', { name: 'then', node, output: [value('slow', [-1, 1])] }),
          graphAttribute('else_branch', {
            name: 'else',
            node: [op('ReduceSum', ['input', 'axes'], ['fast'])],
            output: [value('fast', [-1, 1])],
          }),
        ],
      ),
    ],
  });
};
