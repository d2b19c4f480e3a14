import type { Rng } from '#kernel';
import { solveSymmetric } from '../linear/solve';

/** Ratings by row; `users` and `items` are places, those at or beyond the counts unknown. */
export interface Ratings {
  readonly users: Uint32Array;
  readonly items: Uint32Array;
  readonly values: Float64Array;
  readonly userCount: number;
  readonly itemCount: number;
}

/** Of one side: [count + 1, factors + 1], the bias first; the last row is zeros. */
export type Table = Float64Array;

/** Small random vectors, so that the first step has directions to choose from; biases 0. */
export const drawTable = (count: number, factors: number, rng: Rng): Table => {
  const width = factors + 1;
  const table = new Float64Array((count + 1) * width);
  for (let at = 0; at < count * width; at++) if (at % width > 0) table[at] = 0.2 * (rng.uniform() - 0.5);
  return table;
};

/** Rows by the place of one side: those of place p are `order[starts[p] .. starts[p + 1]]`, in their own order. */
export const rowsByPlace = (
  places: Uint32Array,
  count: number,
): { starts: Uint32Array; order: Uint32Array } => {
  const starts = new Uint32Array(count + 2);
  for (const place of places) starts[place + 1]!++;
  for (let place = 0; place <= count; place++) starts[place + 1]! += starts[place]!;
  const next = starts.slice();
  const order = new Uint32Array(places.length);
  places.forEach((place, row) => (order[next[place]!++] = row));
  return { starts, order };
};

/**
 * The best biases and vectors of one side while the `other` is held: for each place the ridge regression of what the other's bias leaves
 * on [1, the other's vector], with l2 as often as it has rows. Writes into `table`.
 */
export const solveSide = (
  { starts, order }: ReturnType<typeof rowsByPlace>,
  table: Table,
  others: Uint32Array,
  other: Table,
  values: Float64Array,
  factors: number,
  l2: number,
): void => {
  const width = factors + 1;
  const count = table.length / width - 1;
  const z = new Float64Array(width);
  for (let place = 0; place < count; place++) {
    const a = new Float64Array(width * width);
    const b = new Float64Array(width);
    const rows = starts[place + 1]! - starts[place]!;
    for (let at = starts[place]!; at < starts[place + 1]!; at++) {
      const row = order[at]!;
      const begin = others[row]! * width;
      const target = values[row]! - other[begin]!;
      z[0] = 1;
      for (let f = 1; f < width; f++) z[f] = other[begin + f]!;
      for (let i = 0; i < width; i++) {
        b[i]! += z[i]! * target;
        for (let j = 0; j <= i; j++) a[i * width + j]! += z[i]! * z[j]!;
      }
    }
    for (let i = 0; i < width; i++) a[i * width + i]! += l2 * rows;
    table.set(solveSymmetric(a, b), place * width);
  }
};

/** What is minimised: summed over the ratings, squared error + l2 x (squares of both biases and both vectors). */
export const objectiveOf = (
  ratings: Ratings,
  users: Table,
  items: Table,
  factors: number,
  l2: number,
): number => {
  const width = factors + 1;
  let sum = 0;
  ratings.values.forEach((value, row) => {
    const [u, i] = [ratings.users[row]! * width, ratings.items[row]! * width];
    let error = value - users[u]! - items[i]!;
    let squares = users[u]! * users[u]! + items[i]! * items[i]!;
    for (let f = 1; f < width; f++) {
      error -= users[u + f]! * items[i + f]!;
      squares += users[u + f]! * users[u + f]! + items[i + f]! * items[i + f]!;
    }
    sum += error * error + l2 * squares;
  });
  return sum;
};
