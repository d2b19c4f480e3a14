/** The sum of a[i] * b[i] over i < size; four sums side by side, always in the same order. */
export const dot = (a: Float64Array, b: Float64Array, size: number): number => {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let i = 0;
  for (; i + 3 < size; i += 4) {
    s0 += a[i]! * b[i]!;
    s1 += a[i + 1]! * b[i + 1]!;
    s2 += a[i + 2]! * b[i + 2]!;
    s3 += a[i + 3]! * b[i + 3]!;
  }
  for (; i < size; i++) s0 += a[i]! * b[i]!;
  return s0 + s1 + (s2 + s3);
};

/**
 * Solves A x = b for a symmetric positive semi-definite A ([n, n], lower triangle) by Cholesky's method; A is overwritten.
 * A variable that the ones before it determine (constant, duplicate) gets no part in the answer: its x is 0.
 */
export const solveSymmetric = (a: Float64Array, b: Float64Array): Float64Array => {
  const n = b.length;
  const x = Float64Array.from(b);
  const dropped = new Uint8Array(n);
  for (let j = 0; j < n; j++) {
    const diagonal = a[j * n + j]!;
    let pivot = diagonal;
    for (let k = 0; k < j; k++) pivot -= a[j * n + k]! * a[j * n + k]!;
    if (!(pivot > 1e-11 * diagonal)) {
      dropped[j] = 1;
      for (let i = j; i < n; i++) a[i * n + j] = 0;
      continue;
    }
    const root = Math.sqrt(pivot);
    a[j * n + j] = root;
    for (let i = j + 1; i < n; i++) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k++) sum -= a[i * n + k]! * a[j * n + k]!;
      a[i * n + j] = sum / root;
    }
  }
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i]! -= a[i * n + k]! * x[k]!;
    x[i] = dropped[i] ? 0 : x[i]! / a[i * n + i]!;
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let k = i + 1; k < n; k++) x[i]! -= a[k * n + i]! * x[k]!;
    x[i] = dropped[i] ? 0 : x[i]! / a[i * n + i]!;
  }
  return x;
};
