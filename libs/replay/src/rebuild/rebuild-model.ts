import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '#artifacts';
import { readReferenceProfile, writeReferenceProfileV1 } from '#drift';
import type { EventLog } from '#eventlog';
import {
  environmentOf,
  exportLearner,
  fieldsOf,
  judgedRequest,
  readManifest,
  readPart,
  verifyModel,
  type Fit,
  type FitEnvironment,
  type FittedRun,
  type LearnerRequest,
  type ModelManifest,
} from '#fit';
import { PlatformError, messageOf, sha256, type Digest } from '#kernel';
import { isOnlineKind, type Task } from '#learn';
import { readManifest as readDatasetManifest, type DatasetSource } from '../datasets/manifest';
import { rebuildDataset, type RebuiltDataset } from '../datasets/rebuild-dataset';
import { versionOf } from '../what-if/registry-facts';
import { refoldLearner } from './refold-learner';

export interface RebuildPorts {
  readonly log: EventLog;
  /** Read from only. */
  readonly artifacts: Pick<ArtifactStore, 'get' | 'getToFile'>;
  readonly namespace: string;
  readonly fit: Fit;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

export interface RebuildRequest {
  readonly model: string;
  readonly version: number;
  /** As the data set was built, without it. */
  readonly source?: DatasetSource;
}

/** Where the way from the manifest to the same bytes ended. */
export type RebuildStep = 'manifest' | 'dataset' | 'fit' | 'model';

export interface RebuildReport {
  readonly model: string;
  readonly version: number;
  /** Null where the manifests could not be read. */
  readonly from: DatasetSource | null;
  /** SHA-256 of the model file that the registry knows. */
  readonly expected: Digest;
  /** SHA-256 of the model file that was fitted now; null where it did not come to that. */
  readonly rebuilt: Digest | null;
  readonly identical: boolean;
  /** Why not, and at which step. */
  readonly cause?: string;
  readonly step?: RebuildStep;
  /** Digests of the canonical rows. */
  readonly dataset: { readonly expected: Digest; readonly rebuilt: Digest } | null;
  /** Digests of the reference profile that was computed along with it. */
  readonly profile: { readonly expected: Digest; readonly rebuilt: Digest } | null;
  /** Digests of the evaluation report, where there is one. */
  readonly evaluation?: { readonly expected: Digest; readonly rebuilt: Digest };
  /** Stored files whose bytes are not what their digest says, or that are gone. None of them was used. */
  readonly spoilt: readonly SpoiltArtifact[];
}

export interface SpoiltArtifact {
  readonly what: 'model' | 'manifest' | 'data set (train)' | 'data set (holdout)' | 'profile';
  readonly digest: Digest;
  readonly is: 'damaged' | 'missing';
}

/**
 * Fits a version again from nothing but the log and its manifest, and compares the bytes: data set, model, profile. Needs no service
 * and no database; writes into a temporary folder only. Whatever keeps it from the same bytes is the report's cause, not an error;
 * rejects where there is no such version, or a store is away.
 */
export const rebuildModel = async (ports: RebuildPorts, request: RebuildRequest): Promise<RebuildReport> => {
  const { model, version, source } = request;
  const registered = await versionOf(ports, model, version);
  const spoilt: SpoiltArtifact[] = [];
  const named = { model, version, from: source ?? null, expected: registered.artifact, spoilt };
  const nothing = { rebuilt: null, identical: false, dataset: null, profile: null };
  const inspected = await Promise.all([
    inspect(ports, 'manifest', registered.manifest),
    inspect(ports, 'model', registered.artifact),
    inspect(ports, 'profile', registered.profile),
  ]);
  spoilt.push(...inspected.flatMap((each) => (each ? [each] : [])));
  const folder = await mkdtemp(join(tmpdir(), 'playhead-rebuild-'));
  try {
    const manifest = await attempt('manifest', () => manifestOf(ports, registered.manifest));
    if ('cause' in manifest) return { ...named, ...nothing, ...manifest };
    if (isOnlineKind(manifest.value.trainer.kind))
      return { ...named, ...nothing, from: 'vectors', ...(await learnerAgain(ports, manifest.value)) };
    const from = await attempt('dataset', () => sourceOf(ports, manifest.value, source));
    if ('cause' in from) return { ...named, ...nothing, ...from };
    const known = { ...named, from: from.value };
    const rebuilt = await attempt('dataset', () => datasetOf(ports, manifest.value, from.value, folder));
    if ('cause' in rebuilt) return { ...known, ...nothing, ...rebuilt };
    spoilt.push(...spoiltParts(rebuilt.value));
    const dataset = { expected: rebuilt.value.expected, rebuilt: rebuilt.value.rebuilt };
    if (dataset.expected !== dataset.rebuilt)
      return { ...known, ...nothing, dataset, ...differs(rebuilt.value) };
    ports.progress?.(`the data set is the same (${dataset.rebuilt}); fitting ${model}@${version}`);
    const fitted = await attempt('fit', () => fitAgain(ports, manifest.value, rebuilt.value));
    if ('cause' in fitted) return { ...known, ...nothing, dataset, ...fitted };
    return { ...known, dataset, ...compare(manifest.value, fitted.value) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

interface Cause {
  readonly cause: string;
  readonly step: RebuildStep;
}

/** A refusal or damage is an outcome; a store that is away, and our own faults, are not. */
const attempt = async <T>(
  step: RebuildStep,
  work: () => Promise<T>,
): Promise<{ readonly value: T } | Cause> => {
  try {
    return { value: await work() };
  } catch (error) {
    const isOutcome =
      error instanceof PlatformError &&
      error.disposition !== 'retry' &&
      error.code !== 'PLAYHEAD_LEARN_CANCELLED';
    if (!isOutcome) throw error;
    return { step, cause: `${error.code}: ${messageOf(error)}` };
  }
};

const inspect = async (
  { artifacts }: RebuildPorts,
  what: SpoiltArtifact['what'],
  digest: Digest,
): Promise<SpoiltArtifact | undefined> => {
  try {
    await artifacts.get(digest);
    return undefined;
  } catch (error) {
    const code = error instanceof PlatformError ? error.code : undefined;
    if (code === 'PLAYHEAD_ARTIFACT_CORRUPT') return { what, digest, is: 'damaged' };
    if (code === 'PLAYHEAD_ARTIFACT_NOT_FOUND') return { what, digest, is: 'missing' };
    throw error;
  }
};

const spoiltParts = (rebuilt: RebuiltDataset): SpoiltArtifact[] =>
  (['train', 'holdout'] as const).flatMap((side) => {
    const { stored, expected } = rebuilt[side];
    return stored === 'intact' ? [] : [{ what: `data set (${side})` as const, digest: expected, is: stored }];
  });

const manifestOf = async ({ artifacts }: RebuildPorts, digest: Digest): Promise<ModelManifest> =>
  readManifest(await artifacts.get(digest));

const sourceOf = async (
  { artifacts }: RebuildPorts,
  { dataset }: ModelManifest,
  asked: DatasetSource | undefined,
): Promise<DatasetSource> => asked ?? (await readDatasetManifest(artifacts, dataset.manifest)).source;

const datasetOf = (
  { log, namespace, artifacts, progress }: RebuildPorts,
  { dataset }: ModelManifest,
  source: DatasetSource,
  into: string,
): Promise<RebuiltDataset> =>
  rebuildDataset({
    log,
    namespace,
    artifacts,
    manifest: dataset.manifest,
    source,
    into,
    ...(progress && { progress }),
  });

const differs = ({ expected, rebuilt, cause }: RebuiltDataset): Cause => ({
  step: 'dataset',
  cause: `the data set has the digest ${rebuilt}, not ${expected}: ${cause ?? 'the rows differ'}`,
});

/** An online learner has no data set: its state is folded again from its inputs. */
const learnerAgain = async (
  ports: RebuildPorts,
  manifest: ModelManifest,
): Promise<Partial<RebuildReport> | Cause> => {
  const folded = await attempt('dataset', () => refoldLearner(ports, manifest));
  if ('cause' in folded) return folded;
  const { request, state, digest } = folded.value;
  const dataset = { expected: manifest.dataset.digest, rebuilt: digest };
  if (dataset.expected !== digest)
    return {
      dataset,
      step: 'dataset',
      cause: `the state folded from ${manifest.dataset.cut[0]!.topic} has the digest ${digest}, not ${dataset.expected}`,
    };
  const fitted = await attempt('fit', () => exportAgain(ports, manifest, request, state));
  return 'cause' in fitted ? { dataset, ...fitted } : { dataset, ...compare(manifest, fitted.value) };
};

const exportAgain = async (
  { fit, signal = new AbortController().signal }: RebuildPorts,
  { gates, evaluate, dataset }: ModelManifest,
  request: LearnerRequest,
  state: Uint8Array,
): Promise<FittedAgain> => {
  const { split, query, service } = dataset;
  const { job, finish } = exportLearner(
    { ...request, gates, evaluate, split, query, service: { ...request.service, key: service.key } },
    state,
  );
  const fitted = finish(await fit(job, { signal, onProgress: () => undefined }));
  const runtime = await verifyModel(fitted, request.task as Task, request.service.features.length);
  return { fitted, environment: environmentOf(fitted, runtime) };
};

interface FittedAgain {
  readonly fitted: FittedRun;
  readonly environment: FitEnvironment;
}

const fitAgain = async (
  { fit, signal = new AbortController().signal }: RebuildPorts,
  { model, trainer, seed, gates, evaluate, dataset }: ModelManifest,
  rebuilt: RebuiltDataset,
): Promise<FittedAgain> => {
  const { features, service, split, query } = dataset;
  const request = { task: model.task, trainer, seed, gates, evaluate, split, query, service };
  const fields = fieldsOf({ ...request, service: { ...service, features } });
  const [train, holdout] = [
    await readPart(rebuilt.train.path, features, fields),
    await readPart(rebuilt.holdout.path, features, fields),
  ];
  const fitted = await fit(
    { request: judgedRequest(request), features, train, holdout },
    { signal, onProgress: () => undefined },
  );
  const runtime = await verifyModel(fitted, model.task as Task, features.length);
  return { fitted, environment: environmentOf(fitted, runtime) };
};

const compare = (
  manifest: ModelManifest,
  { fitted, environment }: FittedAgain,
): Pick<RebuildReport, 'rebuilt' | 'identical' | 'profile' | 'evaluation' | 'cause' | 'step'> => {
  const rebuilt = sha256(fitted.onnx);
  const profile = { expected: manifest.profile, rebuilt: profileDigest(fitted.profile, manifest.profile) };
  const evaluation = manifest.evaluation && {
    evaluation: { expected: manifest.evaluation, rebuilt: sha256(Buffer.from(fitted.evaluation)) },
  };
  if (rebuilt === manifest.artifact) return { rebuilt, identical: true, profile, ...evaluation };
  const changed = environmentChanges(manifest, environment);
  const { kind } = manifest.trainer;
  const cause =
    changed.length === 0
      ? kind === 'command'
        ? `the data set, program, parameters, seed ${manifest.seed} and all versions that it told are the same, yet the model differs: the program is not deterministic, or its environment is another in what it did not tell`
        : `the data set, trainer ${kind}, parameters, seed ${manifest.seed}, code and runtime are the same, yet the model differs: the trainer is not deterministic, or its code changed under one version`
      : `the data set, parameters and seed are the same; what differs is ${changed.join(', ')}`;
  return { rebuilt, identical: false, profile, ...evaluation, step: 'model', cause };
};

/** Of the profile, in the version in which it was written then, where that is an older one. */
const profileDigest = (profile: string, then: Digest): Digest => {
  const digest = sha256(Buffer.from(profile));
  if (digest === then) return digest;
  const older = sha256(Buffer.from(writeReferenceProfileV1(readReferenceProfile(profile))));
  return older === then ? older : digest;
};

/** `code 0.1.0 -> 0.2.0`, for each thing beside the inputs that may decide the bytes. */
export const environmentChanges = (then: FitEnvironment, now: FitEnvironment): string[] => {
  const [before, after] = [flat(then), flat(now)];
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names
    .filter((name) => before.get(name) !== after.get(name))
    .map((name) => `${name} ${before.get(name) ?? 'unknown'} -> ${after.get(name) ?? 'unknown'}`);
};

const flat = ({ code, runtime, program = {} }: FitEnvironment): ReadonlyMap<string, string> =>
  new Map(
    [
      ['code', code],
      ...Object.entries(runtime as unknown as Record<string, unknown>),
      ...Object.entries(program),
    ].map(([name, value]) => [name as string, Array.isArray(value) ? value.join(' ') : String(value)]),
  );
