import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { MISSING, type Grouping } from '#learn';
import { readParquetColumns, readParquetTexts } from '#parquet';
import type { FitJob } from './fit-model';
import type { Part } from './part';
import type { Dataset, PreparedRun, TrainingRequest } from './prepared-run';

/** What a reader wants of a data set beside features and labels. */
export interface ReadFields {
  /** Name of the entity: the column `entity` is known by it. */
  readonly key?: string;
  /** Names of text columns: the entity's, or those of `fields` of the trigger. */
  readonly fields?: readonly string[];
}

/** The fields that a request divides its rows by and that are no features: for slices, fairness, queries and folds by entity. */
export const fieldsOf = ({
  query,
  split,
  gates,
  evaluate,
  service,
}: Pick<TrainingRequest, 'query' | 'split' | 'gates' | 'evaluate'> & {
  readonly service: Partial<Pick<TrainingRequest['service'], 'key'>> &
    Pick<TrainingRequest['service'], 'features'>;
}): ReadFields => {
  const named = [
    query,
    ...(evaluate?.slices ?? []),
    evaluate?.fairness?.group,
    ...gates.flatMap(({ slice, group }) => [slice, group]),
    ...(split.by === 'entity' && evaluate?.folds !== undefined ? [service.key] : []),
  ].flatMap((name) => (name === undefined || service.features.includes(name) ? [] : [name]));
  return { ...(service.key !== undefined && { key: service.key }), fields: [...new Set(named)] };
};

/** What of a request decides a fit. */
export const judgedRequest = ({
  task,
  trainer,
  seed,
  gates,
  split,
  query,
  evaluate,
  service,
}: Pick<TrainingRequest, 'task' | 'trainer' | 'seed' | 'gates' | 'split' | 'query' | 'evaluate'> & {
  readonly service: { readonly key?: string };
}): FitJob['request'] => ({
  task,
  trainer,
  seed,
  gates,
  split,
  ...(query !== undefined && { query }),
  ...(evaluate && { evaluate }),
  ...(service.key !== undefined && { key: service.key }),
});

/** Both parts of a data set, their files checked against their digests. */
export const readDataset = async (
  artifacts: Pick<ArtifactStore, 'getToFile'>,
  dataset: Pick<Dataset, 'features' | 'train' | 'holdout'>,
  fields: ReadFields = {},
): Promise<{ readonly train: Part; readonly holdout: Part }> => {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-fit-'));
  const read = async (digest: string): Promise<Part> => {
    const path = join(folder, `${digest}.parquet`);
    await artifacts.getToFile(digest, path);
    return readPart(path, dataset.features, fields);
  };
  try {
    return { train: await read(dataset.train.artifact), holdout: await read(dataset.holdout.artifact) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The rows of the hold-out as the revisions see them that other versions read: columns in the order of their features, by revision. */
export const readOtherRevisions = async (
  artifacts: Pick<ArtifactStore, 'getToFile'>,
  { request, dataset }: PreparedRun,
): Promise<ReadonlyMap<string, readonly Float64Array[]>> => {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-fit-'));
  try {
    const read = new Map<string, readonly Float64Array[]>();
    for (const { revision, artifact } of dataset.against ?? []) {
      const features = request.against?.find((other) => other.revision === revision)?.features;
      if (!features) continue;
      const path = join(folder, `${artifact}.parquet`);
      await artifacts.getToFile(artifact, path);
      read.set(revision, (await readParquetColumns(path, features)).columns);
    }
    return read;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The file of a part, as a fit takes it. */
export const readPart = async (
  path: string,
  features: readonly string[],
  { key, fields = [] }: ReadFields = {},
): Promise<Part> => {
  const { columns } = await readParquetColumns(path, ['partition', 'event_time', ...features, 'label']);
  const columnOf = (field: string): string => (field === key ? 'entity' : field);
  const read = fields.length === 0 ? {} : await readParquetTexts(path, fields.map(columnOf));
  const texts = fields.flatMap((field): [string, Grouping][] => {
    const column = read[columnOf(field)];
    return column
      ? [[field, { values: column.values.map((value) => value ?? MISSING), codes: column.codes }]]
      : [];
  });
  return {
    partitions: columns[0]!,
    columns: columns.slice(2, -1),
    labels: columns[columns.length - 1]!,
    times: columns[1]!,
    ...(texts.length > 0 && { texts: Object.fromEntries(texts) }),
  };
};
