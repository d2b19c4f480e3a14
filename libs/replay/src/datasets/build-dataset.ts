import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { TOPICS, parseAsOf, qualify, type AsOf } from '#contracts';
import type { EventLog } from '#eventlog';
import { ENGINE_VERSION } from '#features';
import { fieldsOf } from '#fit';
import { Refused } from '#kernel';
import { PARQUET_WRITER } from '#parquet';
import { RESERVED_COLUMNS, digestOfRows, labelRows, type LabelledRows } from './labelled-rows';
import {
  splitRuleOf,
  writeManifest,
  type Dataset,
  type DatasetManifest,
  type DatasetSource,
  type TrainingRequest,
} from './manifest';
import { readLabels } from './read-labels';
import { writeOtherRevisions } from './other-revisions';
import type { Cut } from './read-to-cut';
import { readVectors } from './read-vectors';
import { refoldTable } from './refold-table';
import { readTriggerFields } from './trigger-fields';
import { writePart } from './write-part';

export interface DatasetPorts {
  readonly log: EventLog;
  readonly artifacts: ArtifactStore;
  readonly namespace: string;
  /** Told what is being done, for logs. */
  readonly progress?: (line: string) => void;
}

/**
 * Builds the data set of a run as known at a cut: vectors joined with the labels known by then, split, as two Parquet files and a
 * manifest that is enough to build them again. The vectors are the logged ones; where some lack the revision that the
 * model reads, all values of it are folded again from the observations. Refuses, with what to do, where there is nothing to train on.
 */
export const buildDataset = async (ports: DatasetPorts, request: TrainingRequest): Promise<Dataset> => {
  const { artifacts } = ports;
  const { service, label, split, run, model } = request;
  const { rows, source, read } = await rowsOf(ports, request);
  const { join: joined, sides } = rows;
  const count = (side: string): number => sides.reduce((sum, each) => sum + (each === side ? 1 : 0), 0);
  if (count('train') === 0 || count('holdout') === 0) {
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `${joined.rows.length} labelled rows leave ${count('train')} for training and ${count('holdout')} for the hold-out; stream more history, or change \`split\` of model ${model}`,
    );
  }
  const { immature, unlabelled, withdrawn, corrected } = joined;
  const digest = await digestOfRows(rows, splitRuleOf(split));
  const train = await putPart(artifacts, rows, 'train');
  const holdout = await putPart(artifacts, rows, 'holdout');
  const vectors = TOPICS.vectors(service.name);
  const others = await writeOtherRevisions(
    ports,
    request,
    { name: vectors, full: qualify(ports.namespace, vectors) },
    read.cut,
    rows,
  );
  const manifest: DatasetManifest = {
    version: 2,
    run,
    model,
    definition: request.definition,
    service,
    engine: ENGINE_VERSION,
    label,
    ...(keepsUnlabelled(request) && { unlabelled: 'kept' as const }),
    split,
    ...(rows.fields && { fields: rows.fields.names }),
    ...(request.as_of === undefined ? {} : { as_of: request.as_of }),
    cut: read.cut,
    cut_time: new Date(read.time).toISOString(),
    triggers: read.triggers,
    source,
    order: 'trigger partition, offset',
    digest,
    counts: {
      vectors: read.vectors,
      labels: read.labels,
      rows: joined.rows.length,
      immature,
      unlabelled,
      withdrawn,
      corrected,
      removed: count('removed'),
    },
    files: { format: 'parquet', writer: PARQUET_WRITER, threads: 1 },
    train,
    holdout,
  };
  return {
    run,
    model,
    service: service.name,
    revision: service.revision,
    definition: service.digest,
    features: service.features,
    digest,
    manifest: await artifacts.put(writeManifest(manifest), { contentType: 'application/json' }),
    cut: [...read.cut],
    source,
    train,
    holdout,
    ...(others.length > 0 && { against: others }),
    unlabelled,
    withdrawn,
    corrected,
    immature,
  };
};

interface RowsRead {
  readonly rows: LabelledRows;
  readonly source: DatasetSource;
  readonly read: Pick<DatasetManifest, 'cut' | 'triggers'> & {
    /** Epoch ms. */
    readonly time: number;
    readonly vectors: number;
    readonly labels: number;
  };
}

