import { exp, log2 } from '#kernel';
import { listMeasures, queriesOf, type QueryRows } from '../../metrics/ranked-lists';
import { exactness, type LabelledRows, type Objective } from './objective';

/** Pairs count of which one row at least stands among the first so many, as in LightGBM. */
export const DEEPEST = 30;

/**
 * LambdaMART (Burges, "From RankNet to LambdaRank to LambdaMART", 2010): in each query, pairs of rows of different relevance push
 * each other apart as logistic regression would, as much as swapping them would change the NDCG of the order that the scores give (of
 * equal scores the earlier row stands first). Relevance is the gain, as in the metric `ndcg`. The pushes of a query together count
 * like log2(1 + their sum), so that long queries do not drown short ones. A row stands at its score.
 */
export const lambdaRank = ({ labels, groups }: LabelledRows): Objective => {
  const scores = new Float64Array(labels.length);
  const pushes = new Float64Array(2 * labels.length);
  const queries = queriesOf(groups!);
  const longest = queries.reduce((most, { from, to }) => Math.max(most, to - from), 0);
  const discounts = Float64Array.from({ length: longest }, (_, place) => 1 / log2(place + 2));
  const ideals = Float64Array.from(queries, (query) => idealGain(labels, query, discounts));
  return {
    metric: '1 - ndcg',
    outputs: 1,
    bestConstants: () => [0],
    startAt: ([score]) => void scores.fill(score!),

    gradients(_, gradients) {
      pushes.fill(0);
      queries.forEach((query, index) => {
        if (ideals[index]! > 0) pushApart(query, ideals[index]!, labels, scores, discounts, pushes);
      });
      const largest = pushes.reduce((most, push) => Math.max(most, Math.abs(push)), 1e-300);
      const { unit, shortener } = exactness(largest, labels.length);
      for (let row = 0; row < labels.length; row++) {
        const hessian = pushes[2 * row + 1]! + shortener - shortener;
        gradients[2 * row] = pushes[2 * row]! + shortener - shortener;
        gradients[2 * row + 1] = hessian > unit ? hessian : unit;
      }
    },

    advance(_, value, leafOf) {
      for (let row = 0; row < scores.length; row++) scores[row]! += value[leafOf[row]!]!;
    },

    endRound: () => undefined,

    loss(step) {
      let sum = 0;
      let counted = 0;
      for (let index = 0; index < queries.length; index += step) {
        const { from, to } = queries[index]!;
        const measured = listMeasures(labels.subarray(from, to), scores.subarray(from, to), to - from);
        if (measured === null) continue;
        sum += measured.ndcg;
        counted++;
      }
      return counted === 0 ? 0 : 1 - sum / counted;
    },
  };
};

const idealGain = (labels: Float64Array, { from, to }: QueryRows, discounts: Float64Array): number =>
  labels
    .slice(from, to)
    .sort()
    .reverse()
    .reduce((sum, gain, place) => sum + gain * discounts[place]!, 0);

/** Adds gradient and hessian of the rows of one query. */
const pushApart = (
  { from, to }: QueryRows,
  ideal: number,
  labels: Float64Array,
  scores: Float64Array,
  discounts: Float64Array,
  pushes: Float64Array,
): void => {
  const order = Uint32Array.from({ length: to - from }, (_, i) => from + i);
  order.sort((a, b) => scores[b]! - scores[a]! || a - b);
  let total = 0;
  for (let i = 0; i < Math.min(order.length, DEEPEST); i++) {
    for (let j = i + 1; j < order.length; j++) {
      const [first, second] = [order[i]!, order[j]!];
      if (labels[first] === labels[second]) continue;
      const [better, worse] = labels[first]! > labels[second]! ? [first, second] : [second, first];
      const swap = ((labels[better]! - labels[worse]!) * (discounts[i]! - discounts[j]!)) / ideal;
      const doubt = 1 / (1 + exp(scores[better]! - scores[worse]!));
      const hessian = swap * doubt * (1 - doubt);
      pushes[2 * better]! -= swap * doubt;
      pushes[2 * worse]! += swap * doubt;
      pushes[2 * better + 1]! += hessian;
      pushes[2 * worse + 1]! += hessian;
      total += 2 * swap * doubt;
    }
  }
  if (total === 0) return;
  const share = log2(1 + total) / total;
  for (let row = from; row < to; row++) {
    pushes[2 * row]! *= share;
    pushes[2 * row + 1]! *= share;
  }
};
