import { checkFinite, type NumericDatatype } from '#inference';
import { Refused } from '#kernel';
import { FIXED32, FIXED64, LENGTH, VARINT, WireReader } from './wire';

interface ContentsField {
  readonly number: number;
  readonly name: string;
  /** Wire type of one element. */
  readonly wire: typeof VARINT | typeof FIXED32 | typeof FIXED64;
  readonly read: (reader: WireReader) => number;
}

const BOOLS: ContentsField = {
  number: 1,
  name: 'bool_contents',
  wire: VARINT,
  read: (reader) => (reader.uint64() === 0n ? 0 : 1),
};
const INTS: ContentsField = {
  number: 2,
  name: 'int_contents',
  wire: VARINT,
  read: (reader) => reader.uint32() | 0,
};
const UINTS: ContentsField = {
  number: 4,
  name: 'uint_contents',
  wire: VARINT,
  read: (reader) => reader.uint32(),
};
const INT64S: ContentsField = {
  number: 3,
  name: 'int64_contents',
  wire: VARINT,
  read: (reader) => reader.int64(),
};
const UINT64S: ContentsField = {
  number: 5,
  name: 'uint64_contents',
  wire: VARINT,
  read: (reader) => Number(reader.uint64()),
};
const FLOATS: ContentsField = {
  number: 6,
  name: 'fp32_contents',
  wire: FIXED32,
  read: (reader) => reader.float(),
};
const DOUBLES: ContentsField = {
  number: 7,
  name: 'fp64_contents',
  wire: FIXED64,
  read: (reader) => reader.double(),
};

/** Which field of `InferTensorContents` holds the elements of a datatype; none for those that travel as raw bytes only. */
const FIELD_OF: Readonly<Record<NumericDatatype, ContentsField | undefined>> = {
  BOOL: BOOLS,
  INT8: INTS,
  INT16: INTS,
  INT32: INTS,
  INT64: INT64S,
  UINT8: UINTS,
  UINT16: UINTS,
  UINT32: UINTS,
  UINT64: UINT64S,
  FP16: undefined,
  BF16: undefined,
  FP32: FLOATS,
  FP64: DOUBLES,
};

/**
 * The elements of a tensor's typed contents as FP32; NaN is a missing value. Elements may stand packed or one by one.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID when there are not `count` of them, or one is not finite as FP32.
 */
export const floatsOfContents = (
  contents: readonly Buffer[],
  datatype: NumericDatatype,
  count: number,
  tensor: string,
): Float32Array => {
  const field = FIELD_OF[datatype];
  if (!field)
    throw new Refused(
      'PLAYHEAD_INFERENCE_INVALID',
      `input "${tensor}": ${datatype} has no typed contents in the protocol; send raw_input_contents`,
    );
  const values = new Float32Array(count);
  const found = contents.reduce((at, piece) => readPiece(piece, field, values, at), 0);
  if (found !== count)
    throw new Refused(
      'PLAYHEAD_INFERENCE_INVALID',
      `input "${tensor}" has ${found} values in ${field.name}; its shape means ${count}`,
    );
  checkFinite(values, tensor);
  return values;
};

/** Elements beyond the end of `values` are counted and dropped (a write there is none). */
const readPiece = (piece: Buffer, field: ContentsField, values: Float32Array, from: number): number => {
  const reader = new WireReader(piece);
  let at = from;
  while (!reader.done) {
    const tag = reader.tag();
    if (tag === ((field.number << 3) | LENGTH)) {
      const elements = reader.message();
      while (!elements.done) values[at++] = field.read(elements);
    } else if (tag === ((field.number << 3) | field.wire)) values[at++] = field.read(reader);
    else reader.skip(tag);
  }
  return at;
};
