import { onnx } from 'onnx-proto';
import type { Task } from '../data-set';
import type { TrainerKind } from '../trainer';

/**
 * One way to write a model, so that the same model is the same bytes: fixed versions, names given by us, no time stamps. Every
 * model has one input `input` FP32 [-1, features] (NaN = missing) and one output FP32 [-1, 1] ([-1, classes] for multiclass), named by its task.
 */
const IR_VERSION = 8;
const OPSET = 17;
const ML_OPSET = 3;

export const INPUT = 'input';
export const OUTPUTS: Readonly<Record<Task, string>> = {
  binary: 'probability',
  multiclass: 'probabilities',
  regression: 'value',
  anomaly: 'score',
  ranking: 'score',
};

export interface ModelContent {
  readonly trainer: TrainerKind;
  readonly task: Task;
  readonly featureNames: readonly string[];
  /** Width of the output; 1 if not said. */
  readonly outputs?: number;
  readonly nodes: onnx.INodeProto[];
  readonly constants: onnx.ITensorProto[];
}

/** The bytes of a model; its metadata say `task`, `trainer` and `features` (a JSON array of names). */
export const writeModel = ({
  trainer,
  task,
  featureNames,
  outputs = 1,
  nodes,
  constants,
}: ModelContent): Uint8Array =>
  onnx.ModelProto.encode({
    irVersion: IR_VERSION,
    producerName: 'playhead',
    opsetImport: [
      { domain: '', version: OPSET },
      { domain: ML_DOMAIN, version: ML_OPSET },
    ],
    graph: {
      name: 'model',
      node: nodes.map((node, index) => ({ ...node, name: `${index}-${node.opType}` })),
      initializer: constants,
      input: [floatMatrix(INPUT, featureNames.length)],
      output: [floatMatrix(OUTPUTS[task], outputs)],
    },
    metadataProps: [
      { key: 'features', value: JSON.stringify(featureNames) },
      { key: 'task', value: task },
      { key: 'trainer', value: trainer },
    ],
  }).finish();

export const ML_DOMAIN = 'ai.onnx.ml';

const { DataType } = onnx.TensorProto;
const { AttributeType } = onnx.AttributeProto;

const floatMatrix = (name: string, width: number): onnx.IValueInfoProto => ({
  name,
  type: {
    tensorType: { elemType: DataType.FLOAT, shape: { dim: [{ dimParam: 'rows' }, { dimValue: width }] } },
  },
});

export const doubles = (
  name: string,
  values: ArrayLike<number>,
  dims: readonly number[],
): onnx.ITensorProto => ({
  name,
  dims: [...dims],
  dataType: DataType.DOUBLE,
  doubleData: Array.from(values),
});

export const floats = (name: string, values: Float32Array, dims: readonly number[]): onnx.ITensorProto => ({
  name,
  dims: [...dims],
  dataType: DataType.FLOAT,
  floatData: Array.from(values),
});

export const longScalar = (name: string, value: number): onnx.ITensorProto => ({
  ...longs(name, [value]),
  dims: [],
});

export const longs = (name: string, values: readonly number[]): onnx.ITensorProto => ({
  name,
  dims: [values.length],
  dataType: DataType.INT64,
  int64Data: [...values],
});

export const node = (
  opType: string,
  input: string[],
  output: string,
  attribute: onnx.IAttributeProto[] = [],
): onnx.INodeProto => ({
  opType,
  input,
  output: [output],
  attribute,
});

export const castTo = (type: 'DOUBLE' | 'FLOAT' | 'INT64', input: string, output: string): onnx.INodeProto =>
  node('Cast', [input], output, [intAttribute('to', DataType[type])]);

export const intAttribute = (name: string, i: number): onnx.IAttributeProto => ({
  name,
  type: AttributeType.INT,
  i,
});

export const intsAttribute = (name: string, ints: number[]): onnx.IAttributeProto => ({
  name,
  type: AttributeType.INTS,
  ints,
});

export const floatsAttribute = (name: string, floats: number[]): onnx.IAttributeProto => ({
  name,
  type: AttributeType.FLOATS,
  floats,
});

export const stringAttribute = (name: string, text: string): onnx.IAttributeProto => ({
  name,
  type: AttributeType.STRING,
  s: utf8.encode(text),
});

export const stringsAttribute = (name: string, texts: string[]): onnx.IAttributeProto => ({
  name,
  type: AttributeType.STRINGS,
  strings: texts.map((text) => utf8.encode(text)),
});

export const tensorAttribute = (name: string, t: onnx.ITensorProto): onnx.IAttributeProto => ({
  name,
  type: AttributeType.TENSOR,
  t,
});

const utf8 = new TextEncoder();
