import { join } from 'node:path';
import { digestOfFile, type ArtifactStore } from '#artifacts';
import { TOPICS, qualify } from '#contracts';
import { ENGINE_VERSION } from '#features';
import { PlatformError, timestampMs, type Digest } from '#kernel';
import { PARQUET_WRITER, firstDifferentRow, type RowDifference } from '#parquet';
import { digestOfRows, labelRows, type LabelledRows } from './labelled-rows';
import { readManifest, splitRuleOf, type DatasetManifest, type DatasetSource } from './manifest';
import { readLabels } from './read-labels';
import type { Cut, OffsetRange } from './read-to-cut';
import { readVectors } from './read-vectors';
import { refoldTable, type RefoldSource } from './refold-table';
import { readTriggerFields } from './trigger-fields';
import type { VectorTable } from './vector-table';
import { writePart } from './write-part';

export interface RebuildDatasetOptions extends RefoldSource {
  /** Read from only. */
  readonly artifacts: Pick<ArtifactStore, 'get' | 'getToFile'>;
  /** Artifact of the manifest: `manifest` of `feature.dataset.built`. */
  readonly manifest: Digest;
  readonly source: DatasetSource;
  /** An existing folder; the rebuilt parts are written there as `train.parquet` and `holdout.parquet`. */
  readonly into: string;
  readonly progress?: (line: string) => void;
}

export interface RebuiltPart {
  readonly path: string;
  readonly rows: number;
  /** SHA-256 of the file that was announced. */
  readonly expected: Digest;
  /** SHA-256 of the file that was written now. */
  readonly rebuilt: Digest;
  /** What became of the announced file. It is compared with where it is intact, and never used otherwise. */
  readonly stored: 'intact' | 'damaged' | 'missing';
}

export interface RebuiltDataset {
  readonly manifest: DatasetManifest;
  readonly source: DatasetSource;
  /** Digest of the canonical rows, announced and rebuilt. */
  readonly expected: Digest;
  readonly rebuilt: Digest;
  /** The rows are the same; and the files, unless `cause` says that another version wrote them. */
  readonly identical: boolean;
  readonly train: RebuiltPart;
  readonly holdout: RebuiltPart;
  readonly cause?: string;
  /** First row in canonical order that differs from an intact stored file. */
  readonly firstDifference?: RowDifference & { readonly part: 'train' | 'holdout' };
}

/**
 * Builds a data set again from its manifest: from the logged vectors, or from the observations, folded again up to the recorded
 * triggers. Appends, commits and stores nothing. Rejects with PLAYHEAD_ARTIFACT_CORRUPT for a damaged manifest, PLAYHEAD_LOG_HOLE
 * (naming the offsets) where records are gone.
 */
export const rebuildDataset = async (options: RebuildDatasetOptions): Promise<RebuiltDataset> => {
  const { artifacts, source, into, progress } = options;
  const manifest = await readManifest(artifacts, options.manifest);
  const { label, service, cut, cut_time, split, digest: expected } = manifest;
  progress?.(`reading the ${source === 'vectors' ? 'vectors' : 'observations'} of ${service.name}`);
  const table = await tableFrom(options, manifest);
  progress?.(`${table.rows} vectors; reading the labels ${label.name}`);
  const labels = await readLabels(
    options.log,
    named(options, TOPICS.observations(label.stream)),
    label,
    cutOf(cut, TOPICS.observations(label.stream)),
  );
  const matureUntil = timestampMs(cut_time) - label.maturity_ms;
  const rule = splitRuleOf(split);
  const keeps = manifest.unlabelled === 'kept';
  const joined = await labelRows(table, service.features, labels.book, matureUntil, rule, keeps);
  const rows = { ...joined, ...(await triggerFields(options, manifest, table)) };
  const rebuilt = await digestOfRows(rows, rule);
  progress?.(`${rows.join.rows.length} labelled rows with the digest ${rebuilt}`);

  const part = async (side: 'train' | 'holdout'): Promise<RebuiltPart> => {
    const { path, rows: count } = await writePart(rows, side, join(into, `${side}.parquet`));
    const announced = manifest[side].artifact;
    const stored = await fetchStored(artifacts, announced, join(into, `${side}.stored.parquet`));
    return { path, rows: count, expected: announced, rebuilt: await digestOfFile(path), stored };
  };
  const parts = { train: await part('train'), holdout: await part('holdout') };
  return {
    manifest,
    source,
    expected,
    rebuilt,
    ...parts,
    ...(await verdict(manifest, rebuilt, parts, into)),
  };
};

const named = ({ namespace }: RefoldSource, name: string): { name: string; full: string } => ({
  name,
  full: qualify(namespace, name),
});