const rowsOf = async (ports: DatasetPorts, request: TrainingRequest): Promise<RowsRead> => {
  const { log, namespace, progress } = ports;
  const { service, label } = request;
  refuseReserved(service.features, triggerFieldsOf(request));
  const named = (name: string): { name: string; full: string } => ({ name, full: qualify(namespace, name) });
  const asOf = request.as_of === undefined ? undefined : parseAsOf(request.as_of);

  progress?.(`reading the vectors of ${service.name}`);
  const observations = TOPICS.observations(service.trigger);
  const vectors = await readVectors(
    log,
    named(TOPICS.vectors(service.name)),
    { ...service, observations },
    vectorsCut(asOf),
  );
  progress?.(`${vectors.table.rows + vectors.lacking} vectors; reading the labels ${label.name}`);
  const labelTopic = named(TOPICS.observations(label.stream));
  const labels = await readLabels(log, labelTopic, label, labelsCut(asOf, vectors.newest));
  // Of a time that the log has not reached, nothing more is known than now: maturity counts back from what was observed.
  const observed = Math.max(vectors.newest, labels.newest);
  const time = asOf?.by === 'time' ? Math.min(asOf.time, observed) : observed;

  const source = vectors.lacking > 0 ? 'observations' : 'vectors';
  if (source === 'observations')
    progress?.(
      `${vectors.lacking} vectors lack revision ${service.revision}: folding it again from ${observations}`,
    );
  const table =
    source === 'observations' ? await refoldTable(ports, service, vectors.triggers) : vectors.table;
  const rows = await labelRows(
    table,
    service.features,
    labels.book,
    time - label.maturity_ms,
    splitRuleOf(request.split),
    keepsUnlabelled(request),
  );
  const fields = triggerFieldsOf(request);
  if (rows.join.rows.length === 0) throw noRows(table.rows, labels.assertions, rows, label.maturity_ms);
  const { triggers } = vectors;
  const cut = [...vectors.ranges, ...labels.ranges];
  progress?.(`${rows.join.rows.length} labelled rows`);
  if (fields.length > 0) progress?.(`reading ${fields.join(', ')} from ${observations}`);
  return {
    rows: {
      ...rows,
      ...(fields.length > 0 && {
        fields: await readTriggerFields(log, named(observations), triggers, table, fields),
      }),
    },
    source,
    read: { cut, triggers, time, vectors: table.rows, labels: labels.assertions },
  };
};

/** An anomaly model learns from all rows; labels only judge it. */
const keepsUnlabelled = ({ task }: TrainingRequest): boolean => task === 'anomaly';

const vectorsCut = (asOf: AsOf | undefined): Cut => {
  if (asOf?.by === 'time') return asOf;
  return asOf?.vectors ? { by: 'offsets', offsets: asOf.vectors } : { by: 'ends' };
};

/** Labels that are not named go with the vectors: those known at the newest event time among these. */
const labelsCut = (asOf: AsOf | undefined, newestVector: number): Cut => {
  if (asOf === undefined || asOf.by === 'time') return asOf ?? { by: 'ends' };
  return asOf.labels ? { by: 'offsets', offsets: asOf.labels } : { by: 'time', time: newestVector };
};

/** What the rows are divided by and is no feature: fields of the trigger, but for the entity, which every data set has. */
const triggerFieldsOf = (request: TrainingRequest): readonly string[] =>
  (fieldsOf(request).fields ?? []).filter((field) => field !== request.service.key);

const refuseReserved = (features: readonly string[], fields: readonly string[]): void => {
  const columns = features.map((name) => name.toLowerCase());
  const taken = [
    ...features.filter((name) => RESERVED_COLUMNS.includes(name.toLowerCase())),
    ...fields.filter((name) => [...RESERVED_COLUMNS, ...columns].includes(name.toLowerCase())),
  ];
  if (taken.length > 0)
    throw new Refused(
      'PLAYHEAD_LEARN_INVALID',
      `${taken.join(', ')} is the name of a column that the data set has already (upper and lower case are the same there); a feature, or a field to slice by, needs another name`,
    );
};

const noRows = (
  vectors: number,
  labels: number,
  { join: { immature, unlabelled } }: LabelledRows,
  maturityMs: number,
): Refused =>
  new Refused(
    'PLAYHEAD_LEARN_INVALID',
    `no mature labelled rows at the cut: ${vectors} vectors, ${labels} labels, ${immature} rows younger than the maturity of ${maturityMs / 86_400_000} days, ${unlabelled} without a label; stream more labels, or train later`,
  );

const putPart = async (
  artifacts: ArtifactStore,
  rows: LabelledRows,
  side: 'train' | 'holdout',
): Promise<Dataset['train']> => {
  const folder = await mkdtemp(join(tmpdir(), 'playhead-dataset-'));
  try {
    const { path, rows: count, positives } = await writePart(rows, side, join(folder, 'rows.parquet'));
    const artifact = await artifacts.putFile(path, { contentType: 'application/vnd.apache.parquet' });
    return { artifact, rows: count, positives };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
