import { Refused } from '#kernel';

/** How many positives and negatives score at least `score[i]`, for each distinct score, highest first. */
export interface ThresholdCounts {
  readonly score: Float64Array;
  readonly truePositives: Float64Array;
  readonly falsePositives: Float64Array;
}

/** Labels and predictions must pair up and be numbers. @throws Refused PLAYHEAD_LEARN_INVALID */
export const refuseUnpaired = (labels: Float64Array, predictions: Float64Array): void => {
  if (labels.length !== predictions.length) {
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `${labels.length} labels but ${predictions.length} predictions`,
    );
  }
  if (labels.some(Number.isNaN) || predictions.some(Number.isNaN)) {
    throw new Refused('PLAYHEAD_LEARN_INVALID', 'metrics need numbers; a label or a prediction is NaN');
  }
};

/** Sorts each class apart (natively, without an index) and merges the two; equal scores become one threshold. */
export const thresholdCounts = (labels: Float64Array, scores: Float64Array): ThresholdCounts => {
  refuseUnpaired(labels, scores);
  const positives = scores.filter((_, row) => labels[row] === 1).sort();
  const negatives = scores.filter((_, row) => labels[row] !== 1).sort();
  const score = new Float64Array(scores.length);
  const truePositives = new Float64Array(scores.length);
  const falsePositives = new Float64Array(scores.length);
  let p = positives.length;
  let n = negatives.length;
  let length = 0;
  while (p > 0 || n > 0) {
    const top = Math.max(p > 0 ? positives[p - 1]! : -Infinity, n > 0 ? negatives[n - 1]! : -Infinity);
    while (p > 0 && positives[p - 1] === top) p--;
    while (n > 0 && negatives[n - 1] === top) n--;
    score[length] = top;
    truePositives[length] = positives.length - p;
    falsePositives[length] = negatives.length - n;
    length++;
  }
  return {
    score: score.subarray(0, length),
    truePositives: truePositives.subarray(0, length),
    falsePositives: falsePositives.subarray(0, length),
  };
};
