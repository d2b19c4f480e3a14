import type { EstimatedMetrics } from './estimated-performance';

/** Of whole columns: what was scored, what each score stands for (`calibrated`), and what was decided. */
export interface ScoredColumns {
  readonly scores: ArrayLike<number>;
  readonly probabilities: ArrayLike<number>;
  /** 1 where the row was decided positive. */
  readonly decisions: ArrayLike<number>;
}

/**
 * Expected metrics of whole columns, exactly as NannyML 0.13.1 computes them: ranked by the score, expected counts cumulated by row and rounded
 * to five decimals, rows of equal score not brought together. Null where NannyML says NaN, or 0 for want of a row.
 */
export const estimateBinary = ({
  scores,
  probabilities,
  decisions,
}: ScoredColumns): Pick<
  EstimatedMetrics,
  'roc_auc' | 'average_precision' | 'f1' | 'precision' | 'recall' | 'accuracy'
> => {
  const rows = scores.length;
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => scores[b]! - scores[a]!);
  const hits = new Float64Array(rows + 1);
  const misses = new Float64Array(rows + 1);
  let cumulated = 0;
  order.forEach((row, i) => {
    cumulated += probabilities[row]!;
    hits[i + 1] = fiveDecimals(cumulated);
    misses[i + 1] = fiveDecimals(i + 1 - cumulated);
  });
  let [area, precisions] = [0, 0];
  for (let i = 1; i <= rows; i++) {
    area += ((misses[i]! - misses[i - 1]!) * (hits[i]! + hits[i - 1]!)) / 2;
    precisions += ((hits[i]! - hits[i - 1]!) * hits[i]!) / i;
  }
  let [tp, fp, fn, tn] = [0, 0, 0, 0];
  for (let row = 0; row < rows; row++) {
    const probability = probabilities[row]!;
    if (decisions[row] === 1) [tp, fp] = [tp + probability, fp + 1 - probability];
    else [fn, tn] = [fn + probability, tn + 1 - probability];
  }
  return {
    roc_auc: ratio(area, hits[rows]! * misses[rows]!),
    average_precision: ratio(precisions, hits[rows]!),
    f1: ratio(tp, tp + (fp + fn) / 2),
    precision: ratio(tp, tp + fp),
    recall: ratio(tp, tp + fn),
    accuracy: ratio(tp + tn, rows),
  };
};

/** As numpy rounds: a half goes to the even neighbour. */
const fiveDecimals = (value: number): number => {
  const scaled = value * 100000;
  const floor = Math.floor(scaled);
  const rest = scaled - floor;
  const up = rest > 0.5 || (rest === 0.5 && floor % 2 !== 0);
  return (floor + (up ? 1 : 0)) / 100000;
};

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);
