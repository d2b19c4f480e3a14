import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import {
  TOPICS,
  championOf,
  compileFeatureService,
  loadDefinitions,
  parseVector,
  qualify,
  type CompiledFeatureService,
  type DefinitionFile,
} from '#contracts';
import { ENGINE_VERSION } from '#features';
import { readManifest as readModelManifest, readPart, type Fit, type ModelManifest } from '#fit';
import { compileRevision, newest } from '#folds';
import { loadModel, type ModelTask } from '#inference';
import { PlatformError, Refused, sha256, timestampMs } from '#kernel';
import { rowMajor, trainerFaults, type Task } from '#learn';
import { digestOfRows, labelRows, type LabelledRows } from '../datasets/labelled-rows';
import { readManifest, splitRuleOf, type DatasetManifest } from '../datasets/manifest';
import { readLabels } from '../datasets/read-labels';
import { readServiceRevision, refoldTable } from '../datasets/refold-table';
import { VectorTable } from '../datasets/vector-table';
import { writePart } from '../datasets/write-part';
import { withInventedInputs } from '../refold/invented-inputs';
import { refoldVectors } from '../refold/refold-vectors';
import { definitionsThatHold } from './definitions-that-hold';
import { compareScores, type Comparison, type ScoredRecords } from './compare-scores';
import { deploymentOf, versionOf, type RegistryPlace } from './registry-facts';
import { sliceRecords, type Slice } from './slices';

export interface WhatIfFeaturesPorts extends RegistryPlace {
  readonly artifacts: Pick<ArtifactStore, 'get'>;
  readonly fit: Fit;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

export interface WhatIfFeaturesRequest {
  readonly deployment: string;
  /** Definitions that are laid over those that hold: what they leave out stays as it is. */
  readonly files: readonly DefinitionFile[];
  /** The version whose data set, trainer, parameters and seed are used; the champion by default. */
  readonly version?: number;
  /** `time`, the entity's key, or a feature of either definition. */
  readonly slice?: string;
  readonly threshold?: number;
}

/** One side of the comparison. */
export interface FittedSide {
  readonly features: readonly string[];
  readonly definition: string;
  readonly dataset: string;
  readonly artifact: string;
}

export interface WhatIfFeaturesReport extends Comparison {
  readonly deployment: string;
  readonly model: string;
  /** The version that the candidate is compared with. */
  readonly version: number;
  /**
   * `recorded`: folded in the order of the log and of its routers. `synthetic`: a changed view is on an entity, or over a stream, that no router
   * has merged; that merge was invented, by event time.
   */
  readonly order: 'recorded' | 'synthetic';
  /** `identical`: the baseline was fitted again to the very bytes of its version. */
  readonly baseline: FittedSide & { readonly identical: boolean; readonly threshold: number | null };
  readonly candidate: FittedSide;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  readonly slices: readonly Slice[];
}

/**
 * Folds the observations behind a version's data set again under another feature definition, fits a candidate with the same trainer,
 * parameters, seed, rows and labels, and compares the two on the hold-out. The figures are of the hold-out alone. Reads only.
 */
export const whatIfFeatures = async (
  ports: WhatIfFeaturesPorts,
  request: WhatIfFeaturesRequest,
): Promise<WhatIfFeaturesReport> => {
  const { progress } = ports;
  const deployment = await deploymentOf(ports, request.deployment);
  const number = request.version ?? championOf(deployment)?.version;
  if (number === undefined)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `deployment ${request.deployment} has no champion; say --model`,
    );
  const registered = await versionOf(ports, deployment.model, number);
  const manifest = readModelManifest(await ports.artifacts.get(registered.manifest));
  const dataset = await readManifest(ports.artifacts, manifest.dataset.manifest);
  const changed = await compiledWith(ports, request.files, dataset.service.name);
  if (changed.digest === dataset.service.digest)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `the definitions leave feature service ${dataset.service.name} as ${deployment.model}@${number} knows it; change a view of it`,
    );
  progress?.(`folding ${dataset.service.name} again as ${deployment.model}@${number} knows it`);
  const before = await labelled(
    ports,
    dataset,
    dataset.service.features,
    await refoldTable(ports, dataset.service, dataset.triggers),
  );
  progress?.(`folding ${dataset.service.name} again as the changed definition says`);
  const { table, order } = await changedTable(ports, changed, dataset);
  const after = await labelled(ports, dataset, changed.features, table);
  progress?.(`fitting both: ${manifest.trainer.kind}, seed ${manifest.seed}`);
  const baseline = await fitSide(ports, manifest, before, dataset);
  const candidate = await fitSide(ports, manifest, after, dataset);
  const threshold = request.threshold ?? deployment.threshold;
  const scored: ScoredRecords = {
    task: manifest.model.task as Task,
    threshold,
    baseline: baseline.scores,
    candidate: candidate.scores,
    labels: baseline.labels,
  };
  return {
    deployment: request.deployment,
    model: deployment.model,
    version: number,
    order,
    ...compareScores(scored),
    baseline: {
      ...baseline.side,
      definition: dataset.service.digest,
      identical: baseline.side.artifact === registered.artifact,
      threshold,
    },
    candidate: { ...candidate.side, definition: changed.digest },
    added: changed.features.filter((name) => !dataset.service.features.includes(name)),
    removed: dataset.service.features.filter((name) => !changed.features.includes(name)),
    slices:
      request.slice === undefined
        ? []
        : sliceRecords(scored, sliceValues(request.slice, dataset, before, after), {
            field: request.slice,
            ...(request.slice === 'time' && { inOrder: true, most: 400 }),
          }),
  };
};

