import { PlatformError, canonicalJson, type CanonicalValue } from '#kernel';
import type { Calibration, Interval, Task } from '#learn';

/** Metric name to value; null where it has none on these rows. Names as in the facts: `average_precision`, `f1@0.2`. */
export type MetricNumbers = Readonly<Record<string, number | null>>;

/**
 * What is known of how good a version is: the artifact `evaluation` of a run. Computed from the rows of its data set alone; the same run
 * gives the same bytes.
 */
export interface EvaluationReport {
  readonly version: 1;
  readonly task: Task;
  readonly rows: { readonly train: PartSummary; readonly holdout: PartSummary };
  readonly metrics: { readonly train: MetricNumbers; readonly holdout: MetricNumbers };
  /** Of the metrics of the hold-out. Absent where no samples were asked for. */
  readonly intervals?: IntervalsReport;
  /** binary. */
  readonly calibration?: { readonly equal_width: Calibration; readonly equal_count: Calibration };
  /** binary: at 0.5, at the thresholds of gates, and at those that the costs say. */
  readonly decisions?: readonly DecisionsReport[];
  /** binary, where costs are said. */
  readonly costs?: CostsReport;
  /** multiclass: rows of each class (outer) that were taken for each class (inner). Absent with more than 50 classes. */
  readonly confusion?: readonly (readonly number[])[];
  /** regression: quantiles of prediction - label on the hold-out. */
  readonly errors?: Readonly<Record<'p05' | 'p25' | 'p50' | 'p75' | 'p95', number>>;
  readonly slices: readonly SlicesReport[];
  readonly fairness: readonly FairnessReport[];
  /** Cross-validation on the training rows. */
  readonly folds?: FoldsReport;
  /** Fitted anew at earlier moments, each judged by what came next. */
  readonly backtest?: FoldsReport;
  readonly importance: ImportanceReport;
  /** The first rows of the hold-out, one by one; absent where the trainer cannot say. */
  readonly explained?: readonly ExplainedRow[];
}

export interface PartSummary {
  readonly rows: number;
  /** With a label; fewer than `rows` only where an anomaly is not known. */
  readonly labelled: number;
  /** Mean of the labels: the share of positives of a binary task. */
  readonly label_mean: number | null;
  /** multiclass: rows of each class. */
  readonly classes?: readonly number[];
  /** ranking. */
  readonly queries?: number;
  /** Event time of the first and the last row, RFC 3339. */
  readonly from?: string;
  readonly to?: string;
}

export interface IntervalsReport {
  readonly method: 'percentile bootstrap';
  readonly samples: number;
  readonly confidence: number;
  readonly seed: number;
  /** What is drawn. */
  readonly unit: 'row' | 'query';
  /** Null where most samples have no value. */
  readonly holdout: Readonly<Record<string, Interval | null>>;
}

export interface DecisionsReport {
  readonly threshold: number;
  readonly true_positives: number;
  readonly false_positives: number;
  readonly false_negatives: number;
  readonly true_negatives: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly f1: number | null;
  readonly accuracy: number | null;
}

/** Costs are of a row, on the mean of the hold-out. */
export interface CostsReport {
  readonly false_positive: number;
  readonly false_negative: number;
  /** The threshold that would have cost least on the hold-out; null: to decide nothing positive. Chosen on the rows it is judged by. */
  readonly threshold: number | null;
  readonly cost: number;
  /** fp / (fp + fn): the best one where probabilities are calibrated. */
  readonly calibrated_threshold: number;
  readonly calibrated_cost: number;
  readonly cost_of_none: number;
  readonly cost_of_all: number;
}

export interface SlicesReport {
  readonly field: string;
  readonly min_rows: number;
  /** The largest, at most 200. */
  readonly slices: readonly {
    readonly value: string;
    readonly rows: number;
    readonly label_mean: number;
    readonly metrics: MetricNumbers;
  }[];
  /** Values with fewer rows than `min_rows`. */
  readonly small: { readonly values: number; readonly rows: number };
  /** Values with enough rows that are not shown. */
  readonly not_shown: number;
}

export interface FairnessReport {
  readonly field: string;
  readonly threshold: number;
  readonly min_rows: number;
  readonly reference?: string;
  readonly groups: readonly {
    readonly value: string;
    readonly rows: number;
    readonly selection_rate: number;
    readonly true_positive_rate: number | null;
    readonly false_positive_rate: number | null;
  }[];
  readonly small_groups: number;
  readonly demographic_parity: DisparityReport | null;
  readonly equal_opportunity: DisparityReport | null;
  readonly disparate_impact: DisparityReport | null;
  readonly equalised_odds: number | null;
}

export interface DisparityReport {
  readonly value: number;
  readonly between: readonly [lowest: string, highest: string];
}

export interface FoldsReport {
  readonly by: 'time' | 'entity' | 'query' | 'random';
  readonly gap_ms?: number;
  readonly horizon_ms?: number;
  /** How many were asked for: those without rows on a side are left out, such as an origin whose horizon lies in the gap of the split. */
  readonly asked: number;
  readonly folds: readonly {
    readonly train: number;
    readonly test: number;
    /** By time: learned from up to it; judged behind `after`, up to `until`. RFC 3339. */
    readonly train_until?: string;
    readonly after?: string;
    readonly until?: string;
    readonly metrics: MetricNumbers;
    /** Why there is no model of this fold, such as one class only. */
    readonly refused?: string;
  }[];
  /** Over the folds that have a value. */
  readonly mean: MetricNumbers;
  readonly deviation: MetricNumbers;
}

/** In the order of the features. */
export interface ImportanceReport {
  /** Share of what the model learned: gain of trees, |coefficient| of linear ones. Absent of models made elsewhere. */
  readonly learned?: readonly { readonly feature: string; readonly share: number }[];
  /** What the metric loses when the feature's values change places between rows. */
  readonly permutation?: {
    readonly metric: string;
    readonly rows: number;
    readonly repeats: number;
    readonly seed: number;
    readonly features: readonly {
      readonly feature: string;
      readonly drop: number;
      readonly deviation: number;
    }[];
  };
  /** Mean of |contribution| to the margin (log-odds, value). */
  readonly contributions?: {
    readonly rows: number;
    readonly features: readonly { readonly feature: string; readonly mean: number }[];
  };
}

export interface ExplainedRow {
  /** Index in the hold-out. */
  readonly row: number;
  readonly label: number | null;
  /** multiclass: of the most probable class. */
  readonly score: number;
  readonly class?: number;
  /** What the model says of an average row, in the margin. */
  readonly base: number;
  /** By feature; with `base` they sum to the margin. */
  readonly contributions: Readonly<Record<string, number>>;
}

export const writeEvaluation = (report: EvaluationReport): string =>
  canonicalJson(report as unknown as CanonicalValue);

/** @throws PlatformError PLAYHEAD_CONTRACT_VIOLATED where the bytes are no report that this version reads. */
export const readEvaluation = (bytes: Uint8Array): EvaluationReport => {
  let value: Partial<EvaluationReport> | null = null;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes)) as Partial<EvaluationReport> | null;
  } catch {
    // Refused below.
  }
  if (value?.version !== 1 || !value.metrics || !value.rows)
    throw new PlatformError(
      'PLAYHEAD_CONTRACT_VIOLATED',
      'halt',
      `the bytes are no evaluation report of version 1 (version ${String(value?.version)})`,
    );
  return value as EvaluationReport;
};
