import { Refused } from '#kernel';
import { INPUT_NAME, type OnnxModel } from '../onnx-model';
import { floatsOfBytes, numericDatatype, type NumericDatatype } from './tensor-bytes';

/** What a request is checked against. */
export type ModelSignature = Pick<OnnxModel, 'featureCount' | 'outputName'>;

export interface InferRequest {
  readonly id: string | undefined;
  readonly rows: number;
  /** [rows, featureCount] row after row; NaN is a missing value (null in JSON). May be a view of the request's bytes. */
  readonly matrix: Float32Array;
  /** Whether the answer's tensor is to come as bytes after its JSON. */
  readonly binaryOutput: boolean;
  /** The parameter `entity`: whose route answers. */
  readonly entity: string | undefined;
  /** The parameter `timeout`: how long an answer is of use, us; undefined where nothing positive was said. */
  readonly timeoutUs: number | undefined;
}

export interface ParseOptions {
  /** Rows that one request may hold. Default 10,000. */
  readonly maxRows?: number | undefined;
  /** What came after the JSON: the tensors that say `binary_data_size`. */
  readonly binary?: Uint8Array | undefined;
  /** FP32 elements that were read already; `mark` stands in their place. */
  readonly scanned?: { readonly mark: string; readonly matrix: Float32Array } | undefined;
}

export const MAX_REQUEST_ROWS = 10_000;

export type Json = Readonly<Record<string, unknown>>;

/**
 * An inference request of the Open Inference Protocol v2: one tensor `input` [rows, features] of any numeric datatype, its data flat or
 * nested in JSON, or as bytes (Triton's extension `binary_tensor_data`).
 * https://github.com/open-inference/open-inference-protocol/blob/main/specification/protocol/inference_rest.md
 * @throws Refused PLAYHEAD_INFERENCE_INVALID; the message says which member is wrong and what was expected.
 */
export const parseInferRequest = (
  body: unknown,
  model: ModelSignature,
  options: ParseOptions = {},
): InferRequest => {
  if (!isObject(body)) throw invalid('the body must be a JSON object');
  const { id } = body;
  if (id !== undefined && typeof id !== 'string') throw invalid('"id" must be a string');
  const parameters = parametersOf(body, 'the request');
  const tensor = inputTensor(body.inputs);
  const rows = rowsOf(tensor.shape, model.featureCount, options.maxRows ?? MAX_REQUEST_ROWS);
  const { scanned } = options;
  const matrix =
    scanned && tensor.data === scanned.mark && tensor.datatype === 'FP32'
      ? scanned.matrix
      : matrixOf(tensor, rows, model.featureCount, options.binary ?? NOTHING);
  return {
    id,
    rows,
    matrix,
    binaryOutput: readOutputs(body.outputs, model, parameters?.binary_data_output === true),
    entity: entityOf(parameters?.entity),
    timeoutUs: timeoutOf(parameters?.timeout),
  };
};

const NOTHING = new Uint8Array(0);

export const invalid = (message: string, cause?: unknown): Refused =>
  new Refused('PLAYHEAD_INFERENCE_INVALID', message, { cause });

export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const parametersOf = (of: Json, where: string): Json | undefined => {
  const { parameters } = of;
  if (parameters === undefined || parameters === null) return undefined;
  if (!isObject(parameters)) throw invalid(`${where}: "parameters" must be an object`);
  return parameters;
};

const entityOf = (entity: unknown): string | undefined => {
  if (entity === undefined || typeof entity === 'string') return entity;
  if (typeof entity === 'number' || typeof entity === 'boolean') return String(entity);
  throw invalid('the parameter "entity" must be a string');
};

const timeoutOf = (timeout: unknown): number | undefined => {
  if (timeout === undefined) return undefined;
  const us = typeof timeout === 'string' && timeout !== '' ? Number(timeout) : timeout;
  if (typeof us !== 'number' || !(us >= 0))
    throw invalid(`the parameter "timeout" is ${short(timeout)}; send microseconds, 0 for none`);
  return us > 0 ? us : undefined;
};

