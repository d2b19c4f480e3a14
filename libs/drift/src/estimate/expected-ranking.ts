import { log } from '#kernel';

/** Rows of one bin of scores and the positives expected among them. */
export interface ExpectedBin {
  readonly rows: number;
  readonly positives: number;
}

export interface ExpectedRanking {
  readonly rocAuc: number | null;
  readonly averagePrecision: number | null;
  /** Standard error of the ROC AUC. */
  readonly rocAucError: number | null;
  /** ROC AUC and average precision of the rows themselves are at most so far away. */
  readonly rocAucBound: number | null;
}

/**
 * The expected ROC AUC (curve through the expected counts, by the trapezoid rule) and average precision (precision at each row) as NannyML 0.13.1 has
 * them, the rows of one bin having one probability. Bins in descending order of their scores. The standard error is NannyML's: the
 * deviation of the rarer class's places among the other, by the root of its rows.
 */
export const expectedRanking = (bins: readonly ExpectedBin[]): ExpectedRanking => {
  let [all, rows] = [0, 0];
  for (const bin of bins) [all, rows] = [all + bin.positives, rows + bin.rows];
  const others = rows - all;
  if (!(all > 0) || !(others > 0))
    return { rocAuc: null, averagePrecision: all > 0 ? 1 : null, rocAucError: null, rocAucBound: null };
  let [tp, fp, seen, area, inside, precision] = [0, 0, 0, 0, 0, 0];
  // Of the shares of the other class that each row has below (positives) or above (negatives) it.
  const placed = { sum: 0, squares: 0 };
  const isRare = all <= others;
  for (const bin of bins) {
    const { positives } = bin;
    const negatives = bin.rows - positives;
    area += negatives * (tp + positives / 2);
    inside += negatives * positives;
    precision += precisionOver(tp, seen, bin);
    const place = isRare ? (others - fp - negatives / 2) / others : (tp + positives / 2) / all;
    const weight = isRare ? positives : negatives;
    placed.sum += weight * place;
    placed.squares += weight * place * place;
    [tp, fp, seen] = [tp + positives, fp + negatives, seen + bin.rows];
  }
  const rare = isRare ? all : others;
  const mean = placed.sum / rare;
  const variance = Math.max(0, placed.squares / rare - mean * mean);
  return {
    rocAuc: area / (all * others),
    averagePrecision: precision / all,
    rocAucError: Math.sqrt(variance / rare),
    rocAucBound: inside / 2 / (all * others),
  };
};

/** The sum over the bin's rows of their expected positives times the expected precision with each of them: q = positives / rows. */
const precisionOver = (tp: number, seen: number, { rows, positives }: ExpectedBin): number => {
  const q = positives / rows;
  // sum of q (tp + i q) / (seen + i) for i = 1 .. rows.
  return q * (rows * q + (tp - q * seen) * (harmonic(seen + rows) - harmonic(seen)));
};

/** 1 + 1/2 + ... + 1/n, less Euler's constant from 32 on (error below 1e-12): only differences are needed. */
const harmonic = (n: number): number => {
  if (n >= SMALL) return asymptotic(n);
  let sum = asymptotic(SMALL);
  for (let i = SMALL; i > n; i--) sum -= 1 / i;
  return sum;
};
const SMALL = 32;
const asymptotic = (n: number): number => log(n) + 1 / (2 * n) - 1 / (12 * n * n) + 1 / (120 * n * n * n * n);
