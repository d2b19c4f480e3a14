import { onnx } from 'onnx-proto';

/** Model files as they come from elsewhere: other names, other outputs, and some that nobody should load. */

const { FLOAT, INT64, DOUBLE } = onnx.TensorProto.DataType;
export const FLOATS = FLOAT;
export const DOUBLES = DOUBLE;
const { AttributeType } = onnx.AttributeProto;

export const value = (
  name: string,
  dims: readonly number[],
  elemType: number = FLOAT,
): onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: dims.map((size) => (size < 0 ? { dimParam: 'n' } : { dimValue: size })) },
    },
  },
});

export const op = (
  opType: string,
  input: string[],
  output: string[],
  attribute: onnx.IAttributeProto[] = [],
  domain = '',
): onnx.INodeProto => ({ opType, input, output, attribute, domain });

export const int = (name: string, i: number): onnx.IAttributeProto => ({ name, type: AttributeType.INT, i });
export const ints = (name: string, values: number[]): onnx.IAttributeProto => ({
  name,
  type: AttributeType.INTS,
  ints: values,
});
export const graphAttribute = (name: string, g: onnx.IGraphProto): onnx.IAttributeProto => ({
  name,
  type: AttributeType.GRAPH,
  g,
});

export const floats = (name: string, dims: number[], data: number[]): onnx.ITensorProto => ({
  name,
  dims,
  dataType: FLOAT,
  floatData: data,
});
export const longs = (name: string, dims: number[], data: number[]): onnx.ITensorProto => ({
  name,
  dims,
  dataType: INT64,
  int64Data: data,
});

export const modelOf = (graph: onnx.IGraphProto, over: onnx.IModelProto = {}): Buffer =>
  Buffer.from(
    onnx.ModelProto.encode({
      irVersion: 8,
      producerName: 'elsewhere',
      opsetImport: [
        { domain: '', version: 17 },
        { domain: 'ai.onnx.ml', version: 3 },
      ],
      graph: { name: 'g', ...graph },
      ...over,
    }).finish(),
  );

/** As skl2onnx writes a classifier of two features and `classes` classes: softmax of a linear map of them. */
export const classifier = (classes: number, { zipped = false, type = FLOAT as number } = {}): Buffer => {
  const weights = Array.from({ length: 2 * classes }, (_, k) => k / 4 - 0.5);
  const x = type === DOUBLE ? 'x' : 'float_input';
  return modelOf({
    input: [value('float_input', [-1, 2], type)],
    initializer: [floats('w', [2, classes], weights)],
    node: [
      ...(type === DOUBLE ? [op('Cast', ['float_input'], ['x'], [int('to', FLOAT)])] : []),
      op('MatMul', [x, 'w'], ['margin']),
      op('Softmax', ['margin'], ['probabilities'], [int('axis', 1)]),
      op('ArgMax', ['probabilities'], ['label'], [int('axis', 1), int('keepdims', 0)]),
      ...(zipped
        ? [
            op(
              'ZipMap',
              ['probabilities'],
              ['output_probability'],
              [
                ints(
                  'classlabels_int64s',
                  Array.from({ length: classes }, (_, k) => k),
                ),
              ],
              'ai.onnx.ml',
            ),
          ]
        : []),
    ],
    output: [
      value('label', [-1], INT64),
      zipped
        ? { name: 'output_probability', type: { sequenceType: zippedType } }
        : value('probabilities', [-1, classes]),
    ],
  });
};

const zippedType: onnx.TypeProto.ISequence = {
  elemType: { mapType: { keyType: INT64, valueType: { tensorType: { elemType: FLOAT } } } },
};

/** What `classifier` answers, computed the long way. */
export const classifierAnswers = (classes: number, row: readonly [number, number]): number[] => {
  const margins = Array.from(
    { length: classes },
    (_, k) => row[0] * (k / 4 - 0.5) + row[1] * ((classes + k) / 4 - 0.5),
  );
  const exps = margins.map((margin) => Math.exp(margin));
  const sum = exps.reduce((a, b) => a + b);
  return exps.map((each) => each / sum);
};

/** A sum of the features under foreign names, [-1] or [-1, 1]. */
export const summing = (name: string, dims: readonly number[], type: number = FLOAT): Buffer =>
  modelOf({
    input: [value('X', [-1, 2])],
    initializer: [longs('axes', [1], [1])],
    node: [
      op('ReduceSum', ['X', 'axes'], ['sum'], [int('keepdims', dims.length - 1)]),
      op('Cast', ['sum'], [name], [int('to', type)]),
    ],
    output: [value(name, dims, type)],
  });

/** Begins with a product of two matrices that takes a very long time, and much memory with a greater `size`. */
export const hanging = (size: number, times: number): Buffer =>
  modelOf({
    input: [value('input', [-1, 2])],
    initializer: [longs('shape', [2], [size, size]), longs('axes', [2], [0, 1])],
    node: [
      op('ReduceSum', ['input', 'axes'], ['seed'], [int('keepdims', 0)]),
      op('Expand', ['seed', 'shape'], ['m0']),
      ...Array.from({ length: times }, (_, k) => op('MatMul', [`m${k}`, `m${k}`], [`m${k + 1}`])),
      op('ReduceSum', [`m${times}`, 'axes'], ['total'], [int('keepdims', 0)]),
      op('ReduceSum', ['input', 'one'], ['row'], [int('keepdims', 1)]),
      op('Add', ['row', 'total'], ['value']),
      op('Constant', [], ['one'], [{ name: 'value_ints', type: AttributeType.INTS, ints: [1] }]),
    ].sort((a, b) => Number(b.opType === 'Constant') - Number(a.opType === 'Constant')),
    output: [value('value', [-1, 1])],
  });
