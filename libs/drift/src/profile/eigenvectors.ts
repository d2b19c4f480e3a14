export interface Eigen {
  readonly values: readonly number[];
  /** The vector of each value, of length 1. */
  readonly vectors: readonly (readonly number[])[];
}

const MOST_SWEEPS = 60;

/**
 * Eigenvalues, the largest first, and eigenvectors of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, "Matrix Computations",
 * section 8.5): only + - * / and square roots, so the same bits everywhere. The matrix is left as it was.
 */
export const eigenOf = (symmetric: readonly Float64Array[]): Eigen => {
  const n = symmetric.length;
  const a = symmetric.map((row) => row.slice());
  const v = a.map((_, i) => Float64Array.from({ length: n }, (__, j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < MOST_SWEEPS && !isDiagonal(a); sweep++)
    for (let p = 0; p < n - 1; p++) for (let q = p + 1; q < n; q++) rotate(a, v, p, q);
  const order = a.map((_, i) => i).sort((i, j) => a[j]![j]! - a[i]![i]! || i - j);
  return { values: order.map((i) => a[i]![i]!), vectors: order.map((i) => [...v[i]!]) };
};

/** Whether what is beside the diagonal is rounding. */
const isDiagonal = (a: readonly Float64Array[]): boolean => {
  let beside = 0;
  let diagonal = 0;
  for (let i = 0; i < a.length; i++) {
    diagonal += a[i]![i]! * a[i]![i]!;
    for (let j = 0; j < i; j++) beside += a[i]![j]! * a[i]![j]!;
  }
  return beside <= 1e-30 * diagonal;
};

/** Makes a[p][q] zero. The rows of `v` become the eigenvectors. */
const rotate = (a: readonly Float64Array[], v: readonly Float64Array[], p: number, q: number): void => {
  const apq = a[p]![q]!;
  if (apq === 0) return;
  const theta = (a[q]![q]! - a[p]![p]!) / (2 * apq);
  const t = (theta >= 0 ? 1 : -1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
  const c = 1 / Math.sqrt(t * t + 1);
  const s = t * c;
  for (let i = 0; i < a.length; i++) {
    const row = a[i]!;
    const [x, y] = [row[p]!, row[q]!];
    row[p] = c * x - s * y;
    row[q] = s * x + c * y;
  }
  turn(a[p]!, a[q]!, c, s);
  turn(v[p]!, v[q]!, c, s);
};

const turn = (x: Float64Array, y: Float64Array, c: number, s: number): void => {
  for (let i = 0; i < x.length; i++) {
    const [xi, yi] = [x[i]!, y[i]!];
    x[i] = c * xi - s * yi;
    y[i] = s * xi + c * yi;
  }
};
