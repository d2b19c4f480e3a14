import { exp, log1p } from '#kernel';
import type { Task } from '../data-set';
import { logit } from '../link';
import type { FitProgress } from '../trainer';
import type { Tree } from './tree';

/**
 * What boosting minimises. Where each row stands is kept in a form that a tree moves without much work: the score itself for
 * squared error; e^-score for log loss, which a leaf multiplies by e^-value, so that a tree costs an exponential for each leaf
 * and not for each row. Gradients are shortened so that sums of them are exact.
 */
export interface Objective {
  readonly metric: FitProgress['metric'];
  /** The best constant score, before the first tree. */
  baseScore(labels: Float64Array): number;
  /** Where a row stands whose score is `base`. */
  standing(base: number): number;
  /** Moves each row by what its leaf says. */
  advance(standings: Float64Array, tree: Tree, leafOf: Uint32Array): void;
  /** Writes gradient and hessian (> 0) of each row into `gradients` [rows, 2]. */
  gradients(labels: Float64Array, standings: Float64Array, gradients: Float64Array): void;
  /** The metric over the rows 0, step, 2 step, ... */
  loss(labels: Float64Array, standings: Float64Array, step: number): number;
}

const logLoss: Objective = {
  metric: 'log_loss',
  baseScore: (labels) => logit(labels.reduce((sum, label) => sum + label, 0) / labels.length),
  standing: (base) => exp(-base),
  advance(standings, { value }, leafOf) {
    const factors = Float64Array.from(value, (v) => exp(-v));
    for (let row = 0; row < standings.length; row++) {
      const odds = standings[row]! * factors[leafOf[row]!]!;
      // Neither 0 nor infinite, so that later trees can still move it.
      standings[row] = odds < LEAST_ODDS ? LEAST_ODDS : odds > MOST_ODDS ? MOST_ODDS : odds;
    }
  },
  gradients(labels, standings, gradients) {
    const { unit, shortener } = exactness(1, labels.length);
    for (let row = 0; row < labels.length; row++) {
      const probability = 1 / (1 + standings[row]!);
      const hessian = probability * (1 - probability) + shortener - shortener;
      gradients[2 * row] = probability - labels[row]! + shortener - shortener;
      gradients[2 * row + 1] = hessian > unit ? hessian : unit;
    }
  },
  loss: (labels, standings, step) =>
    meanOf(labels, standings, step, (label, odds) => log1p(label === 1 ? odds : 1 / odds)),
};

const LEAST_ODDS = 1e-300;
const MOST_ODDS = 1e300;

const squaredError: Objective = {
  metric: 'rmse',
  baseScore: (labels) => labels.reduce((sum, label) => sum + label / labels.length, 0),
  standing: (base) => base,
  advance(standings, { value }, leafOf) {
    for (let row = 0; row < standings.length; row++) standings[row]! += value[leafOf[row]!]!;
  },
  gradients(labels, standings, gradients) {
    let largest = 0;
    for (let row = 0; row < labels.length; row++) {
      largest = Math.max(largest, Math.abs(standings[row]! - labels[row]!));
    }
    const { shortener } = exactness(largest, labels.length);
    for (let row = 0; row < labels.length; row++) {
      gradients[2 * row] = standings[row]! - labels[row]! + shortener - shortener;
      gradients[2 * row + 1] = 1;
    }
  },
  loss: (labels, standings, step) =>
    Math.sqrt(meanOf(labels, standings, step, (label, score) => (score - label) * (score - label))),
};

export const OBJECTIVES: Readonly<Partial<Record<Task, Objective>>> = {
  binary: logLoss,
  regression: squaredError,
};

/**
 * Adding and taking away `shortener` rounds a number of magnitude `largest` or less to a multiple of `unit`, a power of two so
 * chosen that the sum of `rows` such numbers fits a double without rounding. (Between 2^52 and 2^53 units a double has no
 * bits below one unit.)
 */
export const exactness = (largest: number, rows: number): { unit: number; shortener: number } => {
  if (largest === 0) return { unit: 0, shortener: 0 };
  const needed = (rows * largest) / TWO_52;
  let unit = 1;
  while (unit < needed) unit *= 2;
  while (unit / 2 >= needed) unit /= 2;
  return { unit, shortener: 1.5 * TWO_52 * unit };
};

const TWO_52 = 4503599627370496;

const meanOf = (
  labels: Float64Array,
  standings: Float64Array,
  step: number,
  loss: (label: number, standing: number) => number,
): number => {
  let sum = 0;
  let rows = 0;
  for (let row = 0; row < labels.length; row += step) {
    sum += loss(labels[row]!, standings[row]!);
    rows++;
  }
  return sum / rows;
};
