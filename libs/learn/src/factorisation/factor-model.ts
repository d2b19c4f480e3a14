import type { Task } from '../data-set';
import type { KnownIds } from './ids';

/** One side, users or items: a bias and a vector for each known id, and zeros in the row behind the last, for the unknown. */
export interface Side {
  /** The feature that holds the ids. */
  readonly column: number;
  readonly ids: KnownIds;
  /** [ids + 1]. */
  readonly bias: Float32Array;
  /** [ids + 1, factors] row after row. */
  readonly vectors: Float32Array;
}

/** mean + bias of the user + bias of the item + product of their vectors; an unknown one adds nothing. */
export interface FactorModel {
  readonly task: Task;
  readonly features: number;
  readonly factors: number;
  readonly mean: number;
  readonly user: Side;
  readonly item: Side;
}

/** Adds in double, rounds to float32 once: what the ONNX graph does. */
export const predictFactors = (model: FactorModel, rows: Float32Array): Float64Array => {
  const { features, factors, mean, user, item } = model;
  return Float64Array.from({ length: rows.length / features }, (_, row) => {
    const u = user.ids.placeOf(rows[row * features + user.column]!);
    const i = item.ids.placeOf(rows[row * features + item.column]!);
    let product = 0;
    for (let f = 0; f < factors; f++)
      product += user.vectors[u * factors + f]! * item.vectors[i * factors + f]!;
    return Math.fround(product + user.bias[u]! + item.bias[i]! + mean);
  });
};

/**
 * Of users and items: the variance over the training rows of their bias, and half of that of the product, as shares of all three. 0 for
 * every other feature.
 */
export const varianceShares = (model: FactorModel, users: Uint32Array, items: Uint32Array): Float64Array => {
  const { features, factors, user, item } = model;
  const product = (_: unknown, row: number): number => {
    let sum = 0;
    for (let f = 0; f < factors; f++)
      sum += user.vectors[users[row]! * factors + f]! * item.vectors[items[row]! * factors + f]!;
    return sum;
  };
  const shared = variance(Float64Array.from(users, product)) / 2;
  const own = [
    variance(Float64Array.from(users, (u) => user.bias[u]!)) + shared,
    variance(Float64Array.from(items, (i) => item.bias[i]!)) + shared,
  ];
  const total = own[0]! + own[1]!;
  const shares = new Float64Array(features);
  if (total > 0) [user, item].forEach(({ column }, side) => (shares[column] = own[side]! / total));
  return shares;
};

const variance = (values: Float64Array): number => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length;
};
