import { ExactMoments, ExactSum } from '#kernel';

export interface RegressionPerformanceData {
  readonly rows: number;
  readonly invalid: number;
  /** Exact sums, as doubles that add up to them. */
  readonly absoluteError: readonly number[];
  readonly squaredError: readonly number[];
  readonly labels: readonly number[];
  readonly squaredLabels: readonly number[];
}

export interface RegressionReport {
  readonly rows: number;
  /** Pairs left out: prediction or label is no finite number below 2^450. */
  readonly invalid: number;
  readonly metrics: { readonly rmse: number | null; readonly mae: number | null; readonly r2: number | null };
}

/**
 * The realised performance of a regression over the (prediction, label) pairs of a window. Each error is rounded, their sums are not, so any
 * order of observe, retract and merge gives the same state. R2 is null when the labels are all the same or fewer than two.
 */
export class RegressionPerformance {
  private readonly absoluteError = new ExactSum();
  private readonly squaredError = new ExactSum();
  private labels = new ExactMoments();
  private invalid = 0;

  observe(prediction: number, label: number): void {
    if (!isUsable(prediction) || !isUsable(label)) {
      this.invalid++;
      return;
    }
    const error = prediction - label;
    this.absoluteError.add(Math.abs(error));
    this.squaredError.add(error * error);
    this.labels.add(label);
  }

  /** Takes an observed pair out again. */
  retract(prediction: number, label: number): void {
    if (!isUsable(prediction) || !isUsable(label)) {
      this.invalid--;
      return;
    }
    const error = prediction - label;
    this.absoluteError.remove(Math.abs(error));
    this.squaredError.remove(error * error);
    this.labels.remove(label);
  }

  merge(other: RegressionPerformance): void {
    this.absoluteError.merge(other.absoluteError);
    this.squaredError.merge(other.squaredError);
    this.labels.merge(other.labels);
    this.invalid += other.invalid;
  }

  report(): RegressionReport {
    const rows = this.labels.count;
    if (rows === 0) return { rows, invalid: this.invalid, metrics: { rmse: null, mae: null, r2: null } };
    const meanSquare = this.squaredError.value() / rows;
    const variance = this.labels.variance();
    return {
      rows,
      invalid: this.invalid,
      metrics: {
        rmse: Math.sqrt(meanSquare),
        mae: this.absoluteError.value() / rows,
        r2: variance ? 1 - this.squaredError.value() / (variance * (rows - 1)) : null,
      },
    };
  }

  toJSON(): RegressionPerformanceData {
    const { count: rows, sum: labels, squares: squaredLabels } = this.labels.parts();
    return {
      rows,
      invalid: this.invalid,
      absoluteError: this.absoluteError.parts(),
      squaredError: this.squaredError.parts(),
      labels,
      squaredLabels,
    };
  }

  static fromJSON(stored: RegressionPerformanceData): RegressionPerformance {
    const performance = new RegressionPerformance();
    performance.invalid = stored.invalid;
    for (const part of stored.absoluteError) performance.absoluteError.add(part);
    for (const part of stored.squaredError) performance.squaredError.add(part);
    performance.labels = ExactMoments.fromParts({
      count: stored.rows,
      sum: stored.labels,
      squares: stored.squaredLabels,
    });
    return performance;
  }
}

const LARGEST_SQUARED = 2.9073548971824276e135;
const isUsable = (value: number): boolean => Math.abs(value) <= LARGEST_SQUARED;
