import { isUtf8 } from 'node:buffer';
import {
  MAX_REQUEST_ROWS,
  invalid,
  parseInferRequest,
  type InferRequest,
  type ModelSignature,
} from './infer-request';
import { ScannedRequests } from './scanned-request';
import { floatsOfBytes } from './tensor-bytes';
import { INPUT_NAME } from '../onnx-model';

export interface BytesOptions {
  readonly maxRows?: number | undefined;
  /** How much of the body is JSON (`Inference-Header-Content-Length`); absent: all of it. 0: the body is the tensor alone, FP32. */
  readonly jsonLength?: number | undefined;
}

/**
 * An inference request as it came over HTTP, without its content coding.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID, as `parseInferRequest` and for bytes that are no JSON.
 */
export const decodeInferRequest = (
  body: Buffer,
  model: ModelSignature,
  { maxRows, jsonLength }: BytesOptions = {},
): InferRequest => {
  if (jsonLength === undefined)
    return (
      SCANNED.read(body, model, maxRows ?? MAX_REQUEST_ROWS) ??
      parseInferRequest(parseJson(body), model, { maxRows })
    );
  if (jsonLength > body.length)
    throw invalid(
      `Inference-Header-Content-Length is ${jsonLength}, the body has ${body.length} bytes without its content coding`,
    );
  if (jsonLength === 0) return tensorAlone(body, model, maxRows ?? MAX_REQUEST_ROWS);
  return parseInferRequest(parseJson(body.subarray(0, jsonLength)), model, {
    maxRows,
    binary: body.subarray(jsonLength),
  });
};

/** What it keeps is a cache: forms of requests. */
const SCANNED = new ScannedRequests();

/** @throws Refused PLAYHEAD_INFERENCE_INVALID */
export const parseJson = (body: Buffer): unknown => {
  if (!isUtf8(body)) throw invalid('the body is not UTF-8');
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch (cause) {
    throw invalid(whyNoJson(body), cause);
  }
};

const whyNoJson = (body: Buffer): string => {
  if (body.length === 0) return 'the body is empty; expected a JSON object';
  const isNaN = body.includes('NaN') ? ': it has no NaN, null says that a value is missing' : '';
  return `the body is not JSON${isNaN}`;
};

/** Triton's raw binary request: the rows follow from the number of bytes. The answer is binary, too. */
const tensorAlone = (body: Buffer, { featureCount }: ModelSignature, maxRows: number): InferRequest => {
  const rows = body.length / (4 * featureCount);
  if (!Number.isInteger(rows))
    throw invalid(`${body.length} bytes are no whole number of rows of ${featureCount} FP32 values`);
  if (rows > maxRows) throw invalid(`input "${INPUT_NAME}" has ${rows} rows; a request may hold ${maxRows}`);
  return {
    id: undefined,
    rows,
    matrix: floatsOfBytes(body, 'FP32', rows * featureCount, INPUT_NAME),
    binaryOutput: true,
    entity: undefined,
    timeoutUs: undefined,
  };
};
