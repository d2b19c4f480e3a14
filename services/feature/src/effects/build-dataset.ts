import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { TOPICS, qualify, type DatasetBuilt, type EventOf } from '#contracts';
import type { EventLog } from '#eventlog';
import { joinLabels, splitByTime, type RowLabel } from '#features';
import { Refused, canonicalJson, timestampMs, type CanonicalValue } from '#kernel';
import { writeParquet, type Column } from '#runtime';
import { readLabels, readVectors, type TrainingRequest, type VectorRow } from './dataset-rows';

export type Dataset = EventOf<typeof DatasetBuilt>;
type LabelledVector = VectorRow & RowLabel;

export interface DatasetPorts {
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
}

/**
 * Builds the data set of a run as known at a cut: logged vectors joined with the labels known by then, split by event time, as two
 * Parquet files and a manifest that is enough to build them again. Refuses, with what to do, where there is nothing to train on.
 */
export const buildDataset = async (
  { log, artifacts, namespace }: DatasetPorts,
  request: TrainingRequest,
): Promise<Dataset> => {
  const { service, label, split, run, model } = request;
  const named = (name: string): { name: string; full: string } => ({ name, full: qualify(namespace, name) });
  const vectorTopic = named(TOPICS.vectors(service.name));
  const labelTopic = named(TOPICS.observations(label.stream));
  const asOf = request.as_of === undefined ? undefined : timestampMs(request.as_of);
  const [vectorEnds, labelEnds] = await Promise.all([log.ends(vectorTopic.full), log.ends(labelTopic.full)]);

  const vectors = await readVectors(log, vectorTopic, service.revision, { ends: vectorEnds, asOf });
  const labels = await readLabels(log, labelTopic, label, { ends: labelEnds, asOf });
  // Of a time that the log has not reached, nothing more is known than now: maturity counts back from what was observed.
  const time = Math.min(asOf ?? Infinity, Math.max(vectors.newest, labels.newest));
  const endOffsets = labels.ranges.map(({ to }) => to);
  const joined = joinLabels(vectors.rows, labels.rows, { time, endOffsets }, label.maturity_ms);
  if (joined.rows.length === 0)
    throw noRows(vectors.rows.length, labels.rows.length, joined, label.maturity_ms);
  const { train, holdout } = splitByTime(joined.rows, { holdout: split.holdout_ms, gap: split.gap_ms });
  if (train.length === 0 || holdout.length === 0) {
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `${joined.rows.length} labelled rows leave ${train.length} for training and ${holdout.length} for the hold-out; stream more history, or shorten \`split\` of model ${model}`,
    );
  }

  const digest = digestOfRows(joined.rows, service.features);
  const cut = [...vectors.ranges, ...labels.ranges];
  const trainPart = await putPart(artifacts, train, service.features);
  const holdoutPart = await putPart(artifacts, holdout, service.features);
  const manifest = {
    version: 1,
    run,
    model,
    definition: request.definition,
    service: {
      name: service.name,
      revision: service.revision,
      digest: service.digest,
      features: service.features,
    },
    label,
    split,
    as_of: request.as_of,
    cut,
    cut_time: new Date(time).toISOString(),
    order: 'trigger partition, offset',
    digest,
    train: trainPart,
    holdout: holdoutPart,
  };
  return {
    run,
    model,
    service: service.name,
    revision: service.revision,
    definition: service.digest,
    features: service.features,
    digest,
    manifest: await artifacts.put(Buffer.from(canonicalJson(manifest as unknown as CanonicalValue)), {
      contentType: 'application/json',
    }),
    cut,
    train: trainPart,
    holdout: holdoutPart,
    unlabelled: joined.unlabelled,
    immature: joined.immature,
  };
};

const noRows = (
  vectors: number,
  labels: number,
  { immature, unlabelled }: { immature: number; unlabelled: number },
  maturityMs: number,
): Refused =>
  new Refused(
    'PLAYHEAD_LEARN_INVALID',
    `no mature labelled rows at the cut: ${vectors} vectors, ${labels} labels, ${immature} rows younger than the maturity of ${maturityMs / 86_400_000} days, ${unlabelled} without a label; stream more labels, or train later`,
  );

/** SHA-256 over one line of canonical JSON for each row, in canonical order: what the data set is, whatever file holds it. */
const digestOfRows = (rows: readonly LabelledVector[], features: readonly string[]): string => {
  const hash = createHash('sha256').update(`${JSON.stringify(features)}\n`);
  for (const { eventId, eventTime, partition, offset, values, label } of rows)
    hash.update(`${JSON.stringify([eventId, eventTime, partition, offset, values, label])}\n`);
  return hash.digest('hex');
};

const putPart = async (
  artifacts: ArtifactStore,
  rows: readonly LabelledVector[],
  features: readonly string[],
): Promise<Dataset['train']> => {
  const columns: Column[] = [
    { name: 'event_id', type: 'text' },
    { name: 'event_time', type: 'timestamp' },
    { name: 'partition', type: 'integer' },
    { name: 'offset', type: 'bigint' },
    ...features.map((name): Column => ({ name, type: 'double' })),
    { name: 'label', type: 'double' },
  ];
  const folder = await mkdtemp(join(tmpdir(), 'playhead-dataset-'));
  try {
    const path = join(folder, 'rows.parquet');
    await writeParquet(path, columns, rows.length, (index, column) => {
      const row = rows[index]!;
      if (column >= 4) return column === columns.length - 1 ? row.label : row.values[column - 4]!;
      return [row.eventId, row.eventTime, row.partition, row.offset][column]!;
    });
    const artifact = await artifacts.putFile(path, { contentType: 'application/vnd.apache.parquet' });
    const binary = rows.every(({ label }) => label === 0 || label === 1);
    return {
      artifact,
      rows: rows.length,
      positives: binary ? rows.reduce((sum, { label }) => sum + label, 0) : null,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
