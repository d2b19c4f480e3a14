import { log } from '#kernel';

/**
 * Population stability index: the sum of (reference - current) * ln(reference / current) over shares. Zero shares are filled on each
 * side apart, as in Evidently 0.7.23: by 0.0001, or by a millionth of the side's smallest share if that is at most 0.0001; shares
 * are not renormalised. Null when a side is empty.
 *
 * Noise: of two samples of n and m rows from one distribution over k cells the index is about (k - 1) * (1/n + 1/m)
 * (Yurdakul, "Statistical properties of population stability index", 2018), so small windows need few cells or a higher threshold.
 */
export const psiOfCounts = (reference: readonly number[], current: readonly number[]): number | null => {
  const [p, q] = [filled(shares(reference)), filled(shares(current))];
  if (!p || !q) return null;
  let sum = 0;
  for (let cell = 0; cell < p.length; cell++) sum += (p[cell]! - q[cell]!) * log(p[cell]! / q[cell]!);
  return sum;
};

/**
 * Jensen-Shannon distance: the square root of the divergence, natural logarithm (scipy.spatial.distance.jensenshannon); from 0 to
 * sqrt(ln 2) = 0.8326. Null when a side is empty.
 */
export const jensenShannonOfCounts = (
  reference: readonly number[],
  current: readonly number[],
): number | null => {
  const [p, q] = [shares(reference), shares(current)];
  if (!p || !q) return null;
  let sum = 0;
  for (let cell = 0; cell < p.length; cell++) {
    const middle = (p[cell]! + q[cell]!) / 2;
    sum += relativeEntropy(p[cell]!, middle) + relativeEntropy(q[cell]!, middle);
  }
  return Math.sqrt(Math.max(sum, 0) / 2);
};

/**
 * Kullback-Leibler divergence of the reference from the current side, natural logarithm, as Evidently 0.7.23: zero shares filled as in
 * `psiOfCounts`, then both sides renormalised (scipy.stats.entropy). Null when a side is empty.
 */
export const klOfCounts = (reference: readonly number[], current: readonly number[]): number | null => {
  const [p, q] = [renormalised(filled(shares(reference))), renormalised(filled(shares(current)))];
  if (!p || !q) return null;
  let sum = 0;
  for (let cell = 0; cell < p.length; cell++) sum += relativeEntropy(p[cell]!, q[cell]!);
  return sum;
};

/** Hellinger distance of plain shares: from 0 to 1 (Hellinger, 1909). Null when a side is empty. */
export const hellingerOfCounts = (
  reference: readonly number[],
  current: readonly number[],
): number | null => {
  const [p, q] = [shares(reference), shares(current)];
  if (!p || !q) return null;
  let affinity = 0;
  for (let cell = 0; cell < p.length; cell++) affinity += Math.sqrt(p[cell]! * q[cell]!);
  return Math.sqrt(1 - Math.min(affinity, 1));
};

const renormalised = (side: number[] | null): number[] | null => {
  if (!side) return null;
  const total = side.reduce((sum, share) => sum + share, 0);
  return side.map((share) => share / total);
};

const relativeEntropy = (x: number, y: number): number => (x === 0 ? 0 : x * log(x / y));

const shares = (counts: readonly number[]): number[] | null => {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === 0 ? null : counts.map((count) => count / total);
};

const filled = (side: number[] | null): number[] | null => {
  if (!side) return null;
  const smallest = side.reduce((least, share) => (share > 0 && share < least ? share : least), 1);
  const filler = smallest <= 0.0001 ? smallest / 1e6 : 0.0001;
  return side.map((share) => (share === 0 ? filler : share));
};
