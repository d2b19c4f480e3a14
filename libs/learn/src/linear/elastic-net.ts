import { solveSymmetric } from './solve';

/** A x = b with a pull to 0: the minimum of x'Ax/2 - b'x + l1 x (sum of |x_i| over the first `penalised`). */
export interface Quadratic {
  /** Symmetric, positive semi-definite, [n, n], lower triangle; overwritten. */
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly l1: number;
  readonly penalised: number;
}

/**
 * By Cholesky's method without `l1`; with it by coordinate descent from `start` (Friedman, Hastie and Tibshirani, "Regularization
 * paths for generalized linear models via coordinate descent", 2010), until no step changes the sum by more than 1e-18 of it.
 */
export const minimise = (
  { a, b, l1, penalised }: Quadratic,
  start: Float64Array,
  checkpoint: () => void,
): Float64Array => {
  if (l1 === 0) return solveSymmetric(a, b);
  const n = b.length;
  mirror(a, n);
  const x = Float64Array.from(start);
  const residual = b.map((value, i) => {
    let product = 0;
    for (let j = 0; j < n; j++) product += a[i * n + j]! * x[j]!;
    return value - product;
  });
  let size = 0;
  for (let i = 0; i < n; i++) if (a[i * n + i]! > 0) size += (b[i]! * b[i]!) / a[i * n + i]!;
  for (let sweep = 0, largest = Infinity; sweep < MOST_SWEEPS && largest > 1e-18 * size; sweep++) {
    checkpoint();
    largest = 0;
    for (let i = 0; i < n; i++) {
      const curvature = a[i * n + i]!;
      if (!(curvature > 0)) {
        x[i] = 0;
        continue;
      }
      const wanted = residual[i]! + curvature * x[i]!;
      const next = (i < penalised ? softened(wanted, l1) : wanted) / curvature;
      const step = next - x[i]!;
      if (step === 0) continue;
      x[i] = next;
      for (let j = 0; j < n; j++) residual[j]! -= a[i * n + j]! * step;
      largest = Math.max(largest, curvature * step * step);
    }
  }
  return x;
};

const MOST_SWEEPS = 10_000;

/** `value`, nearer to 0 by `by`. */
const softened = (value: number, by: number): number =>
  value > by ? value - by : value < -by ? value + by : 0;

/** The upper triangle from the lower. */
const mirror = (a: Float64Array, n: number): void => {
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) a[j * n + i] = a[i * n + j]!;
};
