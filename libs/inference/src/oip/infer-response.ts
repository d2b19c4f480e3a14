import { jsonString, messageOf } from '#kernel';
import { INPUT_NAME, type OnnxModel, type OutputName } from '../onnx-model';

/** What an answer to an inference request says. */
export interface InferResult {
  /** The name that was asked. */
  readonly model: string;
  readonly version: string;
  readonly id: string | undefined;
  readonly outputName: OutputName;
  readonly rows: number;
  /** Numbers for each row. */
  readonly width: number;
  /** [rows, width] row after row. */
  readonly values: Float32Array;
}

/**
 * The answer to an inference request (Open Inference Protocol v2), as JSON text: one tensor [rows, width] named by the task, each
 * float32 as its exact double, null where it is not finite.
 */
export const renderInferResponse = (result: InferResult): string => {
  const { values } = result;
  let data = '';
  for (let i = 0; i < values.length; i++) data += (i === 0 ? '' : ',') + numberText(values[i]!);
  return `${headOf(result)},"data":[${data}]}]}`;
};

/** The JSON before the bytes of its tensor (`binary_tensor_data`). */
export const renderBinaryInferResponse = (result: InferResult): string =>
  `${headOf(result)},"parameters":{"binary_data_size":${result.values.byteLength}}}]}`;

const headOf = ({ model, version, id, outputName, rows, width }: InferResult): string =>
  `{"model_name":${jsonString(model)},"model_version":${jsonString(version)}${
    id === undefined ? '' : `,"id":${jsonString(id)}`
  },"outputs":[{"name":"${outputName}","datatype":"FP32","shape":[${rows},${width}]`;

const numberText = (value: number): string =>
  Number.isFinite(value) ? String(value === 0 ? 0 : value) : 'null';

export interface ModelMetadata {
  readonly name: string;
  readonly versions?: readonly string[];
  readonly platform: 'onnxruntime_onnx';
  readonly inputs: readonly TensorMetadata[];
  readonly outputs: readonly TensorMetadata[];
}

export interface TensorMetadata {
  readonly name: string;
  readonly datatype: 'FP32';
  readonly shape: readonly number[];
}

/** The answer to `GET v2/models/{name}`; -1 stands for any number of rows. */
export const renderModelMetadata = (
  name: string,
  versions: readonly (string | number)[],
  { featureCount, outputName, outputs }: Pick<OnnxModel, 'featureCount' | 'outputName' | 'outputs'>,
): ModelMetadata => ({
  name,
  ...(versions.length === 0 ? {} : { versions: versions.map(String) }),
  platform: 'onnxruntime_onnx',
  inputs: [{ name: INPUT_NAME, datatype: 'FP32', shape: [-1, featureCount] }],
  outputs: [{ name: outputName, datatype: 'FP32', shape: [-1, outputs] }],
});

/** The protocol's own shape of an error; the HTTP status comes from the error's code. */
export const renderInferError = (error: unknown): { error: string } => ({ error: messageOf(error) });
