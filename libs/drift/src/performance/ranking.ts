/** [bin, negatives, positives], in ascending order of the scores. */
export type BinCounts = readonly [number, number, number];

interface Estimate {
  /** The metric with the rows of one bin counted as tied; null when a class that it needs is missing. */
  readonly value: number | null;
  /** The metric of the rows themselves is at most so far away. */
  readonly bound: number | null;
}

/** ROC AUC and average precision (as libs/learn and scikit-learn define them) from counts by score bin. */
export const rankingOf = (bins: readonly BinCounts[]): { rocAuc: Estimate; averagePrecision: Estimate } => {
  let allNegatives = 0;
  let allPositives = 0;
  for (const [, negatives, positives] of bins) {
    allNegatives += negatives;
    allPositives += positives;
  }
  return {
    rocAuc: rocAucOf(bins, allNegatives, allPositives),
    averagePrecision: averagePrecisionOf(bins, allPositives),
  };
};

const NONE: Estimate = { value: null, bound: null };

/** A pair inside one bin counts half; in truth it counts none to all. */
const rocAucOf = (bins: readonly BinCounts[], allNegatives: number, allPositives: number): Estimate => {
  const pairs = allNegatives * allPositives;
  if (pairs === 0) return NONE;
  let below = 0;
  let doubled = 0;
  let inside = 0;
  for (const [, negatives, positives] of bins) {
    doubled += positives * (2 * below + negatives);
    inside += positives * negatives;
    below += negatives;
  }
  return { value: doubled / 2 / pairs, bound: inside / 2 / pairs };
};

/**
 * In the best order inside a bin its positives come first and tied, in the worst one after the other behind its negatives; the tied
 * value lies between.
 */
const averagePrecisionOf = (bins: readonly BinCounts[], allPositives: number): Estimate => {
  if (allPositives === 0) return NONE;
  let [tied, best, worst, tp, fp] = [0, 0, 0, 0, 0];
  for (let i = bins.length - 1; i >= 0; i--) {
    const [, negatives, positives] = bins[i]!;
    const reached = tp + positives;
    const wrong = fp + negatives;
    if (positives > 0) {
      tied += positives * (reached / (reached + wrong));
      best += positives * (reached / (reached + fp));
      for (let rank = tp + 1; rank <= reached; rank++) worst += rank / (rank + wrong);
    }
    tp = reached;
    fp = wrong;
  }
  return { value: tied / allPositives, bound: Math.max(best - tied, tied - worst) / allPositives };
};
