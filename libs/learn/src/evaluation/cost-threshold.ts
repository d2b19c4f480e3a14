import { thresholdCounts } from '../metrics/threshold-counts';

/** What a wrong decision costs, in any unit; a right one costs nothing. */
export interface Costs {
  readonly falsePositive: number;
  readonly falseNegative: number;
}

export interface CostThreshold {
  /** Decide positive at or above it; null where deciding nothing positive costs least. Of equally cheap ones the highest. */
  readonly threshold: number | null;
  /** Mean cost of a row at `threshold`. */
  readonly cost: number;
  /** What the costs alone say, for probabilities that are calibrated: fp / (fp + fn) (Elkan, "The foundations of cost-sensitive learning", 2001). */
  readonly calibrated: number;
  /** Mean cost of a row at `calibrated`. */
  readonly costCalibrated: number;
  /** Mean cost of a row when nothing, and when everything, is decided positive. */
  readonly costOfNone: number;
  readonly costOfAll: number;
}

/** The threshold that would have cost least on these rows. Null when there are no rows. */
export const cheapestThreshold = (
  labels: Float64Array,
  scores: Float64Array,
  { falsePositive, falseNegative }: Costs,
): CostThreshold | null => {
  if (labels.length === 0) return null;
  const { score, truePositives, falsePositives } = thresholdCounts(labels, scores);
  const positives = truePositives.at(-1)!;
  const costAt = (at: number): number =>
    at < 0
      ? falseNegative * positives
      : falsePositive * falsePositives[at]! + falseNegative * (positives - truePositives[at]!);
  let best = -1;
  for (let at = 0; at < score.length; at++) if (costAt(at) < costAt(best)) best = at;
  const calibrated = falsePositive / (falsePositive + falseNegative);
  let lastAbove = -1;
  while (lastAbove + 1 < score.length && score[lastAbove + 1]! >= calibrated) lastAbove++;
  const mean = (at: number): number => costAt(at) / labels.length;
  return {
    threshold: best < 0 ? null : score[best]!,
    cost: mean(best),
    calibrated,
    costCalibrated: mean(lastAbove),
    costOfNone: mean(-1),
    costOfAll: mean(score.length - 1),
  };
};
