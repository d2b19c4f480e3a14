import { exp, log } from '#kernel';
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

type MultinomialFit = Pick<Fit<unknown>, 'columns' | 'labels' | 'validation' | 'report' | 'classes'>;

/** Rounds of one Newton step for each class, the others held (Friedman, Hastie and Tibshirani, 2010, section 4.1). */
export const fitMultinomial = (fit: MultinomialFit, problem: LogisticProblem): Margins => {
  const { columns, labels, validation, classes } = fit;
  const features = columns.length;
  const weights = Array.from({ length: classes }, (_, k) => {
    const start = new Float64Array(features + 1);
    start[features] = interceptOf(k, labels, problem);
    return start;
  });
  problem.checkpoint();
  const train = new Standings(fit, problem, weights);
  const watched = validation && new Standings(validation, problem, weights);
  for (let iteration = 1, done = false; iteration <= problem.iterations && !done; iteration++) {
    let decrease = 0;
    for (let k = 0; k < classes; k++) {
      problem.checkpoint();
      decrease += train.improve(k);
    }
    train.centre();
    fit.report(() => {
      watched?.recompute();
      return {
        iteration,
        iterations: problem.iterations,
        metric: 'log_loss',
        train: train.meanLogLoss(),
        ...(watched ? { validation: watched.meanLogLoss() } : {}),
      };
    });
    done = decrease <= 1e-13 * (1 + train.logLoss);
  }
  const coefficients = new Float64Array(features * classes);
  weights.forEach((of, k) => {
    for (let f = 0; f < features; f++) coefficients[f * classes + k] = of[f]!;
  });
  return { coefficients, intercepts: Float64Array.from(weights, (of) => of[features]!) };
};

/** The logarithm of the class's weighted share; of half a row where it has none. */
const interceptOf = (k: number, labels: Float64Array, { weightOf }: LogisticProblem): number => {
  let own = 0;
  let all = 0;
  for (const label of labels) {
    all += weightOf[label]!;
    if (label === k) own += weightOf[k]!;
  }
  return log((own > 0 ? own : 0.5 * weightOf[k]!) / all);
};

/** Where the rows stand: margin and odds of each class, odds relative to e^(greatest margin of the row). */
class Standings {
  /** Summed over the rows, each times its weight. */
  logLoss = 0;
  private readonly scores: Float64Array[];
  private readonly odds: Float64Array[];
  private readonly most: Float64Array;
  private readonly sum: Float64Array;

  /** `weights` of each class, the intercept last; `improve` changes them. */
  constructor(
    private readonly rows: Rows,
    private readonly problem: LogisticProblem,
    private readonly weights: Float64Array[],
  ) {
    const length = rows.labels.length;
    this.scores = weights.map(() => new Float64Array(length));
    this.odds = weights.map(() => new Float64Array(length));
    this.most = new Float64Array(length);
    this.sum = new Float64Array(length);
    this.recompute();
  }

  meanLogLoss(): number {
    const { weightOf } = this.problem;
    return this.logLoss / this.rows.labels.reduce((sum, label) => sum + weightOf[label]!, 0);
  }

  /** Margins from the weights, then odds. */
  recompute(): void {
    this.weights.forEach((weights, k) => this.project(weights, this.scores[k]!));
    this.refresh();
  }

  /** Odds and loss from the margins. */
  refresh(): void {
    const { scores, odds, most, sum } = this;
    most.fill(-Infinity);
    sum.fill(0);
    for (const of of scores)
      for (let row = 0; row < most.length; row++) if (of[row]! > most[row]!) most[row] = of[row]!;
    scores.forEach((of, k) => {
      const target = odds[k]!;
      for (let row = 0; row < most.length; row++) sum[row]! += target[row] = exp(of[row]! - most[row]!);
    });
    this.logLoss = this.lossOf(-1, sum, this.most);
  }

