import { highWord, lowWord } from './double-bits';

/** A double as a whole multiple of 2^-1074. */
export const toUnits = (x: number): bigint => {
  const high = highWord(x) >>> 0;
  const exponent = (high >>> 20) & 0x7ff;
  const fraction = (BigInt(high & 0xfffff) << 32n) | BigInt(lowWord(x) >>> 0);
  const magnitude = exponent === 0 ? fraction : (fraction | (1n << 52n)) << BigInt(exponent - 1);
  return high >>> 31 ? -magnitude : magnitude;
};

/** The double nearest to numerator / denominator * 2^exponent, ties to even, by long division. */
export const nearestDouble = (numerator: bigint, denominator: bigint, exponent: number): number => {
  if (numerator === 0n) return 0;
  const sign = numerator < 0n ? -1 : 1;
  let n = sign < 0 ? -numerator : numerator;
  let shift = Math.max(0, 56 - (n.toString(2).length - denominator.toString(2).length));
  n <<= BigInt(shift);
  let quotient = n / denominator;
  let sticky = n % denominator === 0n ? 0n : 1n;
  let power = exponent - shift;
  const drop = Math.max(quotient.toString(2).length - 53, -1074 - power, 0);
  if (drop > 0) {
    const cut = quotient & ((1n << BigInt(drop)) - 1n);
    const half = 1n << BigInt(drop - 1);
    quotient >>= BigInt(drop);
    power += drop;
    if (cut > half || (cut === half && (sticky === 1n || (quotient & 1n) === 1n))) quotient += 1n;
    sticky = 0n;
  }
  shift = Math.max(-1000 - power, 0);
  return sign * Number(quotient) * 2 ** (power + shift) * 2 ** -shift;
};

/** The sum of doubles, exact in BigInt and rounded once. */
export const sumOracle = (terms: readonly number[]): number =>
  nearestDouble(
    terms.reduce((sum, x) => sum + toUnits(x), 0n),
    1n,
    -1074,
  );

/** The variance of the sample: numerator exact in BigInt and rounded once. Terms are whole numbers of 1/scale. */
export const varianceOracle = (terms: readonly number[], scale = 1): number | null => {
  const n = BigInt(terms.length);
  if (n < 2n) return null;
  const units = terms.map(toUnits);
  const sum = units.reduce((total, x) => total + x, 0n);
  const squares = units.reduce((total, x) => total + x * x, 0n);
  return nearestDouble(n * squares - sum * sum, 1n, -2148) / Number(n * (n - 1n) * BigInt(scale * scale));
};