/** Whether the answer is to be binary. */
const readOutputs = (outputs: unknown, { outputName }: ModelSignature, binaryByDefault: boolean): boolean => {
  if (outputs === undefined || outputs === null) return binaryByDefault;
  if (!Array.isArray(outputs)) throw invalid('"outputs" must be an array');
  let binary = binaryByDefault;
  for (const output of outputs as unknown[]) {
    const name = isObject(output) ? output.name : undefined;
    if (!isObject(output) || name !== outputName)
      throw invalid(`the model has no output ${short(name)}; it has "${outputName}"`);
    const parameters = parametersOf(output, `output "${outputName}"`);
    refuseShared(parameters, `output "${outputName}"`);
    if (parameters?.classification !== undefined)
      throw invalid(`output "${outputName}": "classification" is not supported; ask for the values`);
    if (parameters?.binary_data !== undefined) binary = parameters.binary_data === true;
  }
  return binary;
};

const refuseShared = (parameters: Json | undefined, where: string): void => {
  if (parameters?.shared_memory_region !== undefined)
    throw invalid(`${where}: shared memory is not supported; send the values`);
};

interface InputTensor {
  readonly datatype: NumericDatatype;
  readonly shape: unknown;
  readonly data: unknown;
  /** Bytes of it after the JSON; undefined: its data stands in the JSON. */
  readonly binarySize: number | undefined;
}

const inputTensor = (inputs: unknown): InputTensor => {
  if (!Array.isArray(inputs)) throw invalid('"inputs" must be an array with one tensor');
  const tensors: unknown[] = inputs;
  const [tensor] = tensors;
  if (tensors.length !== 1 || !isObject(tensor) || tensor.name !== INPUT_NAME) {
    const names = tensors.slice(0, 8).map((each) => (isObject(each) ? short(each.name) : 'no tensor'));
    if (tensors.length > 8) names.push(`... ${tensors.length} in all`);
    throw invalid(`the model has one input "${INPUT_NAME}"; the request has [${names.join(', ')}]`);
  }
  const where = `input "${INPUT_NAME}"`;
  const parameters = parametersOf(tensor, where);
  refuseShared(parameters, where);
  const binarySize = parameters?.binary_data_size;
  if (binarySize !== undefined && !isSize(binarySize))
    throw invalid(`${where}: "binary_data_size" must be a number of bytes`);
  if (binarySize !== undefined && tensor.data !== undefined)
    throw invalid(`${where} has "data", and "binary_data_size" as well; send one of them`);
  const { shape, data } = tensor;
  return { datatype: numericDatatype(tensor.datatype, INPUT_NAME), shape, data, binarySize };
};

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

const rowsOf = (shape: unknown, features: number, maxRows: number): number => {
  if (!Array.isArray(shape) || shape.length !== 2 || !isSize(shape[0]) || shape[1] !== features) {
    const sizes = Array.isArray(shape)
      ? clipped(`[${shape.slice(0, 40).map(short).join(',')}]`)
      : short(shape);
    throw invalid(`input "${INPUT_NAME}" has the shape ${sizes}; the model takes [rows, ${features}]`);
  }
  if (shape[0] > maxRows)
    throw invalid(`input "${INPUT_NAME}" has ${shape[0]} rows; a request may hold ${maxRows}`);
  return shape[0];
};

const matrixOf = (
  { datatype, data, binarySize }: InputTensor,
  rows: number,
  columns: number,
  binary: Uint8Array,
): Float32Array => {
  if ((binarySize ?? 0) !== binary.length) {
    const said = binarySize === undefined ? 'no "binary_data_size"' : `"binary_data_size" ${binarySize}`;
    throw invalid(
      `input "${INPUT_NAME}" says ${said}; ${binary.length} bytes follow the JSON (Inference-Header-Content-Length says how long that is)`,
    );
  }
  if (binarySize !== undefined) return floatsOfBytes(binary, datatype, rows * columns, INPUT_NAME);
  if (!Array.isArray(data)) throw invalid(`input "${INPUT_NAME}": "data" must be an array`);
  return matrixOfData(data, rows, columns, datatype);
};