  /** One step of the class `k`; says how much lower the loss was promised to be. */
  improve(k: number): number {
    const { problem, weights, scores, odds, most, sum } = this;
    const { downhill, hessian } = this.expand(k);
    const { step, decrease } = newtonStep(downhill, hessian, weights[k]!, problem);
    const direction = new Float64Array(most.length);
    this.project(step, direction);
    const before = this.logLoss + penaltyOf(weights[k]!, problem);
    const next = new Float64Array(most.length);
    const nextOdds = new Float64Array(most.length);
    const nextSum = new Float64Array(most.length);
    for (let length = 1; length > SHORTEST_STEP; length /= 2) {
      for (let row = 0; row < next.length; row++) {
        next[row] = scores[k]![row]! + length * direction[row]!;
        nextOdds[row] = exp(next[row]! - most[row]!);
        // What the others leave is above 0: the greatest odds of a row are 1, its own or another's.
        const others = Math.max(sum[row]! - odds[k]![row]!, LEAST_ODDS);
        nextSum[row] = others + nextOdds[row]!;
      }
      const own = moved(weights[k]!, step, length);
      const logLoss = this.lossOf(k, nextSum, most, next);
      if (logLoss + penaltyOf(own, problem) <= before) {
        weights[k]!.set(own);
        scores[k]!.set(next);
        odds[k]!.set(nextOdds);
        sum.set(nextSum);
        this.logLoss = logLoss;
        return decrease;
      }
      problem.checkpoint();
    }
    return 0;
  }

  /**
   * A vector taken from the weights of all classes changes no probability, only the penalty: takes the best one, which rounds of single
   * classes come to slowly (section 4.1 of the paper).
   */
  centre(): void {
    const { weights, scores, most, problem } = this;
    const shift = weights[0]!.map((_, f) => {
      const values = Float64Array.from(weights, (of) => of[f]!);
      const isIntercept = f === weights[0]!.length - 1;
      return isIntercept ? bestShift(values, 0, 1) : bestShift(values, problem.l1, problem.l2);
    });
    const shifts = new Float64Array(most.length);
    this.project(shift, shifts);
    weights.forEach((of, k) => {
      for (let f = 0; f < of.length; f++) of[f]! -= shift[f]!;
      for (let row = 0; row < shifts.length; row++) scores[k]![row]! -= shifts[row]!;
    });
    this.refresh();
  }

  private lossOf(k: number, sum: Float64Array, most: Float64Array, own?: Float64Array): number {
    const { labels } = this.rows;
    const { weightOf } = this.problem;
    let loss = 0;
    for (let row = 0; row < labels.length; row++) {
      const label = labels[row]!;
      const score = label === k ? own![row]! : this.scores[label]![row]!;
      loss += weightOf[label]! * (log(sum[row]!) + most[row]! - score);
    }
    return loss;
  }

  private expand(k: number): { downhill: Float64Array; hessian: Float64Array } {
    const { rows, problem, weights, odds, sum } = this;
    const n = weights[k]!.length;
    const downhill = new Float64Array(n);
    const hessian = new Float64Array(n * n);
    const residuals = new Float64Array(BLOCK);
    const curvatures = new Float64Array(BLOCK);
    const weighted = pairOfBlocks();
    const own = odds[k]!;
    forEachBlock(problem.standardisation, rows.columns, (block, begin, size) => {
      for (let i = 0; i < size; i++) {
        const label = rows.labels[begin + i]!;
        const weight = problem.weightOf[label]!;
        const probability = own[begin + i]! / sum[begin + i]!;
        residuals[i] = weight * ((label === k ? 1 : 0) - probability);
        curvatures[i] = weight * probability * (1 - probability);
      }
      addBlock(block, size, residuals, curvatures, weighted, downhill, hessian);
    });
    addRidge(weights[k]!, problem.l2, downhill, hessian);
    return { downhill, hessian };
  }

  private project(weights: Float64Array, into: Float64Array): void {
    const scores = new Float64Array(BLOCK);
    forEachBlock(this.problem.standardisation, this.rows.columns, (block, begin, size) => {
      blockScores(block, weights, size, scores);
      into.set(scores.subarray(0, size), begin);
    });
  }
}

const LEAST_ODDS = 1e-300;

/** The t with the least l1 x sum of |v - t| + l2/2 x sum of (v - t)^2: where the slope, which only grows, passes 0. */
export const bestShift = (values: Float64Array, l1: number, l2: number): number => {
  const sorted = values.toSorted();
  const count = sorted.length;
  const total = sorted.reduce((sum, value) => sum + value, 0);
  const slope = (t: number, below: number): number => l1 * (2 * below - count) + l2 * (count * t - total);
  for (let below = 0; below < count; below++) {
    const value = sorted[below]!;
    if (slope(value, below + 1) < 0) continue;
    return slope(value, below) <= 0 ? value : (total - (l1 * (2 * below - count)) / l2) / count;
  }
  return total / count;
};
