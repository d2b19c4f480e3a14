import { DEFAULT_K } from '../evaluate';
import { measuredQueries, queriesOf, type ListMeasures } from '../metrics/ranked-lists';
import type { Measure, WantedMetric } from './weighted-measure';
import type { Scored } from './scored';

const MEASURE_OF: Partial<Record<string, keyof ListMeasures>> = {
  ndcg: 'ndcg',
  map: 'averagePrecision',
  mrr: 'reciprocalRank',
};

/** Measures of a ranking: means over queries, which are what is weighted. */
export const measureLists = (
  { labels, scores, groups }: Scored,
  wanted: readonly WantedMetric[],
): Measure => {
  const queries = groups ?? new Float64Array(labels.length);
  const byK = new Map<number, (ListMeasures | null)[]>();
  for (const { k = DEFAULT_K } of wanted)
    if (!byK.has(k)) byK.set(k, measuredQueries(labels, scores, queries, k));
  return {
    units: queriesOf(queries).length,
    at: (weights) =>
      Float64Array.from(wanted, ({ metric, k = DEFAULT_K }) => {
        const measure = MEASURE_OF[metric];
        if (measure === undefined) return Number.NaN;
        let sum = 0;
        let count = 0;
        byK.get(k)!.forEach((query, index) => {
          if (query === null) return;
          sum += weights[index]! * query[measure];
          count += weights[index]!;
        });
        return sum / count;
      }),
  };
};
