import { Refused } from '#kernel';
import { INPUT_NAME, type OnnxModel } from '../onnx-model';

/** What a request is checked against. */
export type ModelSignature = Pick<OnnxModel, 'featureCount' | 'outputName' | 'outputs'>;

export interface InferRequest {
  readonly id?: string;
  readonly rows: number;
  /** [rows, featureCount] row after row; a null in the request is NaN, a missing value. */
  readonly matrix: Float32Array;
}

export interface ParseOptions {
  /** Rows that one request may hold. Default 10,000. */
  readonly maxRows?: number;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * An inference request of the Open Inference Protocol v2, in JSON: one tensor `input` FP32 [rows, features], its data flat or nested.
 * https://github.com/open-inference/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 * @throws Refused PLAYHEAD_INFERENCE_INVALID; the message says which member is wrong and what was expected.
 */
export const parseInferRequest = (
  body: unknown,
  model: ModelSignature,
  options: ParseOptions = {},
): InferRequest => {
  if (!isObject(body)) throw invalid('the body must be a JSON object');
  const id = body.id;
  if (id !== undefined && typeof id !== 'string') throw invalid('"id" must be a string');
  checkOutputs(body.outputs, model);
  const { rows, data } = inputTensor(body.inputs, model, options.maxRows ?? 10_000);
  return { ...(id === undefined ? {} : { id }), rows, matrix: matrixOf(data, rows, model.featureCount) };
};

const invalid = (message: string): Refused => new Refused('PLAYHEAD_INFERENCE_INVALID', message);

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const checkOutputs = (outputs: unknown, { outputName }: ModelSignature): void => {
  if (outputs === undefined) return;
  if (!Array.isArray(outputs)) throw invalid('"outputs" must be an array');
  for (const output of outputs) {
    const name = isObject(output) ? output.name : undefined;
    if (name !== outputName)
      throw invalid(`the model has no output ${JSON.stringify(name)}; it has "${outputName}"`);
    if (isObject(output)) refuseBinary(output, `output "${outputName}"`);
  }
};

const refuseBinary = (tensor: Json, where: string): void => {
  const parameters = tensor.parameters;
  if (
    isObject(parameters) &&
    (parameters.binary_data_size !== undefined || parameters.binary_data === true)
  ) {
    throw invalid(`${where}: binary tensor data is not supported; send and ask for "data" in JSON`);
  }
};

const inputTensor = (
  inputs: unknown,
  { featureCount }: ModelSignature,
  maxRows: number,
): { rows: number; data: readonly unknown[] } => {
  if (!Array.isArray(inputs)) throw invalid('"inputs" must be an array with one tensor');
  const tensors: unknown[] = inputs;
  const [tensor] = tensors;
  if (tensors.length !== 1 || !isObject(tensor) || tensor.name !== INPUT_NAME) {
    const names = tensors.map((each) => (isObject(each) ? JSON.stringify(each.name) : 'no tensor'));
    throw invalid(`the model has one input "${INPUT_NAME}"; the request has [${names.join(', ')}]`);
  }
  refuseBinary(tensor, `input "${INPUT_NAME}"`);
  if (tensor.datatype !== 'FP32')
    throw invalid(`input "${INPUT_NAME}" has the datatype ${JSON.stringify(tensor.datatype)}; send "FP32"`);
  const { shape, data } = tensor;
  if (!Array.isArray(shape) || shape.length !== 2 || !isSize(shape[0]) || shape[1] !== featureCount) {
    throw invalid(
      `input "${INPUT_NAME}" has the shape ${JSON.stringify(shape)}; the model takes [rows, ${featureCount}]`,
    );
  }
  if (shape[0] > maxRows)
    throw invalid(`input "${INPUT_NAME}" has ${shape[0]} rows; a request may hold ${maxRows}`);
  if (!Array.isArray(data)) throw invalid(`input "${INPUT_NAME}": "data" must be an array`);
  return { rows: shape[0], data };
};

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const matrixOf = (data: readonly unknown[], rows: number, columns: number): Float32Array => {
  const matrix = new Float32Array(rows * columns);
  const isNested = Array.isArray(data[0]);
  const expected = isNested ? rows : rows * columns;
  if (data.length !== expected) {
    const what = isNested ? 'rows' : 'values';
    throw invalid(
      `input "${INPUT_NAME}": "data" has ${data.length} ${what}; the shape [${rows}, ${columns}] means ${expected}`,
    );
  }
  if (!isNested) copyValues(data, matrix, 0);
  else data.forEach((row, at) => copyRow(row, at, columns, matrix));
  return matrix;
};

const copyRow = (row: unknown, at: number, columns: number, matrix: Float32Array): void => {
  if (!Array.isArray(row) || row.length !== columns) {
    const what = Array.isArray(row) ? `${row.length} values` : JSON.stringify(row);
    throw invalid(`input "${INPUT_NAME}": row ${at} of "data" has ${what}; expected ${columns} values`);
  }
  copyValues(row, matrix, at * columns);
};

const copyValues = (values: readonly unknown[], matrix: Float32Array, from: number): void => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null) matrix[from + i] = Number.NaN;
    else if (typeof value === 'number') matrix[from + i] = inRange(value, from + i);
    else
      throw invalid(
        `input "${INPUT_NAME}": value ${from + i} of "data" is ${JSON.stringify(value)}; expected a number or null`,
      );
  }
};

const inRange = (value: number, at: number): number => {
  if (!Number.isFinite(Math.fround(value)))
    throw invalid(`input "${INPUT_NAME}": value ${at} of "data" is ${value}, beyond FP32`);
  return value;
};