/** The feature service as it would be compiled, were these definitions applied. */
const compiledWith = async (
  place: RegistryPlace,
  files: readonly DefinitionFile[],
  service: string,
): Promise<CompiledFeatureService> => {
  const { project } = loadDefinitions(files, {
    known: await definitionsThatHold(place),
    trainerFaults,
  });
  return compileFeatureService(project, service, String(ENGINE_VERSION));
};

const REVISION = '1';

/** The values under the changed definition, and in which order they were folded. */
const changedTable = async (
  { log, namespace }: RegistryPlace,
  compiled: CompiledFeatureService,
  { service: known, triggers }: DatasetManifest,
): Promise<{ readonly table: VectorTable; readonly order: WhatIfFeaturesReport['order'] }> => {
  const { name, digest, features } = compiled;
  const revision = { revision: REVISION, digest, compiled, ...compileRevision(compiled) };
  const service = { name, revisions: [revision] };
  const recorded = newest(await readServiceRevision({ log, namespace }, known)).compiled.stages ?? [];
  const unrecorded = (compiled.stages ?? []).filter(
    ({ entity, streams }) =>
      !recorded.some(
        (stage) => stage.entity === entity && streams.every((each) => stage.streams.includes(each)),
      ),
  );
  const entities = unrecorded.map(({ entity }) => entity);
  const table = new VectorTable(features.length);
  await refoldVectors({
    log: entities.length === 0 ? log : await withInventedInputs({ log, namespace, service, entities }),
    namespace,
    service,
    ranges: triggers,
    onVector: ({ partition, offset, key, eventTime, text }) => {
      const { event_id: eventId, values } = parseVector(Buffer.from(text));
      const entity = key?.toString() ?? '';
      const own = values[REVISION];
      if (!own)
        throw new PlatformError(
          'PLAYHEAD_LOG_HOLE',
          'refuse',
          `the inputs of a stage of ${name} do not have trigger ${partition}-${offset}: the changed definition cannot be folded that far back`,
        );
      table.add({
        partition,
        offset,
        entity,
        eventId,
        eventTime: timestampMs(eventTime),
        values: own,
      });
    },
  });
  return { table, order: entities.length === 0 ? 'recorded' : 'synthetic' };
};

/** With the labels, the maturity and the split of the data set: both sides hold the same events. */
const labelled = async (
  { log, namespace }: RegistryPlace,
  { label, unlabelled, cut, cut_time, split }: DatasetManifest,
  features: readonly string[],
  table: VectorTable,
): Promise<LabelledRows> => {
  const name = TOPICS.observations(label.stream);
  const { book } = await readLabels(log, { name, full: qualify(namespace, name) }, label, {
    by: 'ranges',
    ranges: cut.filter(({ topic }) => topic === name),
  });
  const matureUntil = timestampMs(cut_time) - label.maturity_ms;
  return labelRows(table, features, book, matureUntil, splitRuleOf(split), unlabelled === 'kept');
};

interface Fitted {
  readonly side: Omit<FittedSide, 'definition'>;
  /** Of the hold-out, in canonical order. */
  readonly scores: Float64Array;
  readonly labels: Float64Array;
}

const fitSide = async (
  { fit, signal = new AbortController().signal }: WhatIfFeaturesPorts,
  { model, trainer, seed, gates }: ModelManifest,
  rows: LabelledRows,
  { split }: DatasetManifest,
): Promise<Fitted> => {
  const { features } = rows;
  const folder = await mkdtemp(join(tmpdir(), 'playhead-what-if-'));
  const part = async (side: 'train' | 'holdout') =>
    readPart((await writePart(rows, side, join(folder, `${side}.parquet`))).path, features);
  try {
    const [train, holdout] = [await part('train'), await part('holdout')];
    // The fit may take the buffers for itself.
    const matrix = rowMajor(holdout.columns);
    const labels = Float64Array.from(holdout.labels);
    const request = { task: model.task, trainer, seed, gates };
    const { onnx } = await fit(
      { request, features, train, holdout },
      { signal, onProgress: () => undefined },
    );
    const loaded = await loadModel(onnx, { task: model.task as ModelTask, featureCount: features.length });
    try {
      const scores = Float64Array.from(await loaded.score(matrix));
      const dataset = await digestOfRows(rows, splitRuleOf(split));
      return { side: { features, dataset, artifact: sha256(onnx) }, scores, labels };
    } finally {
      await loaded.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const sliceValues = (
  field: string,
  { service }: DatasetManifest,
  before: LabelledRows,
  after: LabelledRows,
): readonly (string | number | null)[] => {
  const holdout = before.join.rows.filter((_, at) => before.sides[at] === 'holdout');
  if (field === 'time')
    return holdout.map((row) => new Date(before.table.times[row]!).toISOString().slice(0, 10));
  if (field === service.key) return holdout.map((row) => before.table.entity(row));
  const side = [before, after].find(({ features }) => features.includes(field));
  if (!side)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `nothing is called ${field}: slice by time, by ${service.key}, or by a feature: ${[...new Set([...before.features, ...after.features])].join(', ')}`,
    );
  const column = side.features.indexOf(field);
  return holdout.map((row) => side.table.value(row, column));
};
