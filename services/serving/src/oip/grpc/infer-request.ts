import { LENGTH, VARINT, WireReader, malformed } from './wire';

export type InferParameter = boolean | number | string;

export interface RequestedTensor {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly parameters: ReadonlyMap<string, InferParameter>;
  /** The bytes of `InferTensorContents`, one piece for each time that the field stands there; views into the message. */
  readonly contents: readonly Buffer[];
}

/** `ModelInferRequest`; texts that were not sent are empty. */
export interface ModelInferRequest {
  readonly model: string;
  readonly version: string;
  readonly id: string;
  readonly parameters: ReadonlyMap<string, InferParameter>;
  readonly inputs: readonly RequestedTensor[];
  readonly outputs: readonly RequestedOutput[];
  /** Views into the message. */
  readonly raw: readonly Buffer[];
}

export interface RequestedOutput {
  readonly name: string;
  readonly parameters: ReadonlyMap<string, InferParameter>;
}

const NO_PARAMETERS: ReadonlyMap<string, InferParameter> = new Map();
const NONE: readonly never[] = [];

/** Tensors that a request may name: enough to say in a message what is too much. */
const MAX_TENSORS = 64;
const MAX_PARAMETERS = 256;
const MAX_DIMENSIONS = 64;

/**
 * Decodes a message of `grpc_service.proto` by hand: tensors stay where they came in. The oracle of its property test is protobufjs.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID for bytes that are no such message.
 */
export const decodeInferRequest = (message: Buffer): ModelInferRequest => {
  const reader = new WireReader(message);
  let model = '';
  let version = '';
  let id = '';
  let parameters = NO_PARAMETERS;
  const inputs: RequestedTensor[] = [];
  let outputs: RequestedOutput[] | typeof NONE = NONE;
  let raw: Buffer[] | typeof NONE = NONE;
  while (!reader.done) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        model = reader.text();
        break;
      case (2 << 3) | LENGTH:
        version = reader.text();
        break;
      case (3 << 3) | LENGTH:
        id = reader.text();
        break;
      case (4 << 3) | LENGTH:
        parameters = withParameter(parameters, reader.message());
        break;
      case (5 << 3) | LENGTH:
        push(inputs, readTensor(reader.message()));
        break;
      case (6 << 3) | LENGTH:
        outputs = push(outputs === NONE ? [] : outputs, readOutput(reader.message()));
        break;
      case (7 << 3) | LENGTH:
        raw = push(raw === NONE ? [] : raw, reader.bytes());
        break;
      default:
        reader.skip(tag);
    }
  }
  return { model, version, id, parameters, inputs, outputs, raw };
};

const push = <T>(list: readonly T[], item: T): T[] => {
  if (list.length >= MAX_TENSORS) throw malformed(`it has more than ${MAX_TENSORS} tensors`);
  (list as T[]).push(item);
  return list as T[];
};

const readTensor = (reader: WireReader): RequestedTensor => {
  let name = '';
  let datatype = '';
  let parameters = NO_PARAMETERS;
  const shape: number[] = [];
  let contents: Buffer[] | typeof NONE = NONE;
  while (!reader.done) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | LENGTH:
        name = reader.text();
        break;
      case (2 << 3) | LENGTH:
        datatype = reader.text();
        break;
      case (3 << 3) | LENGTH:
        for (const sizes = reader.message(); !sizes.done;) pushSize(shape, sizes.int64());
        break;
      case (3 << 3) | VARINT:
        pushSize(shape, reader.int64());
        break;
      case (4 << 3) | LENGTH:
        parameters = withParameter(parameters, reader.message());
        break;
      case (5 << 3) | LENGTH:
        contents = push(contents === NONE ? [] : contents, reader.bytes());
        break;
      default:
        reader.skip(tag);
    }
  }
  return { name, datatype, shape, parameters, contents };
};

const pushSize = (shape: number[], size: number): void => {
  if (shape.length >= MAX_DIMENSIONS) throw malformed(`a shape has more than ${MAX_DIMENSIONS} dimensions`);
  shape.push(size);
};

const readOutput = (reader: WireReader): RequestedOutput => {
  let name = '';
  let parameters = NO_PARAMETERS;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH)) name = reader.text();
    else if (tag === ((2 << 3) | LENGTH)) parameters = withParameter(parameters, reader.message());
    else reader.skip(tag);
  }
  return { name, parameters };
};

/** An entry of map<string, InferParameter>; the last of a name counts, one without a value is none. */
const withParameter = (
  parameters: ReadonlyMap<string, InferParameter>,
  reader: WireReader,
): ReadonlyMap<string, InferParameter> => {
  let name = '';
  let value: InferParameter | undefined;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === ((1 << 3) | LENGTH)) name = reader.text();
    else if (tag === ((2 << 3) | LENGTH)) value = readParameter(reader.message(), value);
    else reader.skip(tag);
  }
  const map =
    parameters === NO_PARAMETERS
      ? new Map<string, InferParameter>()
      : (parameters as Map<string, InferParameter>);
  if (map.size >= MAX_PARAMETERS) throw malformed(`it has more than ${MAX_PARAMETERS} parameters`);
  if (value === undefined) map.delete(name);
  else map.set(name, value);
  return map;
};

const readParameter = (
  reader: WireReader,
  before: InferParameter | undefined,
): InferParameter | undefined => {
  let value = before;
  while (!reader.done) {
    const tag = reader.tag();
    switch (tag) {
      case (1 << 3) | VARINT:
        value = reader.uint64() !== 0n;
        break;
      case (2 << 3) | VARINT:
        value = reader.int64();
        break;
      case (3 << 3) | LENGTH:
        value = reader.text();
        break;
      case (4 << 3) | 1:
        value = reader.double();
        break;
      case (5 << 3) | VARINT:
        value = Number(reader.uint64());
        break;
      default:
        reader.skip(tag);
    }
  }
  return value;
};
