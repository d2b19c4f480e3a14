import { ExactSum, log, Refused } from '#kernel';
import { rankingOf, type BinCounts } from './ranking';
import { SCORE_BINS, scoreBin } from './score-bins';

/** The state of the fold as it goes on the log. Equal multisets of rows have equal states. */
export interface BinaryPerformanceData {
  readonly threshold: number;
  readonly invalid: number;
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Exact sums, as doubles that add up to them. */
  readonly squaredError: readonly number[];
  readonly logLoss: readonly number[];
  /** [bin, negatives, positives], ascending; bins without rows are left out. */
  readonly bins: readonly (readonly [number, number, number])[];
}

/** Names as in the metrics of evaluation; null where a metric has no value (one class only, no rows). */
export interface BinaryMetrics {
  readonly roc_auc: number | null;
  readonly average_precision: number | null;
  readonly log_loss: number | null;
  readonly brier: number | null;
  readonly f1: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly accuracy: number | null;
}

export interface BinaryReport {
  readonly rows: number;
  readonly positives: number;
  /** Pairs left out: their score is no number from 0 to 1. */
  readonly invalid: number;
  readonly decisions: Pick<
    BinaryPerformanceData,
    'threshold' | 'truePositives' | 'falsePositives' | 'trueNegatives' | 'falseNegatives'
  >;
  readonly metrics: BinaryMetrics;
  /** How far the two binned metrics can at most be from those of the rows themselves. */
  readonly bounds: { readonly roc_auc: number | null; readonly average_precision: number | null };
}

/**
 * The realised performance of a binary model over the (score, label) pairs of a window: a state that costs at most 9,731 bins, can be
 * merged, and can take a pair back when its label is corrected.
 *
 * Exact: decisions at the threshold and what follows from them, and the sums behind Brier score and log loss (each term is rounded,
 * their sum is not; probabilities kept 2.2e-16 away from 0 and 1). Binned: ROC AUC and average precision, where the scores of one bin count as
 * tied; the report bounds the error by what is in the bins. Any order of observe, retract and merge gives the same state.
 */
export class BinaryPerformance {
  /** Negatives and positives whose decision was 0, then those whose decision was 1. */
  private readonly decisions: [number, number, number, number] = [0, 0, 0, 0];
  private readonly bins = new Map<number, [number, number]>();
  private readonly squaredError = new ExactSum();
  private readonly logLoss = new ExactSum();
  private invalid = 0;

  /** A score at or above `threshold` is decided positive. */
  constructor(readonly threshold = 0.5) {}

  observe(score: number, label: boolean): void {
    this.count(score, label, 1);
  }

  /** Takes an observed pair out again. */
  retract(score: number, label: boolean): void {
    this.count(score, label, -1);
  }

  /** @throws Refused PLAYHEAD_DRIFT_INVALID when the other decided at another threshold. */
  merge(other: BinaryPerformance): void {
    if (other.threshold !== this.threshold) {
      throw new Refused(
        'PLAYHEAD_DRIFT_INVALID',
        `decisions at ${other.threshold} and at ${this.threshold} cannot be merged`,
      );
    }
    other.decisions.forEach((count, cell) => (this.decisions[cell]! += count));
    for (const [bin, [negatives, positives]] of other.bins) this.countInBin(bin, negatives, positives);
    this.squaredError.merge(other.squaredError);
    this.logLoss.merge(other.logLoss);
    this.invalid += other.invalid;
  }

  report(): BinaryReport {
    const [trueNegatives, falseNegatives, falsePositives, truePositives] = this.decisions;
    const positives = truePositives + falseNegatives;
    const rows = positives + trueNegatives + falsePositives;
    const ranking = rankingOf(this.sortedBins());
    return {
      rows,
      positives,
      invalid: this.invalid,
      decisions: { threshold: this.threshold, truePositives, falsePositives, trueNegatives, falseNegatives },
      metrics: {
        roc_auc: ranking.rocAuc.value,
        average_precision: ranking.averagePrecision.value,
        log_loss: ratio(this.logLoss.value(), rows),
        brier: ratio(this.squaredError.value(), rows),
        f1: ratio(2 * truePositives, 2 * truePositives + falsePositives + falseNegatives),
        precision: ratio(truePositives, truePositives + falsePositives),
        recall: ratio(truePositives, positives),
        accuracy: ratio(truePositives + trueNegatives, rows),
      },
      bounds: { roc_auc: ranking.rocAuc.bound, average_precision: ranking.averagePrecision.bound },
    };
  }

  toJSON(): BinaryPerformanceData {
    const [trueNegatives, falseNegatives, falsePositives, truePositives] = this.decisions;
    return {
      threshold: this.threshold,
      invalid: this.invalid,
      truePositives,
      falsePositives,
      trueNegatives,
      falseNegatives,
      squaredError: this.squaredError.parts(),
      logLoss: this.logLoss.parts(),
      bins: this.sortedBins(),
    };
  }

  static fromJSON(stored: BinaryPerformanceData): BinaryPerformance {
    const performance = new BinaryPerformance(stored.threshold);
    const { trueNegatives, falseNegatives, falsePositives, truePositives } = stored;
    performance.decisions.splice(0, 4, trueNegatives, falseNegatives, falsePositives, truePositives);
    performance.invalid = stored.invalid;
    for (const part of stored.squaredError) performance.squaredError.add(part);
    for (const part of stored.logLoss) performance.logLoss.add(part);
    for (const [bin, negatives, positives] of stored.bins) {
      if (!(Number.isInteger(bin) && bin >= 0 && bin < SCORE_BINS)) {
        throw new Refused('PLAYHEAD_DRIFT_INVALID', `${bin} is no score bin`);
      }
      performance.countInBin(bin, negatives, positives);
    }
    return performance;
  }

  private count(score: number, label: boolean, sign: 1 | -1): void {
    if (!(score >= 0 && score <= 1)) {
      this.invalid += sign;
      return;
    }
    this.decisions[(score >= this.threshold ? 2 : 0) + (label ? 1 : 0)]! += sign;
    this.countInBin(scoreBin(score), label ? 0 : sign, label ? sign : 0);
    const error = score - (label ? 1 : 0);
    const probability = Math.min(Math.max(score, EPSILON), 1 - EPSILON);
    const loss = -log(label ? probability : 1 - probability);
    if (sign === 1) {
      this.squaredError.add(error * error);
      this.logLoss.add(loss);
    } else {
      this.squaredError.remove(error * error);
      this.logLoss.remove(loss);
    }
  }

  private countInBin(bin: number, negatives: number, positives: number): void {
    const cell = this.bins.get(bin);
    if (!cell) this.bins.set(bin, [negatives, positives]);
    else {
      cell[0] += negatives;
      cell[1] += positives;
    }
  }

  private sortedBins(): BinCounts[] {
    return [...this.bins]
      .filter(([, [negatives, positives]]) => negatives !== 0 || positives !== 0)
      .sort(([a], [b]) => a - b)
      .map(([bin, [negatives, positives]]) => [bin, negatives, positives]);
  }
}

const EPSILON = 2.220446049250313e-16;

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
