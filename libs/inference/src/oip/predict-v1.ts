import { INPUT_NAME } from '../onnx-model';
import { MAX_REQUEST_ROWS, invalid, isObject, matrixOfData, type ModelSignature } from './infer-request';

export interface PredictRequest {
  readonly rows: number;
  /** [rows, featureCount] row after row; NaN is a missing value. */
  readonly matrix: Float32Array;
  /** The answer's member: `predictions` to `instances`, `outputs` to `inputs`. */
  readonly answer: 'predictions' | 'outputs';
}

/**
 * A request of TensorFlow Serving's `:predict` (version 1 of the protocol): `{"instances": [row, ...]}`, each row a list or `{"input": list}`, or
 * `{"inputs": [row, ...]}`, or `{"inputs": {"input": [row, ...]}}`.
 * https://www.tensorflow.org/tfx/serving/api_rest#predict_api
 * @throws Refused PLAYHEAD_INFERENCE_INVALID; the message says what was expected.
 */
export const parsePredictRequest = (
  body: unknown,
  { featureCount }: ModelSignature,
  maxRows: number = MAX_REQUEST_ROWS,
): PredictRequest => {
  if (!isObject(body)) throw invalid('the body must be a JSON object');
  const { instances, inputs, signature_name: signature } = body;
  if (signature !== undefined && signature !== null && signature !== 'serving_default' && signature !== '')
    throw invalid(`there is no signature ${JSON.stringify(signature)}; the model has "serving_default"`);
  if ((instances === undefined) === (inputs === undefined))
    throw invalid('the body must have "instances", or "inputs" in its place');
  const [data, answer] =
    instances === undefined
      ? ([columnOf(inputs), 'outputs'] as const)
      : ([instances, 'predictions'] as const);
  const member = answer === 'outputs' ? 'inputs' : 'instances';
  if (!Array.isArray(data)) throw invalid(`"${member}" must be an array of rows`);
  if (data.length > maxRows)
    throw invalid(`"${member}" has ${data.length} rows; a request may hold ${maxRows}`);
  const rows = data.map((row: unknown) => (isObject(row) ? columnOf(row) : row));
  const wrong = rows.findIndex((row) => !Array.isArray(row));
  if (wrong >= 0) throw invalid(`row ${wrong} of "${member}" is no list of ${featureCount} numbers`);
  return { rows: rows.length, matrix: matrixOfData(rows, rows.length, featureCount, 'FP32'), answer };
};

/** The value of the one named input. */
const columnOf = (inputs: unknown): unknown => {
  if (!isObject(inputs)) return inputs;
  const names = Object.keys(inputs);
  if (names.length !== 1 || names[0] !== INPUT_NAME)
    throw invalid(
      `the model has one input "${INPUT_NAME}"; the request has [${names.slice(0, 8).join(', ')}]`,
    );
  return inputs[INPUT_NAME];
};

/** One number for each row; a list of them where the model gives several. */
export const renderPredictResponse = (
  answer: PredictRequest['answer'],
  values: Float32Array,
  width: number,
): string => {
  const plain = Array.from(values, (value) => (Number.isFinite(value) ? value : null));
  const rows =
    width === 1
      ? plain
      : Array.from({ length: plain.length / width }, (_, row) => plain.slice(row * width, (row + 1) * width));
  return JSON.stringify({ [answer]: rows });
};
