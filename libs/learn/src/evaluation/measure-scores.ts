import { log } from '#kernel';
import { DEFAULT_K, DEFAULT_THRESHOLD } from '../evaluate';
import { refuseUnpaired } from '../metrics/threshold-counts';
import type { Measure, WantedMetric } from './weighted-measure';
import type { Scored } from './scored';

const EPSILON = 2.220446049250313e-16;

/** Everything that one pass over the rows, from the highest score down, adds up. */
interface Totals {
  /** Twice the pairs in the right order, ties half. */
  pairs: number;
  /** Sum of (positives gained) x precision. */
  precisions: number;
  positives: number;
  negatives: number;
  logLoss: number;
  squared: number;
  /** At each wanted threshold. */
  readonly decided: { tp: number; fp: number }[];
  /** Positives among the first k, ties shared; NaN until there are k. */
  readonly tops: Float64Array;
}

/** Measures of one score for each row: binary tasks, and anomalies (whose rows without a label weigh nothing). */
export const measureScores = ({ labels, scores }: Scored, wanted: readonly WantedMetric[]): Measure => {
  const known = labels.some(Number.isNaN)
    ? Uint32Array.from([...labels.keys()].filter((row) => !Number.isNaN(labels[row]!)))
    : Uint32Array.from(labels.keys());
  refuseUnpaired(
    Float64Array.from(known, (row) => labels[row]!),
    Float64Array.from(known, (row) => scores[row]!),
  );
  const order = known.sort((a, b) => scores[b]! - scores[a]! || a - b);
  const positive = Uint8Array.from(order, (row) => (labels[row] === 1 ? 1 : 0));
  const needs = (...metrics: string[]): boolean => wanted.some(({ metric }) => metrics.includes(metric));
  const lossOf = needs('log_loss')
    ? Float64Array.from(order, (row, i) => {
        const p = Math.min(Math.max(scores[row]!, EPSILON), 1 - EPSILON);
        return -log(positive[i] === 1 ? p : 1 - p);
      })
    : null;
  const squaredOf = needs('brier')
    ? Float64Array.from(order, (row, i) => (scores[row]! - positive[i]!) * (scores[row]! - positive[i]!))
    : null;
  const thresholds = [...new Set(wanted.map(({ threshold = DEFAULT_THRESHOLD }) => threshold))];
  const ks = [...new Set(wanted.map(({ k = DEFAULT_K }) => k))];
  /** Behind the last row of each run of equal scores. */
  const ends: number[] = [];
  for (let i = 1; i <= order.length; i++)
    if (i === order.length || scores[order[i]!] !== scores[order[i - 1]!]) ends.push(i);
  const cuts = thresholds.map((threshold) => order.filter((row) => scores[row]! >= threshold).length);

  const pass = (weights: ArrayLike<number>): Totals => {
    const totals: Totals = {
      pairs: 0,
      precisions: 0,
      positives: 0,
      negatives: 0,
      logLoss: 0,
      squared: 0,
      decided: thresholds.map(() => ({ tp: 0, fp: 0 })),
      tops: new Float64Array(ks.length).fill(Number.NaN),
    };
    let tp = 0;
    let fp = 0;
    let from = 0;
    for (const end of ends) {
      const [hits, misses] = [tp, fp];
      for (let i = from; i < end; i++) {
        const weight = weights[order[i]!]!;
        if (weight === 0) continue;
        if (positive[i] === 1) tp += weight;
        else fp += weight;
        if (lossOf) totals.logLoss += weight * lossOf[i]!;
        if (squaredOf) totals.squared += weight * squaredOf[i]!;
      }
      from = end;
      if (tp + fp === hits + misses) continue;
      totals.pairs += (fp - misses) * (tp + hits);
      totals.precisions += ((tp - hits) * tp) / (tp + fp);
      for (let each = 0; each < cuts.length; each++)
        if (end <= cuts[each]!) totals.decided[each] = { tp, fp };
      for (let each = 0; each < ks.length; each++) {
        const k = ks[each]!;
        const seen = hits + misses;
        if (seen < k && tp + fp >= k)
          totals.tops[each] = (hits + ((k - seen) * (tp - hits)) / (tp + fp - seen)) / k;
      }
    }
    totals.positives = tp;
    totals.negatives = fp;
    return totals;
  };

  const read = wanted.map((want) => {
    const cut = thresholds.indexOf(want.threshold ?? DEFAULT_THRESHOLD);
    const k = want.k ?? DEFAULT_K;
    return readerOf(want.metric, cut, k, ks.indexOf(k));
  });
  return {
    units: labels.length,
    at: (weights) => {
      const totals = pass(weights);
      return Float64Array.from(read, (each) => each(totals));
    },
  };
};

/** Division by zero gives NaN here, which is how these measures say that there is no value. */
const readerOf = (metric: string, cut: number, k: number, top: number): ((totals: Totals) => number) => {
  switch (metric) {
    case 'roc_auc':
      return ({ pairs, positives, negatives }) => pairs / 2 / (positives * negatives);
    case 'average_precision':
      return ({ precisions, positives }) => precisions / positives;
    case 'log_loss':
      return ({ logLoss, positives, negatives }) => logLoss / (positives + negatives);
    case 'brier':
      return ({ squared, positives, negatives }) => squared / (positives + negatives);
    case 'precision':
      return ({ decided }) => decided[cut]!.tp / (decided[cut]!.tp + decided[cut]!.fp);
    case 'recall':
      return ({ decided, positives }) => decided[cut]!.tp / positives;
    case 'f1':
      return ({ decided, positives }) =>
        (2 * decided[cut]!.tp) / (decided[cut]!.tp + decided[cut]!.fp + positives);
    case 'accuracy':
      return ({ decided, positives, negatives }) =>
        (decided[cut]!.tp + negatives - decided[cut]!.fp) / (positives + negatives);
    case 'precision_at_k':
      return ({ tops, positives, negatives }) =>
        k < 1 ? Number.NaN : positives + negatives < k ? positives / (positives + negatives) : tops[top]!;
    default:
      return () => Number.NaN;
  }
};
