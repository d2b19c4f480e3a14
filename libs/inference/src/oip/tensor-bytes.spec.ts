import { floatsOfBytes, numericDatatype, type NumericDatatype } from './tensor-bytes';

const bytesOf = (array: ArrayBufferView): Uint8Array =>
  new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

describe('floatsOfBytes', () => {
  it.each<[NumericDatatype, ArrayBufferView, number[]]>([
    ['BOOL', Uint8Array.of(0, 1, 2), [0, 1, 1]],
    ['UINT8', Uint8Array.of(0, 255), [0, 255]],
    ['UINT16', Uint16Array.of(0, 65535), [0, 65535]],
    ['UINT32', Uint32Array.of(0, 16777217), [0, 16777216]],
    ['UINT64', BigUint64Array.of(7n, 2n ** 64n - 1n), [7, 18446744073709552000]],
    ['INT8', Int8Array.of(-128, 127), [-128, 127]],
    ['INT16', Int16Array.of(-32768, 32767), [-32768, 32767]],
    ['INT32', Int32Array.of(-5, 2147483647), [-5, 2147483648]],
    ['INT64', BigInt64Array.of(-(2n ** 63n), 9n), [-9223372036854775808, 9]],
    ['FP16', Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7e00), [1, -2, 65504, 2 ** -24, 2 ** -14, Number.NaN]], // prettier-ignore
    ['BF16', Uint16Array.of(0x3f80, 0xc000, 0x7fc0), [1, -2, Number.NaN]],
    ['FP32', Float32Array.of(0.1, Number.NaN), [Math.fround(0.1), Number.NaN]],
    ['FP64', Float64Array.of(0.1, 1e-300, Number.NaN), [Math.fround(0.1), 0, Number.NaN]],
  ])('reads %s', (datatype, array, expected) => {
    const bytes = bytesOf(array);
    expect([...floatsOfBytes(bytes, datatype, expected.length, 'input')]).toEqual(expected);
    const unaligned = new Uint8Array(bytes.length + 1);
    unaligned.set(bytes, 1);
    expect([...floatsOfBytes(unaligned.subarray(1), datatype, expected.length, 'input')]).toEqual(expected);
  });

  it('copies nothing of FP32 that is aligned', () => {
    const values = Float32Array.of(1, 2, 3, 4);
    expect(floatsOfBytes(bytesOf(values).subarray(4, 12), 'FP32', 2, 'input').buffer).toBe(values.buffer);
  });

  it.each<[string, NumericDatatype, ArrayBufferView, string]>([
    ['too few bytes', 'FP32', Uint8Array.of(1, 2, 3), 'input "input" has 3 bytes; 2 values of FP32 are 8'],
    ['an infinite FP32', 'FP32', Float32Array.of(1, Infinity), 'value 1 is beyond FP32 (Infinity)'],
    [
      'an FP64 that FP32 cannot hold',
      'FP64',
      Float64Array.of(1, -1e39),
      'value 1 is beyond FP32 (-Infinity)',
    ],
    ['an infinite FP16', 'FP16', Uint16Array.of(0, 0x7c00), 'value 1 is beyond FP32 (Infinity)'],
  ])('refuses %s', (_, datatype, array, message) => {
    expect(() => floatsOfBytes(bytesOf(array), datatype, 2, 'input')).toThrow(message);
  });

  it('refuses texts and unknown datatypes', () => {
    expect(() => numericDatatype('BYTES', 'input')).toThrow(
      'has the datatype "BYTES"; the model takes numbers',
    );
    expect(() => numericDatatype('toString', 'input')).toThrow('has the datatype "toString"');
    expect(numericDatatype('INT8', 'input')).toBe('INT8');
  });
});
