import { ExactSum, log, Refused } from '#kernel';
import type { BinaryMetrics } from '../performance/binary-performance';
import { SCORE_BINS, scoreBin } from '../performance/score-bins';
import { calibrated, type CalibrationProfile } from './calibration';
import { expectedRanking } from './expected-ranking';

/** The state of the fold as it goes on the log. Equal multisets of rows have equal states. */
export interface EstimatedPerformanceData {
  /** Rows decided 0 and 1. */
  readonly rows: readonly [number, number];
  readonly invalid: number;
  /** Positives expected among each, as doubles that add up to them. */
  readonly positives: readonly [readonly number[], readonly number[]];
  readonly squaredError: readonly number[];
  readonly logLoss: readonly number[];
  /** [bin, rows, expected positives in units of 2^-30], ascending; bins without rows are left out. */
  readonly bins: readonly (readonly [number, number, number])[];
}

export type EstimatedMetrics = BinaryMetrics;

export interface EstimatedReport {
  readonly rows: number;
  /** Rows left out: their score is no number from 0 to 1. */
  readonly invalid: number;
  /** Positives expected. */
  readonly positives: number;
  readonly metrics: EstimatedMetrics;
  /** Standard errors: what chance alone does to a metric on so many rows; null where nothing is known of it. */
  readonly errors: EstimatedMetrics;
  /** How far the binned ROC AUC can at most be from that of the rows themselves. */
  readonly bounds: { readonly roc_auc: number | null };
}

/**
 * The performance of a binary model to expect of a window whose labels are not known, by confidence-based estimation (CBPE, NannyML
 * 0.13.1): each calibrated score says how likely the decision is right. It sees what a change of the features does to performance, and cannot see that
 * features have come to mean something else (concept drift).
 *
 * A state of at most 9,731 bins that can be merged. Exact: expected counts and the sums behind accuracy, precision, recall, F1, Brier
 * score and log loss. Binned: ROC AUC and average precision; their positives are counted in units of 2^-30, so parts merge to the same bytes in
 * any order for up to 8,000,000 rows of one bin. Standard errors are NannyML's formulas with the window's expected counts in place of the reference's.
 */
export class EstimatedPerformance {
  private readonly rows: [number, number] = [0, 0];
  private readonly positives: readonly [ExactSum, ExactSum] = [new ExactSum(), new ExactSum()];
  private readonly squaredError = new ExactSum();
  private readonly logLoss = new ExactSum();
  private readonly bins = new Map<number, [number, number]>();
  private invalid = 0;

  /** Without a calibration, or with one that is not needed, scores are the probabilities. */
  constructor(readonly calibration?: CalibrationProfile) {}

  /** `decision`: whether the row was decided positive. */
  observe(score: number, decision: boolean): void {
    if (!(score >= 0 && score <= 1)) {
      this.invalid++;
      return;
    }
    const probability = calibrated(this.calibration, score);
    const side = decision ? 1 : 0;
    this.rows[side]++;
    this.positives[side].add(probability);
    this.squaredError.add(probability * (1 - score) * (1 - score) + (1 - probability) * score * score);
    const certain = Math.min(Math.max(score, EPSILON), 1 - EPSILON);
    this.logLoss.add(-probability * log(certain) - (1 - probability) * log(1 - certain));
    this.countInBin(scoreBin(score), 1, Math.round(probability * UNITS));
  }

  /** The other must have been calibrated alike. */
  merge(other: EstimatedPerformance): void {
    for (const side of [0, 1] as const) {
      this.rows[side] += other.rows[side];
      this.positives[side].merge(other.positives[side]);
    }
    this.squaredError.merge(other.squaredError);
    this.logLoss.merge(other.logLoss);
    for (const [bin, [rows, units]] of other.bins) this.countInBin(bin, rows, units);
    this.invalid += other.invalid;
  }

  report(): EstimatedReport {
    const [decidedNegative, decidedPositive] = this.rows;
    const rows = decidedNegative + decidedPositive;
    const fn = this.positives[0].value();
    const tp = this.positives[1].value();
    const fp = decidedPositive - tp;
    const tn = decidedNegative - fn;
    const { rocAuc, averagePrecision, rocAucError, rocAucBound } = expectedRanking(
      this.sortedBins()
        .reverse()
        .map(([, count, units]) => ({ rows: count, positives: units / UNITS })),
    );
    const halves = tp + (fp + fn) / 2;
    const metrics: EstimatedMetrics = {
      roc_auc: rocAuc,
      average_precision: averagePrecision,
      log_loss: ratio(this.logLoss.value(), rows),
      brier: ratio(this.squaredError.value(), rows),
      f1: ratio(tp, halves),
      precision: ratio(tp, decidedPositive),
      recall: ratio(tp, tp + fn),
      accuracy: ratio(tp + tn, rows),
    };
    const relevant = tp + fp + fn;
    return {
      rows,
      invalid: this.invalid,
      positives: tp + fn,
      metrics,
      errors: {
        roc_auc: rocAucError,
        average_precision: null,
        log_loss: null,
        brier: null,
        f1: halves > 0 ? (relevant / halves) * shareError(tp, relevant)! : null,
        precision: shareError(tp, decidedPositive),
        recall: shareError(tp, tp + fn),
        accuracy: shareError(tp + tn, rows),
      },
      bounds: { roc_auc: rocAucBound },
    };
  }

  toJSON(): EstimatedPerformanceData {
    return {
      rows: [...this.rows],
      invalid: this.invalid,
      positives: [this.positives[0].parts(), this.positives[1].parts()],
      squaredError: this.squaredError.parts(),
      logLoss: this.logLoss.parts(),
      bins: this.sortedBins(),
    };
  }

  /** @throws Refused PLAYHEAD_DRIFT_INVALID when a bin is none. */
  static fromJSON(stored: EstimatedPerformanceData, calibration?: CalibrationProfile): EstimatedPerformance {
    const performance = new EstimatedPerformance(calibration);
    for (const side of [0, 1] as const) {
      performance.rows[side] = stored.rows[side];
      for (const part of stored.positives[side]) performance.positives[side].add(part);
    }
    for (const part of stored.squaredError) performance.squaredError.add(part);
    for (const part of stored.logLoss) performance.logLoss.add(part);
    performance.invalid = stored.invalid;
    for (const [bin, rows, units] of stored.bins) {
      if (!(Number.isInteger(bin) && bin >= 0 && bin < SCORE_BINS))
        throw new Refused('PLAYHEAD_DRIFT_INVALID', `${bin} is no score bin`);
      performance.countInBin(bin, rows, units);
    }
    return performance;
  }

  private countInBin(bin: number, rows: number, units: number): void {
    const cell = this.bins.get(bin);
    if (!cell) this.bins.set(bin, [rows, units]);
    else {
      cell[0] += rows;
      cell[1] += units;
    }
  }

  private sortedBins(): [number, number, number][] {
    return [...this.bins].sort(([a], [b]) => a - b).map(([bin, [rows, units]]) => [bin, rows, units]);
  }
}

const UNITS = 1073741824;
const EPSILON = 2.220446049250313e-16;

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

/** Of a share of `whole` rows. */
const shareError = (part: number, whole: number): number | null =>
  whole > 0 ? Math.sqrt(Math.max(0, (part / whole) * (1 - part / whole)) / whole) : null;
