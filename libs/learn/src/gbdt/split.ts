import { BINS, type BinnedTable } from './bins';
import { bestCategories } from './category-split';
import { clampedScore, leafWeight, UNBOUNDED } from './leaf';
import type { NodeSums, Split, SplitRules } from './split-rules';
import type { Histogram } from './kernels/kernels';

/**
 * The split with the greatest gain G_l^2/(H_l + l2) + G_r^2/(H_r + l2) - G^2/(H + l2) (Chen and Guestrin, "XGBoost", 2016, equation 7;
 * missing values as in algorithm 3), or null when none gains. Among equals the first feature, then the lowest bin.
 * Where the node has no missing value, later ones follow the heavier child.
 */
export const bestSplit = (
  histogram: Histogram,
  table: BinnedTable,
  slots: readonly number[],
  node: NodeSums,
  rules: SplitRules,
): Split | null => {
  let best: Split | null = null;
  for (const slot of slots) {
    if (table.features[slot]!.categories !== null) {
      best = bestCategories(histogram, table, slot, node, rules, best);
      continue;
    }
    best = bestOfFeature(histogram, table, slot, node, rules, false, best);
    if (hasMissing(histogram, table, slot))
      best = bestOfFeature(histogram, table, slot, node, rules, true, best);
  }
  return best;
};

// A row's hessian is never 0, so an empty bin is one whose hessian is 0.
const hasMissing = ({ sums }: Histogram, { features }: BinnedTable, slot: number): boolean =>
  features[slot]!.hasMissing && sums[(slot * BINS + features[slot]!.bins) * 2 + 1]! > 0;

const bestOfFeature = (
  histogram: Histogram,
  table: BinnedTable,
  slot: number,
  node: NodeSums,
  rules: SplitRules,
  missingLeft: boolean,
  best: Split | null,
): Split | null => {
  const { sums, counts } = histogram;
  const { l2, minChildWeight, minSamplesLeaf } = rules;
  const { gradient, hessian, count, bounds } = node;
  const { bins, column } = table.features[slot]!;
  const direction = rules.directions?.[column] ?? 0;
  const isFree = direction === 0 && bounds === UNBOUNDED;
  const withMissing = hasMissing(histogram, table, slot);
  const first = slot * BINS;
  // With missing values on the right, even the last bin of values can be split off from them.
  const end = first + (withMissing && !missingLeft ? bins : bins - 1);
  const parent = clampedScore(gradient, hessian + l2, bounds);
  let leftGradient = missingLeft ? sums[2 * (first + bins)]! : 0;
  let leftHessian = missingLeft ? sums[2 * (first + bins) + 1]! : 0;
  let leftCount = missingLeft && counts ? counts[first + bins]! : 0;
  let bestAt = -1;
  let bestGain = best?.gain ?? 0;
  let bestGradient = 0;
  let bestHessian = 0;
  for (let at = first; at < end; at++) {
    const binHessian = sums[2 * at + 1]!;
    if (binHessian === 0) continue;
    leftGradient += sums[2 * at]!;
    leftHessian += binHessian;
    const rightHessian = hessian - leftHessian;
    if (rightHessian <= 0) break;
    if (counts !== null) {
      leftCount += counts[at]!;
      if (leftCount < minSamplesLeaf) continue;
      if (count - leftCount < minSamplesLeaf) break;
    }
    if (leftHessian < minChildWeight) continue;
    if (rightHessian < minChildWeight) break;
    const rightGradient = gradient - leftGradient;
    let gain: number;
    if (isFree) {
      gain =
        (leftGradient * leftGradient) / (leftHessian + l2) +
        (rightGradient * rightGradient) / (rightHessian + l2) -
        parent;
    } else {
      const step =
        leafWeight(rightGradient, rightHessian + l2, bounds) -
        leafWeight(leftGradient, leftHessian + l2, bounds);
      if (direction * step < 0) continue;
      gain =
        clampedScore(leftGradient, leftHessian + l2, bounds) +
        clampedScore(rightGradient, rightHessian + l2, bounds) -
        parent;
    }
    if (gain > bestGain) {
      bestGain = gain;
      bestAt = at;
      bestGradient = leftGradient;
      bestHessian = leftHessian;
    }
  }
  if (bestAt < 0) return best;
  return {
    slot,
    bin: bestAt - first,
    categories: null,
    missingLeft: withMissing ? missingLeft : 2 * bestHessian > hessian,
    gain: bestGain,
    leftGradient: bestGradient,
    leftHessian: bestHessian,
  };
};
