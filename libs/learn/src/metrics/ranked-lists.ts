import { Refused, log2 } from '#kernel';
import { averagedOver } from './ratio';

/** One query's rows, [from, to). */
export interface QueryRows {
  readonly from: number;
  readonly to: number;
}

/** Neighbouring rows of one group are one query. */
export const queriesOf = (groups: ArrayLike<number>): QueryRows[] => {
  const queries: QueryRows[] = [];
  for (let from = 0; from < groups.length;) {
    let to = from + 1;
    while (to < groups.length && groups[to] === groups[from]) to++;
    queries.push({ from, to });
    from = to;
  }
  return queries;
};

export interface ListMeasures {
  /** Normalised discounted cumulative gain at k (Jarvelin and Kekalainen, 2002), gain = relevance, discount 1 / log2(rank + 1). */
  readonly ndcg: number;
  /** Average precision at k: the mean, over the min(k, relevant) best places, of the precision at each relevant row. */
  readonly averagePrecision: number;
  /** 1 / rank of the first relevant row. */
  readonly reciprocalRank: number;
}

/**
 * How well one query's rows are ordered; greater scores stand first, a relevance above 0 is relevant. Rows with equal scores
 * count with the mean over all their orders (McSherry and Najork, 2008), so the answer does not depend on the order of rows.
 * Null when no row is relevant: such a query says nothing.
 */
export const listMeasures = (
  relevance: Float64Array,
  scores: Float64Array,
  k: number,
): ListMeasures | null => {
  const relevant = relevance.reduce((count, each) => count + (each > 0 ? 1 : 0), 0);
  if (relevant === 0) return null;
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[b]! - scores[a]!);
  let gain = 0;
  let precisions = 0;
  let reciprocal = 0;
  let found = 0;
  for (let from = 0; from < order.length;) {
    let to = from;
    let sum = 0;
    let hits = 0;
    while (to < order.length && scores[order[to]!] === scores[order[from]!]) {
      const value = relevance[order[to]!]!;
      sum += value;
      if (value > 0) hits++;
      to++;
    }
    const ties = to - from;
    // The chance that no relevant row of the tied ones stands in its first places.
    let none = 1;
    for (let i = 0; i < ties; i++) {
      const rank = from + i + 1;
      if (rank <= k) gain += sum / ties / log2(rank + 1);
      if (hits > 0 && rank <= k) {
        const others = ties > 1 ? (i * (hits - 1)) / (ties - 1) : 0;
        precisions += ((hits / ties) * (found + others + 1)) / rank;
      }
      if (found === 0 && hits > 0) {
        const first = Math.min(1, hits / (ties - i));
        reciprocal += (none * first) / rank;
        none *= 1 - first;
      }
    }
    found += hits;
    from = to;
  }
  return {
    ndcg: gain / idealGain(relevance, k),
    averagePrecision: precisions / Math.min(k, relevant),
    reciprocalRank: reciprocal,
  };
};

const idealGain = (relevance: Float64Array, k: number): number => {
  const best = relevance.slice().sort();
  let gain = 0;
  for (let rank = 1; rank <= Math.min(k, best.length); rank++)
    gain += best[best.length - rank]! / log2(rank + 1);
  return gain;
};

/** The measures of each query that has a relevant row, in their order. @throws Refused PLAYHEAD_LEARN_INVALID */
export const measuredQueries = (
  relevance: Float64Array,
  scores: Float64Array,
  groups: ArrayLike<number>,
  k: number,
): (ListMeasures | null)[] => {
  if (relevance.length !== scores.length || groups.length !== scores.length)
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `${relevance.length} labels and ${groups.length} groups but ${scores.length} predictions`,
    );
  if (relevance.some(Number.isNaN) || scores.some(Number.isNaN))
    throw new Refused('PLAYHEAD_LEARN_INVALID', 'metrics need numbers; a label or a prediction is NaN');
  return queriesOf(groups).map(({ from, to }) =>
    listMeasures(relevance.subarray(from, to), scores.subarray(from, to), k),
  );
};

/** The mean of a measure over the queries that have a relevant row; null when none has. */
export const meanOverQueries = (
  queries: readonly (ListMeasures | null)[],
  measure: keyof ListMeasures,
): number | null => averagedOver(queries.length, (query) => queries[query]?.[measure] ?? null);
