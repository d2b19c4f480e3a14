import { Refused } from '#kernel';
import { cellCount, type BinOptions, type Bins } from './bins';
import { profileColumn, type ColumnProfile } from './column-profile';

export interface FeatureProfile extends ColumnProfile {
  readonly name: string;
}

/**
 * What a model version learned from: the artifact that training stores with the version (`profile` of a route) and that monitoring
 * counts and compares later windows by.
 */
export interface ReferenceProfile {
  readonly version: 1;
  /** In the order of the model's inputs, over the rows that it was trained on. */
  readonly features: readonly FeatureProfile[];
  /** The model's outputs (probability or value) on the hold-out rows. */
  readonly score: ColumnProfile;
}

export interface ReferenceColumn {
  readonly name: string;
  readonly values: ArrayLike<number | null>;
}

/**
 * Deciles of the reference, as the population stability index is used in credit scoring: few cells, so that small windows are not
 * all noise, and equally full ones, so that a long tail does not hide the bulk. A column of at most 20 distinct values has a cell for each.
 */
export const REFERENCE_BINS: BinOptions = { method: 'quantile', intervals: 10 };

/** Profiles of the training columns and of the scores on the hold-out rows. Missing values are null or NaN. */
export const profileReference = (
  columns: readonly ReferenceColumn[],
  scores: ArrayLike<number | null>,
  bins: BinOptions = REFERENCE_BINS,
): ReferenceProfile => ({
  version: 1,
  features: columns.map(({ name, values }) => ({ name, ...profileColumn(values, bins) })),
  score: profileColumn(scores, bins),
});

/** The artifact's text: JSON with its members in one order, so that equal profiles have equal digests. */
export const writeReferenceProfile = ({ features, score }: ReferenceProfile): string =>
  JSON.stringify({
    version: 1,
    features: features.map((feature) => ({ name: feature.name, ...orderedColumn(feature) })),
    score: orderedColumn(score),
  });

const orderedColumn = (column: ColumnProfile): ColumnProfile => ({
  bins:
    column.bins.kind === 'intervals'
      ? { kind: 'intervals', edges: column.bins.edges }
      : { kind: 'values', values: column.bins.values },
  rows: column.rows,
  missing: column.missing,
  min: column.min,
  max: column.max,
  mean: column.mean,
  std: column.std,
  counts: column.counts,
  sum: column.sum,
  squares: column.squares,
});

/** @throws Refused PLAYHEAD_DRIFT_INVALID when the text is not a reference profile that this version can read. */
export const readReferenceProfile = (text: string): ReferenceProfile => {
  const profile = parse(text);
  if (!isObject(profile) || profile['version'] !== 1) {
    throw invalid(`version ${isObject(profile) ? String(profile['version']) : 'none'} is not known`);
  }
  const { features, score } = profile;
  if (!Array.isArray(features)) throw invalid('it has no list of features');
  for (const [index, feature] of features.entries()) {
    if (!isObject(feature) || typeof feature['name'] !== 'string')
      throw invalid(`feature ${index} has no name`);
    checkColumn(feature, feature['name']);
  }
  checkColumn(score, 'score');
  return profile as unknown as ReferenceProfile;
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw invalid('it is not JSON');
  }
};

const checkColumn = (column: unknown, name: string): void => {
  const isColumn =
    isObject(column) &&
    isBins(column['bins']) &&
    isNumbers(column['counts']) &&
    column['counts'].length === cellCount(column['bins']) &&
    isNumbers(column['sum']) &&
    isNumbers(column['squares']) &&
    typeof column['rows'] === 'number' &&
    typeof column['missing'] === 'number';
  if (!isColumn) throw invalid(`column ${name} is no profile`);
};

const isBins = (value: unknown): value is Bins =>
  isObject(value) &&
  ((value['kind'] === 'intervals' && isNumbers(value['edges'])) ||
    (value['kind'] === 'values' && isNumbers(value['values'])));

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'number');

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const invalid = (why: string): Refused =>
  new Refused('PLAYHEAD_DRIFT_INVALID', `this is not a reference profile: ${why}`);
