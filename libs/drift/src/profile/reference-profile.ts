import { isPresent, type BinOptions } from './bins';
import { chunksOf, countChunks, orderInTime } from './chunks';
import { profileColumn, type ColumnProfile } from './column-profile';
import { principalComponents, type PcaProfile } from './principal-components';
import type { CalibrationProfile } from '../estimate/calibration';
import type { ErrorProfile } from '../estimate/error-tree';
import type { PerformanceProfile } from '../performance/chunk-performance';

/** Rows by cell of the bins, of at most ten consecutive chunks of the reference: how much a column varies without drift. */
export type ChunkCounts = readonly (readonly number[])[];

export interface FeatureProfile extends ColumnProfile {
  readonly name: string;
  /** The feature's share in what the model goes by, 0 to 1, all of them 1 together; null where nobody knows. */
  readonly importance: number | null;
  readonly chunks: ChunkCounts;
  /** Whether every present value is a whole number. */
  readonly integer: boolean;
}

export interface ScoreProfile extends ColumnProfile {
  readonly chunks: ChunkCounts;
}

/**
 * What a model version learned from: the artifact that training stores with the version (`profile` of a route) and that monitoring
 * counts and compares later windows by. A profile of version 1 is read as one that has no chunks, no importance and none of the optional parts.
 */
export interface ReferenceProfile {
  readonly version: 2;
  /** In the order of the model's inputs, over the rows that it was trained on. */
  readonly features: readonly FeatureProfile[];
  /** The model's outputs (probability, value, or the class of a multiclass model) on the hold-out rows. */
  readonly score: ScoreProfile;
  /** Of the features; absent where they are fewer than two that vary, more than 256, or there are fewer than 100 rows. */
  readonly pca?: PcaProfile;
  /** Binary models: from scores to probabilities, by the labels of the hold-out. */
  readonly calibration?: CalibrationProfile;
  /** How the metrics differ between chunks of the hold-out, by their names in evaluation. */
  readonly performance?: PerformanceProfile;
  /** Regressions: the error to expect of a row, learned from the hold-out. */
  readonly errors?: ErrorProfile;
}

export interface ReferenceColumn {
  readonly name: string;
  readonly values: ArrayLike<number | null>;
  /** As in `FeatureProfile`; null where it is not given. */
  readonly importance?: number | null;
}

/**
 * Deciles of the reference, as the population stability index is used in credit scoring: few cells, so that small windows are not
 * all noise, and equally full ones, so that a long tail does not hide the bulk. A column of at most 20 distinct values has a cell for each.
 */
export const REFERENCE_BINS: BinOptions = { method: 'quantile', intervals: 10 };

export interface ReferenceOptions extends Pick<ReferenceProfile, 'calibration' | 'performance' | 'errors'> {
  readonly bins?: BinOptions;
  /** Event time of each row: chunks are consecutive in it. Where it is not given, rows stand in the order in which they happened. */
  readonly times?: { readonly train?: ArrayLike<number>; readonly holdout?: ArrayLike<number> };
}

/** Profiles of the training columns and of the scores on the hold-out rows. Missing values are null or NaN. */
export const profileReference = (
  columns: readonly ReferenceColumn[],
  scores: ArrayLike<number | null>,
  { bins = REFERENCE_BINS, times = {}, calibration, performance, errors }: ReferenceOptions = {},
): ReferenceProfile => {
  const chunks = chunksOf(orderInTime(columns[0]?.values.length ?? 0, times.train));
  const features = columns.map(({ name, values, importance = null }): FeatureProfile => {
    const column = profileColumn(values, bins);
    return {
      name,
      ...column,
      importance,
      chunks: countChunks(column.bins, values, chunks),
      integer: isWhole(values),
    };
  });
  const score = profileColumn(scores, bins);
  const pca = principalComponents(
    columns.map(({ values }) => values),
    chunks,
  );
  return {
    version: 2,
    features,
    score: {
      ...score,
      chunks: countChunks(score.bins, scores, chunksOf(orderInTime(scores.length, times.holdout))),
    },
    ...(pca && { pca }),
    ...(calibration && { calibration }),
    ...(performance && { performance }),
    ...(errors && { errors }),
  };
};

const isWhole = (values: ArrayLike<number | null>): boolean => {
  for (let row = 0; row < values.length; row++) {
    const value = values[row] as number | null;
    if (isPresent(value) && !Number.isInteger(value)) return false;
  }
  return true;
};
