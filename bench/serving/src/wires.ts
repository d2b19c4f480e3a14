import { field, fieldsOf, packed } from './protobuf';

/** Rows of one request. */
export type Rows = readonly (readonly number[])[];

/** How a request looks on the wire, and what its answer says. */
export interface Wire {
  readonly name: string;
  readonly headers?: (rows: Rows) => readonly string[];
  /** `model` is the name that the server knows. */
  request(rows: Rows, model: string): Uint8Array;
  /** One number for each row. */
  answer(content: Uint8Array): readonly number[];
}

const float32 = (rows: Rows): Buffer => Buffer.from(Float32Array.from(rows.flat()).buffer);

const floatsOf = (bytes: Uint8Array): number[] => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.byteLength / 4 }, (_, i) => view.getFloat32(4 * i, true));
};

const json = (content: Uint8Array): unknown => JSON.parse(Buffer.from(content).toString('utf8'));

const shapeOf = (rows: Rows): number[] => [rows.length, rows[0]!.length];

interface Tensor {
  readonly name: string;
  readonly data: number[];
}

const tensor = (rows: Rows, rest: object): object => ({
  inputs: [{ name: 'input', shape: shapeOf(rows), datatype: 'FP32', ...rest }],
});

/** Open Inference Protocol v2 over REST, numbers in JSON, row after row. */
export const oipJson: Wire = {
  name: 'REST, JSON',
  request: (rows) => Buffer.from(JSON.stringify(tensor(rows, { data: rows.flat() }))),
  answer: (content) => (json(content) as { outputs: readonly Tensor[] }).outputs[0]!.data.flat(),
};

const binaryHead = (rows: Rows): Buffer =>
  Buffer.from(
    JSON.stringify({
      ...tensor(rows, { parameters: { binary_data_size: 4 * rows.flat().length } }),
      parameters: { binary_data_output: true },
    }),
  );

/** The same with the numbers behind the JSON, and the answer asked for in the same form. */
export const oipBinary: Wire = {
  name: 'REST, binary',
  headers: (rows) => [
    'content-type: application/octet-stream',
    `inference-header-content-length: ${binaryHead(rows).length}`,
  ],
  request: (rows) => Buffer.concat([binaryHead(rows), float32(rows)]),
  // The JSON is what stands before the numbers; how many bytes they have is said in it.
  answer: (content) => {
    const size = /"binary_data_size":\s*(\d+)/.exec(Buffer.from(content).toString('latin1'));
    if (!size) throw new Error('it has no numbers in binary');
    return floatsOf(content.subarray(content.length - Number(size[1])));
  },
};

/** Field numbers of ModelInferRequest, InferInputTensor, InferTensorContents and their answers. */
const REQUEST = { model: 1, inputs: 5, raw: 7 };
const TENSOR = { name: 1, datatype: 2, shape: 3, contents: 5 };
const FP32_CONTENTS = 6;
const RESPONSE = { outputs: 5, raw: 6 };

const grpcRequest = (
  rows: Rows,
  model: string,
  content: { inTensor?: Uint8Array; raw?: Uint8Array },
): Uint8Array =>
  Buffer.concat([
    field(REQUEST.model, model),
    field(
      REQUEST.inputs,
      Buffer.concat([
        field(TENSOR.name, 'input'),
        field(TENSOR.datatype, 'FP32'),
        packed(TENSOR.shape, shapeOf(rows)),
        ...(content.inTensor ? [field(TENSOR.contents, content.inTensor)] : []),
      ]),
    ),
    ...(content.raw ? [field(REQUEST.raw, content.raw)] : []),
  ]);

const grpcAnswer = (content: Uint8Array): readonly number[] => {
  const message = fieldsOf(content);
  const raw = message.get(RESPONSE.raw)?.[0];
  if (raw) return floatsOf(raw);
  const output = fieldsOf(message.get(RESPONSE.outputs)![0]!);
  return floatsOf(fieldsOf(output.get(TENSOR.contents)![0]!).get(FP32_CONTENTS)![0]!);
};

/** Open Inference Protocol v2 over gRPC, the numbers as raw bytes: what `tritonclient` sends. */
export const grpcRaw: Wire = {
  name: 'gRPC',
  request: (rows, model) => grpcRequest(rows, model, { raw: float32(rows) }),
  answer: grpcAnswer,
};

/** The same with the numbers in the tensor. */
export const grpcContents: Wire = {
  name: 'gRPC, contents',
  request: (rows, model) => grpcRequest(rows, model, { inTensor: field(FP32_CONTENTS, float32(rows)) }),
  answer: grpcAnswer,
};

/** BentoML's own: the name of the argument, rows in lists; numbers or lists of one come back. */
export const bentoJson: Wire = {
  name: 'REST, JSON',
  request: (rows) => Buffer.from(JSON.stringify({ input: rows })),
  answer: (content) => (json(content) as (number | number[])[]).flat(),
};

/** The bodies of a load in the load generator's file: each behind its length. */
export const framed = (bodies: readonly Uint8Array[]): Buffer =>
  Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(body.length);
      return [length, body];
    }),
  );

export const unframed = (content: Uint8Array): Uint8Array[] => {
  const bodies: Uint8Array[] = [];
  const file = Buffer.from(content);
  for (let at = 0; at < file.length;) {
    const length = file.readUInt32BE(at);
    bodies.push(file.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return bodies;
};