const cutOf = (cut: readonly OffsetRange[], topic: string): Cut => ({
  by: 'ranges',
  ranges: cut.filter((range) => range.topic === topic),
});

const tableFrom = async (
  options: RebuildDatasetOptions,
  { service, triggers, cut }: DatasetManifest,
): Promise<VectorTable> => {
  if (options.source === 'observations') return refoldTable(options, service, triggers);
  const topic = TOPICS.vectors(service.name);
  const read = { ...service, observations: TOPICS.observations(service.trigger) };
  const { table, lacking } = await readVectors(options.log, named(options, topic), read, cutOf(cut, topic));
  if (lacking > 0)
    throw new PlatformError(
      'PLAYHEAD_CONFLICT',
      'refuse',
      `${lacking} vectors of ${topic} lack revision ${service.revision}: the data set was folded from the observations; build it again with --from observations`,
    );
  return table;
};

const triggerFields = async (
  options: RebuildDatasetOptions,
  { fields, service, triggers }: DatasetManifest,
  table: VectorTable,
): Promise<Pick<LabelledRows, 'fields'>> => {
  if (fields === undefined) return {};
  const topic = named(options, TOPICS.observations(service.trigger));
  return { fields: await readTriggerFields(options.log, topic, triggers, table, fields) };
};

const fetchStored = async (
  artifacts: Pick<ArtifactStore, 'getToFile'>,
  digest: Digest,
  path: string,
): Promise<RebuiltPart['stored']> => {
  try {
    await artifacts.getToFile(digest, path);
    return 'intact';
  } catch (error) {
    if (!(error instanceof PlatformError)) throw error;
    if (error.code === 'PLAYHEAD_ARTIFACT_CORRUPT') return 'damaged';
    if (error.code === 'PLAYHEAD_ARTIFACT_NOT_FOUND') return 'missing';
    throw error;
  }
};

const SIDES = ['train', 'holdout'] as const;

const verdict = async (
  manifest: DatasetManifest,
  rebuilt: Digest,
  parts: { readonly train: RebuiltPart; readonly holdout: RebuiltPart },
  into: string,
): Promise<Pick<RebuiltDataset, 'identical' | 'cause' | 'firstDifference'>> => {
  const spoilt = SIDES.filter((side) => parts[side].stored !== 'intact').map(
    (side) => `the stored file ${parts[side].expected} (${side}) is ${parts[side].stored}`,
  );
  const differing = SIDES.filter((side) => parts[side].rebuilt !== parts[side].expected);
  if (rebuilt === manifest.digest) {
    const causes = [...spoilt];
    if (differing.length > 0)
      causes.push(
        manifest.files.writer === PARQUET_WRITER
          ? `the rows are the same, but the bytes of ${differing.join(' and ')} differ`
          : `the rows are the same; the files were written by ${manifest.files.writer}, now by ${PARQUET_WRITER}`,
      );
    const sameFiles = differing.length === 0 || manifest.files.writer !== PARQUET_WRITER;
    return { identical: sameFiles, ...(causes.length > 0 ? { cause: causes.join('; ') } : {}) };
  }
  const engine = manifest.engine === ENGINE_VERSION ? [] : [`engine ${manifest.engine} -> ${ENGINE_VERSION}`];
  const firstDifference = await firstDifferenceOf(parts, into);
  if (firstDifference) {
    const cause = [...engine, describe(firstDifference), ...spoilt].join('; ');
    return { identical: false, firstDifference, cause };
  }
  return { identical: false, cause: [...engine, 'the rows differ', ...spoilt].join('; ') };
};

/** Over both parts, in canonical order; undefined where no stored file is there to compare with. */
const firstDifferenceOf = async (
  parts: { readonly train: RebuiltPart; readonly holdout: RebuiltPart },
  into: string,
): Promise<RebuiltDataset['firstDifference']> => {
  const found: NonNullable<RebuiltDataset['firstDifference']>[] = [];
  for (const part of SIDES) {
    if (parts[part].stored !== 'intact') continue;
    const stored = join(into, `${part}.stored.parquet`);
    const difference = await firstDifferentRow(stored, parts[part].path, ['partition', 'offset']);
    if (difference) found.push({ ...difference, part });
  }
  return found.sort(
    ({ key: a }, { key: b }) => Number(a[0]) - Number(b[0]) || Number(a[1]) - Number(b[1]),
  )[0];
};

const describe = ({
  part,
  key,
  column,
  stored,
  rebuilt,
}: NonNullable<RebuiltDataset['firstDifference']>): string => {
  const row = `the row of trigger ${key.join('-')} (${part})`;
  if (column === undefined) return `${row} is ${stored === undefined ? 'new' : 'gone'}`;
  return `${row}: ${column} was ${String(stored)} and is ${String(rebuilt)}`;
};
