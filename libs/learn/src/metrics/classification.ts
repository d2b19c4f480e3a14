import { log } from '#kernel';
import { refuseUnpaired } from './threshold-counts';

const EPSILON = 2.220446049250313e-16;

/**
 * The mean of -log(probability given to the true label), natural logarithm. Probabilities are kept 2.2e-16 away from 0 and
 * 1, as scikit-learn's `log_loss` does for doubles. One class alone is fine; null when there are no rows.
 */
export const logLoss = (labels: Float64Array, probabilities: Float64Array): number | null => {
  refuseUnpaired(labels, probabilities);
  if (labels.length === 0) return null;
  let sum = 0;
  for (let row = 0; row < labels.length; row++) {
    const p = Math.min(Math.max(probabilities[row]!, EPSILON), 1 - EPSILON);
    sum -= log(labels[row] === 1 ? p : 1 - p);
  }
  return sum / labels.length;
};

/** The mean squared difference of probability and label (Brier, 1950; `brier_score_loss`). Null when there are no rows. */
export const brierScore = (labels: Float64Array, probabilities: Float64Array): number | null => {
  refuseUnpaired(labels, probabilities);
  if (labels.length === 0) return null;
  let sum = 0;
  for (let row = 0; row < labels.length; row++)
    sum += (probabilities[row]! - labels[row]!) * (probabilities[row]! - labels[row]!);
  return sum / labels.length;
};

export interface Decisions {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly falseNegatives: number;
  readonly trueNegatives: number;
  /** Null when nothing was decided positive. */
  readonly precision: number | null;
  /** Null when nothing is positive. */
  readonly recall: number | null;
  /** 2 tp / (2 tp + fp + fn). Null when nothing is positive nor decided so. */
  readonly f1: number | null;
  /** Null when there are no rows. */
  readonly accuracy: number | null;
}

/** What comes of deciding "positive" wherever the score is at or above `threshold`. */
export const decisionsAt = (labels: Float64Array, scores: Float64Array, threshold: number): Decisions => {
  refuseUnpaired(labels, scores);
  const counts = [0, 0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    counts[(labels[row] === 1 ? 2 : 0) + (scores[row]! >= threshold ? 1 : 0)]!++;
  }
  const [trueNegatives, falsePositives, falseNegatives, truePositives] = counts as [
    number,
    number,
    number,
    number,
  ];
  return {
    truePositives,
    falsePositives,
    falseNegatives,
    trueNegatives,
    precision: ratio(truePositives, truePositives + falsePositives),
    recall: ratio(truePositives, truePositives + falseNegatives),
    f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
    accuracy: ratio(truePositives + trueNegatives, labels.length),
  };
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
