import { thresholdCounts, type ThresholdCounts } from './threshold-counts';

/**
 * The probability that a positive scores above a negative, ties counted half (Hanley and McNeil, 1982; equals
 * scikit-learn's `roc_auc_score`). Null when one of the classes is missing.
 */
export const rocAuc = (labels: Float64Array, scores: Float64Array): number | null =>
  rocAucOf(thresholdCounts(labels, scores));

/** As `rocAuc`, of counts already made. */
export const rocAucOf = ({ truePositives, falsePositives }: ThresholdCounts): number | null => {
  const positives = truePositives.at(-1) ?? 0;
  const negatives = falsePositives.at(-1) ?? 0;
  if (positives === 0 || negatives === 0) return null;
  let pairs = 0;
  let tp = 0;
  let fp = 0;
  for (let i = 0; i < truePositives.length; i++) {
    pairs += (falsePositives[i]! - fp) * (tp + truePositives[i]!);
    tp = truePositives[i]!;
    fp = falsePositives[i]!;
  }
  return pairs / 2 / (positives * negatives);
};

/**
 * The sum over thresholds of (recall gained) x precision, without interpolation (equals scikit-learn's
 * `average_precision_score`). Null when there is no positive; 1 when there is no negative.
 */
export const averagePrecision = (labels: Float64Array, scores: Float64Array): number | null =>
  averagePrecisionOf(thresholdCounts(labels, scores));

/** As `averagePrecision`, of counts already made. */
export const averagePrecisionOf = ({ truePositives, falsePositives }: ThresholdCounts): number | null => {
  const positives = truePositives.at(-1) ?? 0;
  if (positives === 0) return null;
  let sum = 0;
  let tp = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const reached = truePositives[i]!;
    sum += (reached - tp) * (reached / (reached + falsePositives[i]!));
    tp = reached;
  }
  return sum / positives;
};

/**
 * The share of positives among the `k` rows with the highest scores (all rows if there are fewer). Rows tied at the cut
 * count with the share of positives among them, so the answer does not depend on the order of the rows (McSherry and
 * Najork, "Computing information retrieval performance measures efficiently in the presence of tied scores", 2008).
 * Null when there are no rows or k < 1.
 */
export const precisionAtK = (labels: Float64Array, scores: Float64Array, k: number): number | null =>
  precisionAtKOf(thresholdCounts(labels, scores), k);

/** As `precisionAtK`, of counts already made. */
export const precisionAtKOf = (
  { truePositives, falsePositives }: ThresholdCounts,
  k: number,
): number | null => {
  if (truePositives.length === 0 || k < 1) return null;
  let tp = 0;
  let seen = 0;
  for (let i = 0; i < truePositives.length; i++) {
    const reached = truePositives[i]!;
    const rows = reached + falsePositives[i]!;
    if (rows >= k) return (tp + ((k - seen) * (reached - tp)) / (rows - seen)) / k;
    tp = reached;
    seen = rows;
  }
  return tp / seen;
};
