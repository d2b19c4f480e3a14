import { messageOf } from '#kernel';
import { INPUT_NAME } from '../onnx-model';
import type { ModelSignature } from './infer-request';

/** Which model answers: its name on the route and, where there is one, its version. */
export interface ServedModel {
  readonly name: string;
  readonly version?: string | number;
}

export interface OutputTensor {
  readonly name: string;
  readonly datatype: 'FP32';
  readonly shape: readonly number[];
  /** Each float32 as its exact double; null where it is not finite. */
  readonly data: readonly (number | null)[];
}

export interface InferResponse {
  readonly model_name: string;
  readonly model_version?: string;
  readonly id?: string;
  readonly outputs: readonly OutputTensor[];
}

/** The answer to an inference request (Open Inference Protocol v2, JSON): one tensor [rows, outputs] named by the task. */
export const renderInferResponse = (
  model: ServedModel,
  { outputName, outputs }: ModelSignature,
  scores: Float32Array,
  id?: string,
): InferResponse => ({
  model_name: model.name,
  ...versionOf(model),
  ...(id === undefined ? {} : { id }),
  outputs: [
    {
      name: outputName,
      datatype: 'FP32',
      shape: [scores.length / outputs, outputs],
      data: Array.from(scores, (score) => (Number.isFinite(score) ? score : null)),
    },
  ],
});

const versionOf = ({ version }: ServedModel): { model_version?: string } =>
  version === undefined ? {} : { model_version: String(version) };

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
  { featureCount, outputName, outputs }: ModelSignature,
): ModelMetadata => ({
  name,
  ...(versions.length === 0 ? {} : { versions: versions.map(String) }),
  platform: 'onnxruntime_onnx',
  inputs: [{ name: INPUT_NAME, datatype: 'FP32', shape: [-1, featureCount] }],
  outputs: [{ name: outputName, datatype: 'FP32', shape: [-1, outputs] }],
});

/** The protocol's own shape of an error; the HTTP status comes from the error's code. */
export const renderInferError = (error: unknown): { error: string } => ({ error: messageOf(error) });