/** [rows, columns] of the elements of a JSON array, flat or row by row. */
export const matrixOfData = (
  data: readonly unknown[],
  rows: number,
  columns: number,
  datatype: NumericDatatype,
): Float32Array => {
  const isNested = Array.isArray(data[0]);
  const expected = isNested ? rows : rows * columns;
  if (data.length !== expected) {
    const what = isNested ? 'rows' : 'values';
    throw invalid(
      `input "${INPUT_NAME}": "data" has ${data.length} ${what}; the shape [${rows}, ${columns}] means ${expected}`,
    );
  }
  const matrix = new Float32Array(rows * columns);
  const copy = datatype === 'FP32' || datatype === 'FP64' ? copyFloats : copierOf(datatype);
  if (!isNested) copy(data, matrix, 0);
  else data.forEach((row, at) => copy(rowOf(row, at, columns), matrix, at * columns));
  return matrix;
};

const rowOf = (row: unknown, at: number, columns: number): readonly unknown[] => {
  if (Array.isArray(row) && row.length === columns) return row;
  const what = Array.isArray(row) ? `${row.length} values` : short(row);
  throw invalid(`input "${INPUT_NAME}": row ${at} of "data" has ${what}; expected ${columns} values`);
};

/** Objects and arrays by their kind alone: they may be deeper than a stack. */
const short = (value: unknown): string => {
  if (Array.isArray(value)) return 'an array';
  return clipped(
    typeof value === 'object' && value !== null ? 'an object' : (JSON.stringify(value) ?? 'nothing'),
  );
};

const clipped = (text: string): string => (text.length > 80 ? `${text.slice(0, 80)}...` : text);

const wrongValue = (value: unknown, at: number, expected: string): Refused =>
  invalid(`input "${INPUT_NAME}": value ${at} of "data" is ${short(value)}; expected ${expected}`);

const copyFloats = (values: readonly unknown[], matrix: Float32Array, from: number): void => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === null) matrix[from + i] = Number.NaN;
    else if (typeof value === 'number') {
      matrix[from + i] = value;
      if (!Number.isFinite(matrix[from + i]))
        throw invalid(`input "${INPUT_NAME}": value ${from + i} of "data" is ${value}, beyond FP32`);
    } else throw wrongValue(value, from + i, 'a number or null');
  }
};

const LIMITS: Readonly<Partial<Record<NumericDatatype, readonly [number, number]>>> = {
  INT8: [-128, 127],
  UINT8: [0, 255],
  INT16: [-32_768, 32_767],
  UINT16: [0, 65_535],
  INT32: [-2_147_483_648, 2_147_483_647],
  UINT32: [0, 4_294_967_295],
  // As doubles these are the powers of two next to the ends.
  INT64: [-9_223_372_036_854_775_808, 9_223_372_036_854_775_807],
  UINT64: [0, 18_446_744_073_709_551_615],
  FP16: [-65_504, 65_504],
};

type CopyValues = typeof copyFloats;

/** Elements of the datatypes that are seldom sent. */
const copierOf = (datatype: NumericDatatype): CopyValues => {
  const limits = LIMITS[datatype];
  const isWhole = datatype.includes('INT');
  return (values, matrix, from) => {
    for (const [i, value] of values.entries()) {
      const number = datatype === 'BOOL' && typeof value === 'boolean' ? Number(value) : value;
      const fits =
        typeof number === 'number' &&
        (!limits || (number >= limits[0] && number <= limits[1])) &&
        (!isWhole || Number.isInteger(number)) &&
        (datatype !== 'BOOL' || number === 0 || number === 1) &&
        Number.isFinite(Math.fround(number));
      if (!fits && number !== null)
        throw wrongValue(value, from + i, `${datatype === 'BOOL' ? 'true or false' : datatype} or null`);
      matrix[from + i] = (number as number | null) ?? Number.NaN;
    }
  };
};
