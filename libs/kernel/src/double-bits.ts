/** The two halves of a double's bit pattern, on any byte order. */
const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
double[0] = 1;
const HIGH = words[1] === 0x3ff00000 ? 1 : 0;
const LOW = 1 - HIGH;

/** Sign, exponent and the upper 20 bits of the fraction, as a signed 32-bit integer. */
export const highWord = (x: number): number => {
  double[0] = x;
  return words[HIGH]!;
};

/** The lower 32 bits of the fraction, as a signed 32-bit integer. */
export const lowWord = (x: number): number => {
  double[0] = x;
  return words[LOW]!;
};

/** x with another high word. */
export const withHighWord = (x: number, high: number): number => {
  double[0] = x;
  words[HIGH] = high;
  return double[0];
};

/** x with the lower 32 bits of its fraction cleared: half of its digits, so that products of two such are exact. */
export const withoutLowWord = (x: number): number => {
  double[0] = x;
  words[LOW] = 0;
  return double[0];
};

/** The bit pattern as 16 hexadecimal digits, for golden values in tests. */
export const doubleToHex = (x: number): string =>
  (highWord(x) >>> 0).toString(16).padStart(8, '0') + (lowWord(x) >>> 0).toString(16).padStart(8, '0');
