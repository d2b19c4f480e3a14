import { exp, log } from '#kernel';
import { logit } from '../link';
import type { Fit } from '../trainer';
import {
  addBlock,
  addRidge,
  blockScores,
  moved,
  newtonStep,
  pairOfBlocks,
  penaltyOf,
  SHORTEST_STEP,
  type LogisticProblem,
  type Margins,
  type Rows,
} from './logistic-problem';
import { BLOCK, forEachBlock } from './standardise';

type BinaryFit = Pick<Fit<unknown>, 'columns' | 'labels' | 'validation' | 'report'>;

/** Newton's method; a table of many rows begins where every 16th of them leads, which saves more than half of the steps over all. */
export const fitBinary = (fit: BinaryFit, problem: LogisticProblem): Margins => {
  const { columns, validation } = fit;
  const features = columns.length;
  let start = new Float64Array(features + 1);
  start[features] = logit(weightedMean(fit, problem));
  problem.checkpoint();
  const sample = sampleOf(fit);
  if (sample) {
    const share = sample.labels.length / fit.labels.length;
    const smaller = { ...problem, l1: problem.l1 * share, l2: problem.l2 * share };
    start = descend(sample, smaller, start, 1e-6, () => undefined);
  }
  const weights = descend(fit, problem, start, 1e-12, (iteration, here) =>
    fit.report(() => ({
      iteration,
      iterations: problem.iterations,
      metric: 'log_loss',
      train: here.logLoss / totalWeight(fit.labels, problem),
      ...(validation ? { validation: meanLogLoss(validation, here.weights, problem) } : {}),
    })),
  );
  return { coefficients: weights.slice(0, features), intercepts: weights.slice(features) };
};

const SAMPLE_EVERY = 16;
/** Fewer rows than this are quick enough; and with fewer of a class the sample could mislead. */
const SAMPLED_FROM = 32_768;
const LEAST_OF_A_CLASS = 100;

const sampleOf = ({ columns, labels }: Rows): Rows | null => {
  if (labels.length < SAMPLED_FROM) return null;
  const size = Math.ceil(labels.length / SAMPLE_EVERY);
  const sampled = Float64Array.from({ length: size }, (_, row) => labels[row * SAMPLE_EVERY]!);
  const ones = sampled.reduce((sum, label) => sum + label, 0);
  if (Math.min(ones, size - ones) < LEAST_OF_A_CLASS) return null;
  return {
    labels: sampled,
    columns: columns.map((column) => {
      const shorter = new Float32Array(size);
      for (let row = 0; row < size; row++) shorter[row] = column[row * SAMPLE_EVERY]!;
      return shorter;
    }),
  };
};

interface Place {
  readonly weights: Float64Array<ArrayBuffer>;
  /** With the penalty. */
  readonly loss: number;
  /** Summed over the rows, each times its weight, without the penalty. */
  readonly logLoss: number;
  readonly downhill: Float64Array;
  readonly hessian: Float64Array;
}

/** From `start` until a step promises less than `tolerance` of the loss. */
const descend = (
  rows: Rows,
  problem: LogisticProblem,
  start: Float64Array<ArrayBuffer>,
  tolerance: number,
  onStep: (iteration: number, here: Place) => void,
): Float64Array<ArrayBuffer> => {
  let here = expand(rows, problem, start);
  for (let iteration = 1, done = false; iteration <= problem.iterations && !done; iteration++) {
    problem.checkpoint();
    const { step, decrease } = newtonStep(here.downhill, here.hessian, here.weights, problem);
    const isNear = decrease <= tolerance * (1 + here.loss);
    let length = 1;
    let next = expand(rows, problem, moved(here.weights, step, length));
    while (!(next.loss <= here.loss) && !isNear && length > SHORTEST_STEP) {
      problem.checkpoint();
      length /= 2;
      next = expand(rows, problem, moved(here.weights, step, length));
    }
    // At the optimum, rounding decides whether the loss still falls.
    const fell = next.loss <= here.loss;
    done = !fell || isNear;
    if (fell) here = next;
    onStep(iteration, here);
  }
  return here.weights;
};

/** The loss around `weights`, to the second order. */
const expand = (
  { columns, labels }: Rows,
  problem: LogisticProblem,
  weights: Float64Array<ArrayBuffer>,
): Place => {
  const { standardisation, weightOf, l2 } = problem;
  const n = weights.length;
  const downhill = new Float64Array(n);
  const hessian = new Float64Array(n * n);
  const loss = new LossOfBlocks(weightOf);
  const scores = new Float64Array(BLOCK);
  const residuals = new Float64Array(BLOCK);
  const curvatures = new Float64Array(BLOCK);
  const weighted = pairOfBlocks();
  const [zero, one] = [weightOf[0]!, weightOf[1]!];
  forEachBlock(standardisation, columns, (block, begin, size) => {
    blockScores(block, weights, size, scores);
    loss.begin();
    for (let i = 0; i < size; i++) {
      const label = labels[begin + i]!;
      const score = scores[i]!;
      const small = exp(score > 0 ? -score : score);
      const probability = (score > 0 ? 1 : small) / (1 + small);
      const weight = label === 1 ? one : zero;
      loss.add(label, score, small);
      residuals[i] = weight * (label - probability);
      curvatures[i] = weight * probability * (1 - probability);
    }
    loss.end();
    addBlock(block, size, residuals, curvatures, weighted, downhill, hessian);
  });
  addRidge(weights, l2, downhill, hessian);
  return { weights, loss: loss.sum + penaltyOf(weights, problem), logLoss: loss.sum, downhill, hessian };
};

/**
 * Sums log(1 + e^score) - label x score, each times the weight of its class. The factors 1 + e^-|score| are at most 2, so those of a block
 * of 256 rows can be multiplied, and one logarithm does for all.
 */
class LossOfBlocks {
  sum = 0;
  private linear: [number, number] = [0, 0];
  private product: [number, number] = [1, 1];

  constructor(private readonly weightOf: Float64Array) {}

  begin(): void {
    this.linear = [0, 0];
    this.product = [1, 1];
  }

  /** `small` is e^-|score|. */
  add(label: number, score: number, small: number): void {
    this.linear[label]! += (score > 0 ? score : 0) - label * score;
    this.product[label]! *= 1 + small;
  }

  end(): void {
    for (const label of [0, 1])
      this.sum += this.weightOf[label]! * (this.linear[label]! + log(this.product[label]!));
  }
}

const meanLogLoss = (rows: Rows, weights: Float64Array, problem: LogisticProblem): number => {
  const loss = new LossOfBlocks(problem.weightOf);
  const scores = new Float64Array(BLOCK);
  forEachBlock(problem.standardisation, rows.columns, (block, begin, size) => {
    blockScores(block, weights, size, scores);
    loss.begin();
    for (let i = 0; i < size; i++) {
      const score = scores[i]!;
      loss.add(rows.labels[begin + i]!, score, exp(score > 0 ? -score : score));
    }
    loss.end();
  });
  return loss.sum / totalWeight(rows.labels, problem);
};

const totalWeight = (labels: Float64Array, { weightOf }: LogisticProblem): number =>
  labels.reduce((sum, label) => sum + weightOf[label]!, 0);

const weightedMean = ({ labels }: Rows, problem: LogisticProblem): number =>
  labels.reduce((sum, label) => sum + label * problem.weightOf[1]!, 0) / totalWeight(labels, problem);
