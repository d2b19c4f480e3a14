import { Refused } from '#kernel';
import { cellCount, type Bins } from './bins';
import type { ColumnProfile } from './column-profile';
import type { FeatureProfile, ReferenceProfile, ScoreProfile } from './reference-profile';

/** The artifact's text: JSON with its members in one order, so that equal profiles have equal digests. */
export const writeReferenceProfile = (profile: ReferenceProfile): string => {
  const { features, score, pca, calibration, performance, errors } = profile;
  return JSON.stringify({
    version: 2,
    features: features.map((feature) => ({
      name: feature.name,
      ...orderedColumn(feature),
      importance: feature.importance,
      chunks: feature.chunks,
      integer: feature.integer,
    })),
    score: { ...orderedColumn(score), chunks: score.chunks },
    ...(pca && { pca: sorted(pca) }),
    ...(calibration && { calibration: sorted(calibration) }),
    ...(performance && { performance: sorted(performance) }),
    ...(errors && { errors: sorted(errors) }),
  });
};

/** As a release that knew version 1 alone would have written it: what a model trained by one is compared with when it is fitted again. */
export const writeReferenceProfileV1 = ({ features, score }: ReferenceProfile): string =>
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

/** The value with the members of every object by name. */
const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((name) => [name, sorted(value[name])]),
  );
};

/** @throws Refused PLAYHEAD_DRIFT_INVALID when the text is not a reference profile that this version can read. */
export const readReferenceProfile = (text: string): ReferenceProfile => {
  const profile = parse(text);
  const version = isObject(profile) ? profile['version'] : undefined;
  if (!isObject(profile) || (version !== 1 && version !== 2)) {
    throw invalid(`version ${isObject(profile) ? String(version) : 'none'} is not known`);
  }
  const { features, score } = profile;
  if (!Array.isArray(features)) throw invalid('it has no list of features');
  for (const [index, feature] of features.entries()) {
    if (!isObject(feature) || typeof feature['name'] !== 'string')
      throw invalid(`feature ${index} has no name`);
    checkColumn(feature, feature['name']);
  }
  checkColumn(score, 'score');
  if (version === 1)
    return fromV1(profile as { features: (ColumnProfile & { name: string })[]; score: ColumnProfile });
  for (const column of [...features, score] as (FeatureProfile | ScoreProfile)[])
    if (!areChunks(column)) throw invalid(`column ${'name' in column ? column.name : 'score'} has no chunks`);
  if (profile['pca'] !== undefined && !isPca(profile['pca'], features.length))
    throw invalid('its principal components are not those of its features');
  return profile as unknown as ReferenceProfile;
};

const fromV1 = ({
  features,
  score,
}: {
  readonly features: readonly (ColumnProfile & { readonly name: string })[];
  readonly score: ColumnProfile;
}): ReferenceProfile => ({
  version: 2,
  features: features.map((feature) => ({
    ...feature,
    importance: null,
    chunks: [],
    // By what is left of its values.
    integer: [...(feature.bins.kind === 'values' ? feature.bins.values : feature.bins.edges)].every(
      Number.isInteger,
    ),
  })),
  score: { ...score, chunks: [] },
});

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

const areChunks = ({ chunks, counts }: FeatureProfile | ScoreProfile): boolean =>
  Array.isArray(chunks) && chunks.every((chunk) => isNumbers(chunk) && chunk.length === counts.length);

const isPca = (pca: unknown, width: number): boolean =>
  isObject(pca) &&
  isNumbers(pca['mean']) &&
  isNumbers(pca['std']) &&
  Array.isArray(pca['components']) &&
  isObject(pca['errors']) &&
  [pca['mean'], pca['std'], ...(pca['components'] as unknown[])].every(
    (each) => isNumbers(each) && each.length === width,
  );

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
