import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { readParquetColumns } from '#parquet';
import type { Part } from './fit-model';
import type { Dataset } from './prepared-run';

/** Both parts of a data set, their files checked against their digests. */
export const readDataset = async (
  artifacts: Pick<ArtifactStore, 'getToFile'>,
  dataset: Pick<Dataset, 'features' | 'train' | 'holdout'>,
): Promise<{ readonly train: Part; readonly holdout: Part }> => {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-fit-'));
  const read = async (digest: string): Promise<Part> => {
    const path = join(folder, `${digest}.parquet`);
    await artifacts.getToFile(digest, path);
    return readPart(path, dataset.features);
  };
  try {
    return { train: await read(dataset.train.artifact), holdout: await read(dataset.holdout.artifact) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** The file of a part, as a fit takes it. */
export const readPart = async (path: string, features: readonly string[]): Promise<Part> => {
  const { columns } = await readParquetColumns(path, ['partition', ...features, 'label']);
  return { partitions: columns[0]!, columns: columns.slice(1, -1), labels: columns[columns.length - 1]! };
};
