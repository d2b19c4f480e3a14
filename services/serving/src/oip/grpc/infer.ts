import { INPUT_NAME, MAX_REQUEST_ROWS, floatsOfBytes, numericDatatype, type CancelSignal } from '#inference';
import { Refused } from '#kernel';
import type { InferAnswer, InferCall, InferenceDesk, ServedModel } from '../../inference';
import type { InferParameter, ModelInferRequest, RequestedTensor } from './infer-request';
import { floatsOfContents } from './typed-contents';

/** What the transport knows of a call beside its message. */
export interface CallContext {
  /** On the clock of `performance.now()`. */
  readonly deadlineMs?: number;
  /** Aborted when the caller is gone. */
  readonly signal?: CancelSignal;
  /** W3C trace context. */
  readonly traceparent?: string;
}

/**
 * Checks a request against the model that it names, and hands it to the desk.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID for what does not fit, with the messages of REST; else as the desk does.
 */
export const infer = (
  desk: InferenceDesk,
  request: ModelInferRequest,
  context: CallContext,
  beganMs: number,
): Promise<InferAnswer> => {
  const version = request.version === '' ? undefined : request.version;
  const served = desk.find(request.model, version);
  checkOutputs(request, served);
  const { rows, matrix } = inputOf(request, served.reads.features.length);
  const { traceparent, signal } = context;
  const call: InferCall = {
    model: request.model,
    version,
    id: request.id === '' ? undefined : request.id,
    key: textOf(request.parameters.get('entity')),
    rows,
    matrix,
    deadlineMs: deadlineOf(request.parameters.get('timeout'), beganMs, context.deadlineMs),
    signal,
    protocol: 'grpc',
    traceparent,
    inputMs: performance.now() - beganMs,
  };
  return desk.infer(call);
};

const invalid = (message: string): Refused => new Refused('PLAYHEAD_INFERENCE_INVALID', message);

const checkOutputs = ({ outputs }: ModelInferRequest, { outputName }: ServedModel): void => {
  for (const { name, parameters } of outputs) {
    if (name !== outputName)
      throw invalid(`the model has no output ${JSON.stringify(name)}; it has "${outputName}"`);
    for (const unsupported of ['shared_memory_region', 'classification'])
      if (parameters.has(unsupported))
        throw invalid(`output "${outputName}": ${unsupported} is not supported; ask for the values`);
  }
};

const inputOf = (
  { inputs, raw }: ModelInferRequest,
  features: number,
): { rows: number; matrix: Float32Array } => {
  const tensor = inputs[0];
  if (inputs.length !== 1 || !tensor || tensor.name !== INPUT_NAME) {
    const names = inputs.map(({ name }) => JSON.stringify(name));
    throw invalid(`the model has one input "${INPUT_NAME}"; the request has [${names.join(', ')}]`);
  }
  if (tensor.parameters.has('shared_memory_region'))
    throw invalid(`input "${INPUT_NAME}": shared memory is not supported; send the values`);
  const rows = rowsOf(tensor, features);
  return { rows, matrix: valuesOf(tensor, raw, rows * features) };
};

const rowsOf = ({ shape }: RequestedTensor, features: number): number => {
  const rows = shape[0];
  if (shape.length !== 2 || shape[1] !== features || !Number.isSafeInteger(rows) || rows! < 0)
    throw invalid(
      `input "${INPUT_NAME}" has the shape ${JSON.stringify(shape)}; the model takes [rows, ${features}]`,
    );
  if (rows! > MAX_REQUEST_ROWS)
    throw invalid(`input "${INPUT_NAME}" has ${rows} rows; a request may hold ${MAX_REQUEST_ROWS}`);
  return rows!;
};

const valuesOf = (tensor: RequestedTensor, raw: readonly Buffer[], count: number): Float32Array => {
  const { contents } = tensor;
  const datatype = numericDatatype(tensor.datatype, INPUT_NAME);
  if (raw.length === 0) return floatsOfContents(contents, datatype, count, INPUT_NAME);
  if (raw.length !== 1)
    throw invalid(`raw_input_contents has ${raw.length} tensors; the request has 1 input`);
  if (contents.some((piece) => piece.length > 0))
    throw invalid(`input "${INPUT_NAME}" has contents, and raw_input_contents as well; send one of them`);
  return floatsOfBytes(raw[0]!, datatype, count, INPUT_NAME);
};

const textOf = (parameter: InferParameter | undefined): string | undefined =>
  parameter === undefined ? undefined : String(parameter);

/** The earlier of what the transport says and the parameter `timeout`, in us, as Triton's clients send it. */
const deadlineOf = (
  timeout: InferParameter | undefined,
  beganMs: number,
  deadlineMs: number | undefined,
): number | undefined => {
  if (timeout === undefined) return deadlineMs;
  const us = Number(timeout);
  if (!(us > 0)) return deadlineMs;
  return Math.min(beganMs + us / 1_000, deadlineMs ?? Infinity);
};
