/** A rising function by its corners: linear between them, level before the first and after the last. */
export interface Isotonic {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/**
 * Isotonic regression by pooling adjacent violators (Barlow and others, 1972), with the corners that scikit-learn's `IsotonicRegression`
 * keeps: labels of equal scores are averaged first, and a corner whose neighbours are level with it is left out.
 */
export const fitIsotonic = (scores: ArrayLike<number>, labels: ArrayLike<number>): Isotonic => {
  const order = Float64Array.from({ length: scores.length }, (_, row) => row);
  order.sort((a, b) => scores[a]! - scores[b]!);
  const xs: number[] = [];
  const blocks: { sum: number; rows: number; from: number }[] = [];
  for (let i = 0; i < order.length;) {
    const x = scores[order[i]!]!;
    let [sum, rows] = [0, 0];
    for (; i < order.length && scores[order[i]!] === x; i++)
      [sum, rows] = [sum + labels[order[i]!]!, rows + 1];
    blocks.push({ sum, rows, from: xs.push(x) - 1 });
    pool(blocks);
  }
  const ys = new Array<number>(xs.length);
  blocks.forEach(({ sum, rows, from }, block) =>
    ys.fill(sum / rows, from, blocks[block + 1]?.from ?? xs.length),
  );
  const isCorner = (i: number): boolean =>
    i === 0 || i === xs.length - 1 || ys[i] !== ys[i - 1] || ys[i] !== ys[i + 1];
  return { x: xs.filter((_, i) => isCorner(i)), y: ys.filter((_, i) => isCorner(i)) };
};

/** Joins the last blocks for as long as they fall. */
const pool = (blocks: { sum: number; rows: number; from: number }[]): void => {
  for (;;) {
    const [before, last] = [blocks[blocks.length - 2], blocks[blocks.length - 1]!];
    // Cross-multiplied: exact for counts of labels.
    if (!before || before.sum * last.rows < last.sum * before.rows) return;
    before.sum += last.sum;
    before.rows += last.rows;
    blocks.pop();
  }
};

/** The function's value; NaN stays NaN. */
export const isotonicAt = ({ x, y }: Isotonic, score: number): number => {
  const last = x.length - 1;
  if (score <= x[0]!) return y[0]!;
  if (score >= x[last]!) return y[last]!;
  if (Number.isNaN(score)) return score;
  let [low, high] = [0, last];
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (x[middle]! <= score) low = middle;
    else high = middle;
  }
  const slope = (y[high]! - y[low]!) / (x[high]! - x[low]!);
  return slope * (score - x[low]!) + y[low]!;
};
