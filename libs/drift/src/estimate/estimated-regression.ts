import { leafIndex, type ErrorProfile } from './error-tree';

/** Rows by leaf of the error tree: equal multisets of rows have equal states. */
export interface EstimatedRegressionData {
  readonly leaves: readonly number[];
  readonly invalid: number;
}

interface RegressionEstimates {
  readonly rmse: number | null;
  readonly mae: number | null;
}

export interface EstimatedRegressionReport {
  readonly rows: number;
  /** Rows left out: the model's answer is no finite number. */
  readonly invalid: number;
  readonly metrics: RegressionEstimates;
  /** Standard errors, as NannyML has them: from the spread of the hold-out's errors. */
  readonly errors: RegressionEstimates;
}

/**
 * The error of a regression to expect of a window whose labels are not known, by direct loss estimation (DLE): a second model, fitted on the
 * hold-out, says how far an answer is off as a rule. Here it is a tree of at most 32 leaves, so a window is so many counts; NannyML takes boosted trees, and
 * agrees in trend and alerts, not in digits. It cannot see concept drift.
 */
export class EstimatedRegression {
  private readonly leaves: number[];
  private invalid = 0;

  constructor(readonly profile: ErrorProfile) {
    this.leaves = profile.leaves.map(() => 0);
  }

  /** `features` in the order of the model's inputs. */
  observe(prediction: number, features: ArrayLike<number | null>): void {
    if (Number.isFinite(prediction)) this.leaves[leafIndex(this.profile, prediction, features)]! += 1;
    else this.invalid++;
  }

  /** The other must go by the same profile. */
  merge(other: EstimatedRegression): void {
    other.leaves.forEach((rows, leaf) => (this.leaves[leaf]! += rows));
    this.invalid += other.invalid;
  }

  report(): EstimatedRegressionReport {
    const { leaves, spread } = this.profile;
    let [rows, absolute, squared] = [0, 0, 0];
    this.leaves.forEach((count, i) => {
      rows += count;
      absolute += count * leaves[i]!.absolute;
      squared += count * leaves[i]!.squared;
    });
    if (rows === 0) {
      const none = { rmse: null, mae: null };
      return { rows, invalid: this.invalid, metrics: none, errors: none };
    }
    const rmse = Math.sqrt(squared / rows);
    return {
      rows,
      invalid: this.invalid,
      metrics: { rmse, mae: absolute / rows },
      errors: {
        rmse: rmse > 0 ? spread.squared / (2 * rmse * Math.sqrt(rows)) : 0,
        mae: spread.absolute / Math.sqrt(rows),
      },
    };
  }

  toJSON(): EstimatedRegressionData {
    return { leaves: [...this.leaves], invalid: this.invalid };
  }

  static fromJSON(stored: EstimatedRegressionData, profile: ErrorProfile): EstimatedRegression {
    const performance = new EstimatedRegression(profile);
    stored.leaves.forEach((rows, leaf) => (performance.leaves[leaf] = rows));
    performance.invalid = stored.invalid;
    return performance;
  }
}
