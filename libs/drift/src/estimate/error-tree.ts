import { isPresent } from '../profile/bins';

/** Rows above `at` go to `high`, the others and those without a value to `low`; a child below 0 is the leaf ~child. */
export interface ErrorNode {
  /** 0: the model's answer; i: feature i - 1. */
  readonly input: number;
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

export interface ErrorLeaf {
  /** Rows of the hold-out that end here, the mean of their absolute and of their squared errors. */
  readonly rows: number;
  readonly absolute: number;
  readonly squared: number;
}

/**
 * The error to expect of a regression's answer: a regression tree over the answer and the features, learned from the hold-out. Where nothing was
 * worth a split it is one leaf.
 */
export interface ErrorProfile {
  readonly nodes: readonly ErrorNode[];
  readonly leaves: readonly ErrorLeaf[];
  /** Standard deviations (ddof 0) of absolute and of squared errors over all rows of the hold-out. */
  readonly spread: { readonly absolute: number; readonly squared: number };
}

export interface ErrorRows {
  /** The model's answers. */
  readonly scores: ArrayLike<number>;
  readonly labels: ArrayLike<number>;
  /** The features, by column. */
  readonly columns: readonly ArrayLike<number | null>[];
}

const MOST_DEPTH = 5;
const LEAST_ROWS = 30;
const LEAST_SHARE = 0.02;
/** Thresholds looked at for each input: so many quantiles. */
const CUTS = 32;
/** A split must take so much of the node's squared deviation away: less is chance. */
const LEAST_GAIN = 0.01;

/** Grows the tree (Breiman and others, 1984: least squares on the absolute error). Undefined with fewer than 100 usable rows. */
export const fitErrorTree = ({ scores, labels, columns }: ErrorRows): ErrorProfile | undefined => {
  const usable: number[] = [];
  for (let row = 0; row < labels.length; row++)
    if (Number.isFinite(scores[row]! - labels[row]!)) usable.push(row);
  if (usable.length < 100) return undefined;
  const inputs = [scores, ...columns];
  const errors = Float64Array.from(labels, (label, row) => Math.abs(scores[row]! - label));
  const cuts = inputs.map((column) => cutsOf(column, usable));
  const cells = inputs.map((column, i) => cellsOf(column, cuts[i]!));
  const least = Math.max(LEAST_ROWS, Math.ceil(usable.length * LEAST_SHARE));
  const nodes: ErrorNode[] = [];
  const leaves: ErrorLeaf[] = [];
  const grow = (rows: readonly number[], depth: number): number => {
    const split = depth < MOST_DEPTH ? bestSplit(rows, errors, cells, cuts, least) : undefined;
    if (!split) return ~(leaves.push(leafOf(rows, errors)) - 1);
    const { input, cell } = split;
    const at = nodes.push({ input, at: cuts[input]![cell]!, low: 0, high: 0 }) - 1;
    const isLow = (row: number): boolean => cells[input]![row]! <= cell;
    const low = grow(rows.filter(isLow), depth + 1);
    const high = grow(rows.filter((row) => !isLow(row)), depth + 1); // prettier-ignore
    nodes[at] = { ...nodes[at]!, low, high };
    return at;
  };
  grow(usable, 0);
  return { nodes, leaves, spread: spreadOf(usable, errors) };
};

/** The leaf of a row. */
export const leafIndex = (
  { nodes }: Pick<ErrorProfile, 'nodes'>,
  score: number,
  features: ArrayLike<number | null>,
): number => {
  if (nodes.length === 0) return 0;
  let at = 0;
  while (at >= 0) {
    const { input, at: threshold, low, high } = nodes[at]!;
    const value = input === 0 ? score : (features[input - 1] as number | null);
    at = isPresent(value) && value > threshold ? high : low;
  }
  return ~at;
};

const cutsOf = (column: ArrayLike<number | null>, rows: readonly number[]): number[] => {
  const values = rows
    .flatMap((row) => {
      const value = column[row] as number | null;
      return isPresent(value) ? value : [];
    })
    .sort((a, b) => a - b);
  const cuts: number[] = [];
  for (let i = 1; i < CUTS; i++) {
    const cut = values[Math.floor((i * values.length) / CUTS)];
    if (cut !== undefined && cut < values[values.length - 1]! && cut !== cuts[cuts.length - 1])
      cuts.push(cut);
  }
  return cuts;
};

/** How many cuts the value is above; 0 where it is missing. */
const cellsOf = (column: ArrayLike<number | null>, cuts: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: column.length }, (_, row) => {
    const value = column[row] as number | null;
    if (!isPresent(value)) return 0;
    let cell = 0;
    while (cell < cuts.length && value > cuts[cell]!) cell++;
    return cell;
  });

const bestSplit = (
  rows: readonly number[],
  errors: Float64Array,
  cells: readonly Uint8Array[],
  cuts: readonly (readonly number[])[],
  least: number,
): { readonly input: number; readonly cell: number } | undefined => {
  let [total, squares] = [0, 0];
  for (const row of rows) [total, squares] = [total + errors[row]!, squares + errors[row]! * errors[row]!];
  const base = (total * total) / rows.length;
  let best: { input: number; cell: number } | undefined;
  let bestGain = LEAST_GAIN * (squares - base);
  cells.forEach((column, input) => {
    const counts = new Float64Array(CUTS);
    const sums = new Float64Array(CUTS);
    for (const row of rows) {
      counts[column[row]!]! += 1;
      sums[column[row]!]! += errors[row]!;
    }
    let [count, sum] = [0, 0];
    for (let cell = 0; cell < cuts[input]!.length; cell++) {
      count += counts[cell]!;
      sum += sums[cell]!;
      const others = rows.length - count;
      if (count < least || others < least) continue;
      const gain = (sum * sum) / count + ((total - sum) * (total - sum)) / others - base;
      if (gain > bestGain) [best, bestGain] = [{ input, cell }, gain];
    }
  });
  return best;
};

const leafOf = (rows: readonly number[], errors: Float64Array): ErrorLeaf => {
  let [absolute, squared] = [0, 0];
  for (const row of rows) {
    absolute += errors[row]!;
    squared += errors[row]! * errors[row]!;
  }
  return { rows: rows.length, absolute: absolute / rows.length, squared: squared / rows.length };
};

const spreadOf = (rows: readonly number[], errors: Float64Array): ErrorProfile['spread'] => {
  const deviation = (of: (error: number) => number): number => {
    const mean = rows.reduce((sum, row) => sum + of(errors[row]!), 0) / rows.length;
    const squares = rows.reduce((sum, row) => {
      const distance = of(errors[row]!) - mean;
      return sum + distance * distance;
    }, 0);
    return Math.sqrt(squares / rows.length);
  };
  return { absolute: deviation((error) => error), squared: deviation((error) => error * error) };
};
