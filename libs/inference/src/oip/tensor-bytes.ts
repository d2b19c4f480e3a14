import { Refused } from '#kernel';

/** Bytes of an element of each datatype of the protocol; BYTES elements say their length themselves. */
export const DATATYPE_BYTES = {
  BOOL: 1,
  UINT8: 1,
  UINT16: 2,
  UINT32: 4,
  UINT64: 8,
  INT8: 1,
  INT16: 2,
  INT32: 4,
  INT64: 8,
  FP16: 2,
  BF16: 2,
  FP32: 4,
  FP64: 8,
} as const;

export type NumericDatatype = keyof typeof DATATYPE_BYTES;

/**
 * The datatype, if a model of numbers can read it.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID for BYTES and for what the protocol does not know.
 */
export const numericDatatype = (datatype: unknown, tensor: string): NumericDatatype => {
  if (typeof datatype === 'string' && Object.hasOwn(DATATYPE_BYTES, datatype))
    return datatype as NumericDatatype;
  throw new Refused(
    'PLAYHEAD_INFERENCE_INVALID',
    `input "${tensor}" has the datatype ${JSON.stringify(datatype)}; the model takes numbers: send "FP32", or one of ` +
      Object.keys(DATATYPE_BYTES).join(', '),
  );
};

/**
 * `count` elements of a tensor's raw bytes (little-endian, no gaps) as FP32; NaN stays NaN, a missing value. FP32 that is aligned is a
 * view of `bytes`, everything else a copy.
 * @throws Refused PLAYHEAD_INFERENCE_INVALID when the number of bytes is another one, or a value is not finite as FP32.
 */
export const floatsOfBytes = (
  bytes: Uint8Array,
  datatype: NumericDatatype,
  count: number,
  tensor: string,
): Float32Array => {
  const size = DATATYPE_BYTES[datatype];
  if (bytes.length !== count * size)
    throw new Refused(
      'PLAYHEAD_INFERENCE_INVALID',
      `input "${tensor}" has ${bytes.length} bytes; ${count} values of ${datatype} are ${count * size}`,
    );
  const values = datatype === 'FP32' ? viewOf(bytes, count) : converted(bytes, datatype, count);
  checkFinite(values, tensor);
  return values;
};

/** @throws Refused PLAYHEAD_INFERENCE_INVALID for an infinite value; NaN is a missing one. */
export const checkFinite = (values: Float32Array, tensor: string): void => {
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value === Infinity || value === -Infinity)
      throw new Refused(
        'PLAYHEAD_INFERENCE_INVALID',
        `input "${tensor}": value ${i} is beyond FP32 (${value})`,
      );
  }
};

const IS_LITTLE_ENDIAN = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

const viewOf = (bytes: Uint8Array, count: number): Float32Array => {
  if (!IS_LITTLE_ENDIAN) return converted(bytes, 'FP32', count);
  if (bytes.byteOffset % 4 === 0) return new Float32Array(bytes.buffer, bytes.byteOffset, count);
  const values = new Float32Array(count);
  new Uint8Array(values.buffer).set(bytes);
  return values;
};

type ReadElement = (view: DataView, at: number) => number;

const READ: Readonly<Record<NumericDatatype, ReadElement>> = {
  BOOL: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
  UINT8: (view, at) => view.getUint8(at),
  UINT16: (view, at) => view.getUint16(at, true),
  UINT32: (view, at) => view.getUint32(at, true),
  UINT64: (view, at) => Number(view.getBigUint64(at, true)),
  INT8: (view, at) => view.getInt8(at),
  INT16: (view, at) => view.getInt16(at, true),
  INT32: (view, at) => view.getInt32(at, true),
  INT64: (view, at) => Number(view.getBigInt64(at, true)),
  FP16: (view, at) => halfToNumber(view.getUint16(at, true)),
  // The upper half of an FP32.
  BF16: (view, at) => {
    WORD[0] = view.getUint16(at, true) << 16;
    return WORD_AS_FLOAT[0]!;
  },
  FP32: (view, at) => view.getFloat32(at, true),
  FP64: (view, at) => view.getFloat64(at, true),
};

const WORD = new Uint32Array(1);
const WORD_AS_FLOAT = new Float32Array(WORD.buffer);

const converted = (bytes: Uint8Array, datatype: NumericDatatype, count: number): Float32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const read = READ[datatype];
  const size = DATATYPE_BYTES[datatype];
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * size);
  return values;
};

const SMALLEST_SUBNORMAL_HALF = 5.9604644775390625e-8;

/** IEEE 754 binary16: one bit of sign, five of exponent, ten of fraction. */
const halfToNumber = (bits: number): number => {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : Number.NaN;
  if (exponent === 0) return sign * fraction * SMALLEST_SUBNORMAL_HALF;
  // Exact: the significand times a power of two that int32 can hold.
  return sign * (0x400 + fraction) * (1 << (exponent - 1)) * SMALLEST_SUBNORMAL_HALF;
};
