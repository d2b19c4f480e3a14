import { BINS, type BinnedTable } from './bins';
import type { Histogram } from './kernels/kernels';
import { clampedScore } from './leaf';
import type { NodeSums, Split, SplitRules } from './split-rules';

/** With so few categories in a node there is little to overfit, and no more is asked of them than of numbers. */
const FEW = 4;

/**
 * The best split of a feature with categories into two sets. Ordered by G / H, the best sets are the first so many and the rest
 * (Fisher, "On grouping for maximum homogeneity", 1958), as in LightGBM; without regularisation that is the best of all sets. Missing
 * values are one more category. What the node has no row of goes with the side that is not named.
 */
export const bestCategories = (
  { sums, counts }: Histogram,
  { features }: BinnedTable,
  slot: number,
  node: NodeSums,
  rules: SplitRules,
  best: Split | null,
): Split | null => {
  const { bins, categories } = features[slot]!;
  const { gradient, hessian, count, bounds } = node;
  const first = slot * BINS;
  const gradientOf = (bin: number): number => sums[2 * (first + bin)]!;
  const hessianOf = (bin: number): number => sums[2 * (first + bin) + 1]!;
  const present: number[] = [];
  for (let bin = 0; bin <= bins; bin++) if (hessianOf(bin) > 0) present.push(bin);
  const more = present.length > FEW ? rules.categoricalL2 : 0;
  const l2 = rules.l2 + more;
  const rank = (bin: number): number => gradientOf(bin) / (hessianOf(bin) + more);
  present.sort((a, b) => rank(a) - rank(b) || a - b);

  const parent = clampedScore(gradient, hessian + rules.l2, bounds);
  let bestGain = best?.gain ?? 0;
  let bestSize = 0;
  let leftGradient = 0;
  let leftHessian = 0;
  let leftCount = 0;
  let bestGradient = 0;
  let bestHessian = 0;
  for (let size = 1; size < present.length; size++) {
    const bin = present[size - 1]!;
    leftGradient += gradientOf(bin);
    leftHessian += hessianOf(bin);
    leftCount += counts ? counts[first + bin]! : 0;
    const rightHessian = hessian - leftHessian;
    if (leftHessian < rules.minChildWeight || rightHessian < rules.minChildWeight) continue;
    if (counts && Math.min(leftCount, count - leftCount) < rules.minSamplesLeaf) continue;
    const gain =
      clampedScore(leftGradient, leftHessian + l2, bounds) +
      clampedScore(gradient - leftGradient, rightHessian + l2, bounds) -
      parent;
    if (gain > bestGain) {
      bestGain = gain;
      bestSize = size;
      bestGradient = leftGradient;
      bestHessian = leftHessian;
    }
  }
  if (bestSize === 0) return best;

  const lower = { bins: present.slice(0, bestSize), gradient: bestGradient, hessian: bestHessian };
  const upper = {
    bins: present.slice(bestSize),
    gradient: gradient - bestGradient,
    hessian: hessian - bestHessian,
  };
  const isMissing = (bin: number): boolean => bin === bins;
  const common = { slot, gain: bestGain };
  const alone = [lower, upper].find((side) => side.bins.every(isMissing));
  if (alone) {
    const values = alone === lower ? upper : lower;
    return { ...common, bin: bins - 1, categories: null, missingLeft: false, ...leftSums(values) };
  }
  // The rarest categories, gathered in one bin, have no value by which they could be named.
  const canBeNamed = (side: Side): boolean =>
    side.bins.every((bin) => bin < categories!.length || isMissing(bin));
  const namesLower = canBeNamed(lower) && (!canBeNamed(upper) || 2 * lower.bins.length <= present.length);
  const left = namesLower ? lower : upper;
  return {
    ...common,
    bin: -1,
    categories: left.bins.filter((bin) => !isMissing(bin)).sort((a, b) => a - b),
    missingLeft: present.some(isMissing) ? left.bins.some(isMissing) : 2 * left.hessian > hessian,
    ...leftSums(left),
  };
};

interface Side {
  readonly bins: readonly number[];
  readonly gradient: number;
  readonly hessian: number;
}

const leftSums = ({ gradient, hessian }: Side) => ({ leftGradient: gradient, leftHessian: hessian });
