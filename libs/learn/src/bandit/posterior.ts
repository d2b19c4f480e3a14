import type { Rng } from '#kernel';
import { log } from '#kernel';

/** What a ridge regression knows of one arm. Vectors of the context end with a 1, for the arm's own level. */
export interface Posterior {
  /** [width]: the expected reward is weights . context. */
  readonly weights: Float64Array;
  /** [width, width], lower triangle: the variance of that is the squared length of root x context, times that of the noise. */
  readonly root: Float64Array;
}

/** Sums over the rows of an arm: of context x context' (+ l2 on the diagonal), and of reward x context, each times the row's weight. */
export interface Sums {
  /** [width, width], lower triangle. */
  readonly a: Float64Array;
  readonly b: Float64Array;
}

export const emptySums = (width: number, l2: number): Sums => {
  const a = new Float64Array(width * width);
  for (let i = 0; i < width; i++) a[i * width + i] = l2;
  return { a, b: new Float64Array(width) };
};

export const addRow = ({ a, b }: Sums, context: Float64Array, reward: number, weight: number): void => {
  const width = b.length;
  for (let i = 0; i < width; i++) {
    const value = weight * context[i]!;
    if (value === 0) continue;
    b[i]! += value * reward;
    for (let j = 0; j <= i; j++) a[i * width + j]! += value * context[j]!;
  }
};

/** weights = A^-1 b, root = L^-1 where A = L L' (Cholesky). A is positive definite, as l2 > 0. */
export const posteriorOf = ({ a, b }: Sums): Posterior => {
  const width = b.length;
  const l = Float64Array.from(a);
  for (let j = 0; j < width; j++) {
    for (let k = 0; k < j; k++) l[j * width + j]! -= l[j * width + k]! * l[j * width + k]!;
    l[j * width + j] = Math.sqrt(l[j * width + j]!);
    for (let i = j + 1; i < width; i++) {
      for (let k = 0; k < j; k++) l[i * width + j]! -= l[i * width + k]! * l[j * width + k]!;
      l[i * width + j]! /= l[j * width + j]!;
    }
  }
  const root = new Float64Array(width * width);
  for (let j = 0; j < width; j++) {
    root[j * width + j] = 1 / l[j * width + j]!;
    for (let i = j + 1; i < width; i++) {
      let sum = 0;
      for (let k = j; k < i; k++) sum -= l[i * width + k]! * root[k * width + j]!;
      root[i * width + j] = sum / l[i * width + i]!;
    }
  }
  return { weights: transposedProduct(root, product(root, b)), root };
};

/** root x v. */
export const product = (root: Float64Array, v: Float64Array): Float64Array =>
  v.map((_, i) => {
    let sum = 0;
    for (let j = 0; j <= i; j++) sum += root[i * v.length + j]! * v[j]!;
    return sum;
  });

/** root' x v. */
const transposedProduct = (root: Float64Array, v: Float64Array): Float64Array =>
  v.map((_, j) => {
    let sum = 0;
    for (let i = j; i < v.length; i++) sum += root[i * v.length + j]! * v[i]!;
    return sum;
  });

/** Weights drawn around the expected ones, as unsure as the posterior is, times `width`. */
export const drawWeights = ({ weights, root }: Posterior, width: number, rng: Rng): Float64Array => {
  const drawn = transposedProduct(
    root,
    weights.map(() => drawNormal(rng)),
  );
  return weights.map((weight, i) => weight + width * drawn[i]!);
};

/** Standard normal (the polar method; Marsaglia and Bray, 1964): no function that differs between engines. */
const drawNormal = (rng: Rng): number => {
  for (;;) {
    const u = 2 * rng.uniform() - 1;
    const v = 2 * rng.uniform() - 1;
    const s = u * u + v * v;
    if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s);
  }
};
