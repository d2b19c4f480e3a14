import { log2 } from '#kernel';
import type { Leaf } from './leaf';

export interface LeafSplit {
  readonly feature: number;
  /** Left where the value is at or below it. */
  readonly threshold: number;
  /** Bits of information gained. */
  readonly merit: number;
  /** Weights by class that the two new leaves begin with. */
  readonly left: Float64Array;
  readonly right: Float64Array;
}

/** Thresholds looked at for each feature, equally spaced between the least and the greatest value. */
const CANDIDATES = 10;
/** Each side has more than this share. */
const LEAST_SHARE = 0.01;

/** The best split of each watched feature, by information gain; features that cannot be split are left out. */
export const splitsOf = (leaf: Leaf): LeafSplit[] =>
  leaf.watched.flatMap((feature, slot) => bestOf(leaf, feature, slot) ?? []);

const bestOf = (leaf: Leaf, feature: number, slot: number): LeafSplit | null => {
  const { gaussians, weights } = leaf;
  const classes = weights.length;
  let least = Infinity;
  let greatest = -Infinity;
  for (let k = 0; k < classes; k++) {
    if (gaussians.weight(slot, k) === 0) continue;
    least = Math.min(least, gaussians.least(slot, k));
    greatest = Math.max(greatest, gaussians.greatest(slot, k));
  }
  if (!(least < greatest)) return null;
  const before = entropy(weights);
  const step = (greatest - least) / (CANDIDATES + 1);
  const left = new Float64Array(classes);
  const right = new Float64Array(classes);
  let best: LeafSplit | null = null;
  for (let i = 1; i <= CANDIDATES; i++) {
    const threshold = least + step * i;
    if (!(threshold > least && threshold < greatest)) continue;
    for (let k = 0; k < classes; k++) {
      left[k] = gaussians.weightUpTo(slot, k, threshold);
      right[k] = gaussians.weight(slot, k) - left[k]!;
    }
    const leftWeight = sum(left);
    const rightWeight = sum(right);
    const total = leftWeight + rightWeight;
    if (!(leftWeight / total > LEAST_SHARE && rightWeight / total > LEAST_SHARE)) continue;
    const merit = before - (leftWeight * entropy(left) + rightWeight * entropy(right)) / total;
    if (best === null || merit > best.merit)
      best = { feature, threshold, merit, left: left.slice(), right: right.slice() };
  }
  return best;
};

/** In bits. */
export const entropy = (weights: Float64Array): number => {
  let total = 0;
  let spread = 0;
  for (const weight of weights) {
    if (!(weight > 0)) continue;
    spread -= weight * log2(weight);
    total += weight;
  }
  return total > 0 ? (spread + total * log2(total)) / total : 0;
};

const sum = (weights: Float64Array): number => {
  let total = 0;
  for (const weight of weights) total += weight;
  return total;
};
