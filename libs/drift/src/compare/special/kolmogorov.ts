import { exp, log, pow } from '#kernel';
import { logChoose, logGamma } from './gamma';

/**
 * P(D_n >= d) of the one-sample Kolmogorov statistic, as `scipy.stats.kstwo.sf` computes it: Simard and L'Ecuyer, "Computing
 * the Two-Sided Kolmogorov-Smirnov Distribution", 2011, which says where each of the formulas below holds. Above `summedUpTo` rows
 * the sum over rows gives way to its large-sample formula, with a relative error of about (n d^2)^2 / 3n.
 */
export const kolmogorovTail = (rows: number, d: number, summedUpTo = 1e6): number => {
  if (d >= 1) return 0;
  const nd = rows * d;
  if (nd <= 0.5) return 1;
  if (nd <= 1) return 1 - exp(logGamma(rows + 1) + rows * log((2 * nd - 1) / rows));
  if (nd >= rows - 1) return 2 * pow(1 - d, rows);
  const ndd = nd * d;
  if (d >= 0.5 || ndd > (rows <= 140 ? 4 : 2.2)) {
    if (ndd >= 370) return 0;
    return Math.min(2 * (rows > summedUpTo ? oneSidedLimit(rows, d) : oneSided(rows, d)), 1);
  }
  const isSmall = rows <= 140 || (rows <= 100_000 && rows * pow(d, 1.5) <= 1.4);
  return clip(1 - (isSmall ? durbin(rows, d) : pelzGood(rows, d)));
};

const clip = (p: number): number => Math.min(Math.max(p, 0), 1);

/** P(D+ >= d), by the sum of Birnbaum and Tingey (1951): all of its terms are positive. */
const oneSided = (rows: number, d: number): number => {
  let sum = 0;
  const last = Math.floor(rows * (1 - d));
  for (let j = 0; j <= last; j++) {
    const left = d + j / rows;
    if (left >= 1) continue;
    sum += exp(logChoose(rows, j) + (j - 1) * log(left) + (rows - j) * log(1 - left));
  }
  return d * sum;
};

/** Maag and Dicaire, "On Kolmogorov-Smirnov Type One-Sample Statistics", 1971. */
const oneSidedLimit = (rows: number, d: number): number => {
  const root = 6 * rows * d + 1;
  return exp((-root * root) / (18 * rows));
};

const SCALE = 3.402823669209385e38; // 2 ^ 128

/** P(D_n < d) by Durbin's matrix: Marsaglia, Tsang and Wang, "Evaluating Kolmogorov's Distribution", 2003. */
const durbin = (rows: number, d: number): number => {
  const k = Math.ceil(rows * d);
  const size = 2 * k - 1;
  let base = durbinMatrix(k - rows * d, size);
  let power: Float64Array | null = null;
  let [exponent, baseExponent] = [0, 0];
  for (let left = rows; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) {
      power = power ? product(power, base, size) : base;
      exponent += baseExponent;
    }
    base = product(base, base, size);
    baseExponent *= 2;
    if (base[(k - 1) * size + k - 1]! > SCALE) {
      base = base.map((x) => x / SCALE);
      baseExponent++;
    }
  }
  let p = power![(k - 1) * size + k - 1]!;
  for (let i = 1; i <= rows; i++) {
    p = (p * i) / rows;
    if (p < 1 / SCALE) {
      p *= SCALE;
      exponent--;
    }
  }
  for (; exponent > 0; exponent--) p *= SCALE;
  for (; exponent < 0; exponent++) p /= SCALE;
  return p;
};

const durbinMatrix = (h: number, size: number): Float64Array => {
  const matrix = new Float64Array(size * size);
  const inverseFactorials = [1];
  for (let i = 1; i <= size; i++) inverseFactorials.push(inverseFactorials[i - 1]! / i);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size && column <= row + 1; column++)
      matrix[row * size + column] = inverseFactorials[row - column + 1]!;
  for (let i = 0; i < size; i++) {
    const edge = i === size - 1 ? corner(h, size) : 1 - pow(h, i + 1);
    matrix[i * size] = edge * inverseFactorials[i + 1]!;
    matrix[(size - 1) * size + size - 1 - i] = edge * inverseFactorials[i + 1]!;
  }
  return matrix;
};

const corner = (h: number, size: number): number =>
  1 - 2 * pow(h, size) + (h > 0.5 ? pow(2 * h - 1, size) : 0);

const product = (a: Float64Array, b: Float64Array, size: number): Float64Array => {
  const result = new Float64Array(size * size);
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      const factor = a[i * size + k]!;
      if (factor === 0) continue;
      for (let j = 0; j < size; j++) result[i * size + j]! += factor * b[k * size + j]!;
    }
  return result;
};

/** P(D_n <= d) for large n: Pelz and Good, "Approximating the Lower Tail-Areas of the Kolmogorov-Smirnov One-Sample Statistic", 1976. */
const pelzGood = (rows: number, d: number): number => {
  const z = d * Math.sqrt(rows);
  const z2 = z * z;
  const z4 = z2 * z2;
  const z6 = z4 * z2;
  const pi2 = Math.PI * Math.PI;
  const last = Math.ceil((16 * z) / Math.PI);
  let [k0, k1, k2, k3, extra2, extra3] = [0, 0, 0, 0, 0, 0];
  for (let k = last; k > 0; k--) {
    const m2 = (2 * k - 1) * (2 * k - 1);
    const p = pi2 * m2;
    const q = exp(-p / (8 * z2));
    k0 += q;
    k1 += q * (p / 4 - z2);
    k2 += q * (6 * z6 + 2 * z4 + ((2 * z4 - 5 * z2) * p) / 4 + ((1 - 2 * z2) * p * p) / 16);
    k3 +=
      q *
      (-30 * z6 -
        90 * z4 * z4 +
        ((135 * z4 - 96 * z6) * p) / 4 +
        ((212 * z4 - 60 * z2) * p * p) / 16 +
        ((5 - 30 * z2) * p * p * p) / 64);
    const s = pi2 * k * k;
    const r = exp(-s / (2 * z2));
    extra2 += s * r;
    extra3 += (3 * z2 - s) * s * r;
  }
  const root = Math.sqrt(2 * Math.PI);
  const n = Math.sqrt(rows);
  return (
    root *
    (k0 / z +
      k1 / (6 * z4 * n) +
      (k2 / (72 * z6 * z) - extra2 / (36 * z2 * z)) / rows +
      (k3 / (6480 * z6 * z4) + extra3 / (216 * z6)) / (rows * n))
  );
};
