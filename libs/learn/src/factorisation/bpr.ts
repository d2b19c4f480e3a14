import { log1p, exp, Rng } from '#kernel';
import type { Ratings, Table } from './als';

/** What somebody wanted: rows with a relevance above 0, and the relevance of each pair of user and item. */
export class Wishes {
  /** Rows with a relevance above 0. */
  readonly rows: Uint32Array;
  private readonly relevance = new Map<number, number>();

  constructor(private readonly ratings: Ratings) {
    const { values, users, items } = ratings;
    this.rows = Uint32Array.from(Array.from(values.keys()).filter((row) => values[row]! > 0));
    for (const row of this.rows) {
      const key = this.key(users[row]!, items[row]!);
      this.relevance.set(key, Math.max(values[row]!, this.relevance.get(key) ?? 0));
    }
  }

  /** An item that this row's user wants less than the row's item; what is not in the data counts as 0. null after some vain tries. */
  drawLess(row: number, rng: Rng): number | null {
    const { users, values, itemCount } = this.ratings;
    for (let attempt = 0; attempt < 10; attempt++) {
      const item = rng.below(itemCount);
      if ((this.relevance.get(this.key(users[row]!, item)) ?? 0) < values[row]!) return item;
    }
    return null;
  }

  private key(user: number, item: number): number {
    return user * (this.ratings.itemCount + 1) + item;
  }
}

/** How much more the tables make of item `i` than of item `j` for the user, all given by where their rows begin. */
const preference = (users: Table, items: Table, u: number, i: number, j: number, width: number): number => {
  let sum = items[i]! - items[j]!;
  for (let f = 1; f < width; f++) sum += users[u + f]! * (items[i + f]! - items[j + f]!);
  return sum;
};

/**
 * One pass of stochastic gradient descent: as many draws as there are wishes, each against an item that is wanted less (BPR; Rendle,
 * Freudenthaler, Gantner and Schmidt-Thieme, 2009). Users have no bias: it would change no order.
 */
export const descendPairs = (
  ratings: Ratings,
  wishes: Wishes,
  users: Table,
  items: Table,
  { factors, rate, l2, rng }: { factors: number; rate: number; l2: number; rng: Rng },
): void => {
  const width = factors + 1;
  for (let draw = 0; draw < wishes.rows.length; draw++) {
    const row = wishes.rows[rng.below(wishes.rows.length)]!;
    const less = wishes.drawLess(row, rng);
    if (less === null || ratings.items[row]! >= ratings.itemCount) continue;
    const [u, i, j] = [ratings.users[row]! * width, ratings.items[row]! * width, less * width];
    const isKnown = ratings.users[row]! < ratings.userCount;
    const pull = 1 / (1 + exp(preference(users, items, u, i, j, width)));
    items[i]! += rate * (pull - l2 * items[i]!);
    items[j]! += rate * (-pull - l2 * items[j]!);
    if (!isKnown) continue;
    for (let f = 1; f < width; f++) {
      const [p, q, r] = [users[u + f]!, items[i + f]!, items[j + f]!];
      users[u + f] = p + rate * (pull * (q - r) - l2 * p);
      items[i + f] = q + rate * (pull * p - l2 * q);
      items[j + f] = r + rate * (-pull * p - l2 * r);
    }
  }
};

/** The mean log loss of the pairs that a generator of its own draws, one for each wish; 0 where there is none. */
export const pairLoss = (
  ratings: Ratings,
  wishes: Wishes,
  users: Table,
  items: Table,
  factors: number,
  seed: number,
): number => {
  const width = factors + 1;
  const rng = new Rng(seed);
  let sum = 0;
  let pairs = 0;
  for (const row of wishes.rows) {
    const less = wishes.drawLess(row, rng);
    if (less === null) continue;
    const [u, i, j] = [ratings.users[row]! * width, ratings.items[row]! * width, less * width];
    const score = preference(users, items, u, i, j, width);
    sum += (score > 0 ? 0 : -score) + log1p(exp(score > 0 ? -score : score));
    pairs++;
  }
  return pairs === 0 ? 0 : sum / pairs;
};
