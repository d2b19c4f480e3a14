import type { InferAnswer } from '../../inference/infer-call';
import { LENGTH, WireWriter, fieldSize, varintSize } from './wire';

const DATATYPE = 'FP32';

export type EncodedAnswer = Pick<
  InferAnswer,
  'model' | 'version' | 'id' | 'rows' | 'width' | 'outputName' | 'values'
>;

/**
 * `ModelInferResponse` with one output FP32 [rows, width] whose values stand in `raw_output_contents`, as Triton answers.
 */
export const encodeInferResponse = (answer: EncodedAnswer): Buffer => {
  const { model, version, rows, width, outputName, values } = answer;
  const id = answer.id ?? '';
  const modelSize = Buffer.byteLength(model);
  const versionSize = Buffer.byteLength(version);
  const idSize = Buffer.byteLength(id);
  const shapeSize = varintSize(rows) + varintSize(width);
  const tensorSize = fieldSize(outputName.length) + fieldSize(DATATYPE.length) + fieldSize(shapeSize);
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const size =
    sizeOfText(modelSize) +
    sizeOfText(versionSize) +
    sizeOfText(idSize) +
    fieldSize(tensorSize) +
    fieldSize(raw.length);
  const buffer = Buffer.allocUnsafe(size);
  const writer = new WireWriter(buffer);
  if (modelSize > 0) writer.text(1, model, modelSize);
  if (versionSize > 0) writer.text(2, version, versionSize);
  if (idSize > 0) writer.text(3, id, idSize);
  writer.varint((5 << 3) | LENGTH);
  writer.varint(tensorSize);
  writer.text(1, outputName, outputName.length);
  writer.text(2, DATATYPE, DATATYPE.length);
  writer.varint((3 << 3) | LENGTH);
  writer.varint(shapeSize);
  writer.varint(rows);
  writer.varint(width);
  writer.bytes(6, raw);
  return buffer;
};

/** A text that is empty is not written. */
const sizeOfText = (length: number): number => (length === 0 ? 0 : fieldSize(length));

/** `ModelStreamInferResponse` with an answer. */
export const encodeStreamResponse = (response: Buffer): Buffer => {
  const head = 1 + varintSize(response.length);
  const buffer = Buffer.allocUnsafe(head + response.length);
  new WireWriter(buffer).bytes(2, response);
  return buffer;
};

/** `ModelStreamInferResponse` with why there is none; the request's id comes with it, so that the caller knows which. */
export const encodeStreamError = (message: string, id: string): Buffer => {
  const idSize = Buffer.byteLength(id);
  const messageSize = Buffer.byteLength(message);
  const responseSize = sizeOfText(idSize);
  const buffer = Buffer.allocUnsafe(fieldSize(messageSize) + (idSize === 0 ? 0 : fieldSize(responseSize)));
  const writer = new WireWriter(buffer);
  writer.text(1, message, messageSize);
  if (idSize > 0) {
    writer.varint((2 << 3) | LENGTH);
    writer.varint(responseSize);
    writer.text(3, id, idSize);
  }
  return buffer;
};
