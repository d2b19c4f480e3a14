import { sha256 } from '#kernel';
import {
  aliasesOf,
  currentVersion,
  versionsOf,
  type ModelVersion,
  type RegistryState,
  type Run,
} from '../../domain/state';
import type {
  Experiment,
  RegisteredModel,
  RegisteredVersion,
  RunStatus,
  TrackedRun,
} from '../domain/entities';
import { MetricSeries } from '../domain/metric-series';
import { ONNX_FILE, modelFiles } from './mlmodel';

/** What Playhead itself trained and registered, as MLflow would show it. It is read-only there. */

/** The digits of a digest: clients may take an experiment's id for a number. */
export const experimentIdOf = (model: string): string =>
  `9${BigInt(`0x${sha256(Buffer.from(`experiment of ${model}`)).slice(0, 12)}`)
    .toString()
    .padStart(15, '0')}`;

const isModel = (state: RegistryState, name: string): boolean => state.definitions.has(`Model/${name}`);

const ownNames = (state: RegistryState): string[] =>
  [...state.definitions.values()].filter(({ kind }) => kind === 'Model').map(({ name }) => name);

/** The experiment that the runs of a model appear in, where clients have none of its name. */
export const ownExperiments = (state: RegistryState): Experiment[] =>
  ownNames(state).map((name) => {
    const at = Date.parse(state.definitions.get(`Model/${name}`)!.time);
    return {
      id: experimentIdOf(name),
      name,
      artifacts: `mlflow-artifacts:/${experimentIdOf(name)}`,
      stage: 'active',
      created: at,
      updated: at,
      tags: new Map([['playhead.model', name]]),
    };
  });

const STATUS: Readonly<Record<Run['status'], RunStatus>> = {
  requested: 'SCHEDULED',
  started: 'RUNNING',
  completed: 'FINISHED',
  failed: 'FAILED',
  rejected: 'FAILED',
  cancelled: 'KILLED',
};

const folderOf = (model: string, run: string): string => `${experimentIdOf(model)}/${run}/artifacts`;

/** `experiment` is the one that its model's runs appear in. */
export const ownRun = (run: Run, experiment: string): TrackedRun => {
  const { request, report, status } = run;
  const ended = report?.type === 'training.run.completed' ? report.fact : undefined;
  const failed =
    report?.type === 'training.run.failed' || report?.type === 'training.run.rejected'
      ? report.fact
      : undefined;
  const over = status !== 'requested' && status !== 'started';
  const time = Date.parse(run.updated);
  const metrics = new Map<string, MetricSeries>();
  const measure = (prefix: string, values: Readonly<Record<string, number | null>> = {}): void => {
    for (const [name, value] of Object.entries(values))
      if (value !== null) metrics.set(`${prefix}${name}`, MetricSeries.of({ value, step: 0, time }));
  };
  measure('', ended?.metrics.holdout);
  measure('train_', ended?.metrics.train);
  if (ended) measure('', { fit_seconds: ended.seconds });
  return {
    id: run.run,
    experiment,
    artifacts: `mlflow-artifacts:/${folderOf(request.model, run.run)}`,
    name: run.run,
    user: request.requested_by,
    status: STATUS[status],
    started: Date.parse(run.time),
    ...(over && { ended: time }),
    stage: 'active',
    metrics,
    params: new Map(
      Object.entries({
        ...(ended?.parameters ?? request.trainer.parameters),
        trainer: ended?.trainer ?? request.trainer.kind,
        task: request.task,
        seed: request.seed,
      }).map(([key, value]) => [key, typeof value === 'object' ? JSON.stringify(value) : String(value)]),
    ),
    tags: new Map(
      Object.entries({
        'mlflow.runName': run.run,
        'mlflow.user': request.requested_by,
        'mlflow.source.name': 'playhead',
        'mlflow.source.type': 'JOB',
        'playhead.model': request.model,
        'playhead.revision': request.revision,
        'playhead.definition': request.definition,
        ...(run.version !== undefined && { 'playhead.version': String(run.version) }),
        ...(ended && {
          'playhead.dataset': ended.dataset,
          'playhead.rows.train': String(ended.rows.train),
          'playhead.rows.holdout': String(ended.rows.holdout),
        }),
        ...(failed && { 'playhead.error': `${failed.code}: ${failed.message}` }),
      }),
    ),
    datasets: ended
      ? [
          {
            name: request.service.name,
            digest: ended.dataset.slice(0, 36),
            source_type: 'playhead',
            source: JSON.stringify({ dataset: ended.dataset, manifest: ended.manifest }),
            tags: { 'mlflow.data.context': 'training' },
          },
        ]
      : [],
    modelInputs: [],
    modelOutputs: [],
  };
};

export const ownModel = (state: RegistryState, name: string): RegisteredModel | undefined => {
  if (!isModel(state, name)) return undefined;
  const definition = state.definitions.get(`Model/${name}`)!;
  const { task, trainer } = definition.spec as { task?: unknown; trainer?: { kind?: unknown } };
  const versions = versionsOf(state, name);
  const created = Date.parse(definition.time);
  return {
    name,
    description: `Trained by Playhead from the definition Model/${name}; promoted there, read here.`,
    created,
    updated: Math.max(created, ...versions.map(({ time }) => Date.parse(time))),
    tags: new Map([
      ['playhead.origin', 'playhead'],
      ['playhead.task', String(task)],
      ['playhead.trainer', String(trainer?.kind)],
    ]),
    aliases: new Map(aliasesOf(state, name).map((alias) => [alias.alias, currentVersion(alias)])),
    versions: new Map(versions.map((version) => [version.version, ownVersion(version)])),
  };
};

export const ownModels = (state: RegistryState): RegisteredModel[] =>
  ownNames(state).map((name) => ownModel(state, name)!);

const ownVersion = (version: ModelVersion): RegisteredVersion => {
  const time = Date.parse(version.time);
  const { model, run, gates, passed, verdict } = version;
  return {
    model,
    version: version.version,
    source: `mlflow-artifacts:/${folderOf(model, run)}/model`,
    run,
    description: `${version.trainer}, ${passed ? 'all gates passed' : 'a gate failed'}`,
    stage: 'None',
    created: time,
    updated: time,
    tags: new Map(
      Object.entries({
        'playhead.origin': version.origin ?? 'trained',
        'playhead.task': version.task,
        'playhead.trainer': version.trainer,
        'playhead.artifact': version.artifact,
        'playhead.manifest': version.manifest,
        'playhead.dataset': version.dataset,
        'playhead.definition': version.definition,
        'playhead.passed': String(passed),
        'playhead.gates': JSON.stringify(gates),
        ...(verdict && { 'playhead.review': `${verdict.verdict} by ${verdict.reviewed_by}` }),
      }),
    ),
  };
};

/** A file of a run of our own: stored under a digest, or text that is written when it is asked for. */
export type OwnFile = { readonly digest: string } | { readonly text: string };

/** Files below a run's artifacts, by path; empty where the run gave no version. */
export const ownFiles = (state: RegistryState, folder: string): ReadonlyMap<string, OwnFile> => {
  const [experiment, run, artifacts] = folder.split('/');
  const known = run === undefined ? undefined : state.runs.get(run);
  if (!known || artifacts !== 'artifacts' || experiment !== experimentIdOf(known.request.model))
    return new Map();
  const version = state.versions.get(`${known.request.model}@${known.version ?? 0}`);
  if (!version) return new Map();
  const files = new Map<string, OwnFile>([
    [`model/${ONNX_FILE}`, { digest: version.artifact }],
    ['manifest.json', { digest: version.manifest }],
    ['profile.json', { digest: version.profile }],
  ]);
  for (const [path, text] of Object.entries(modelFiles(version))) files.set(`model/${path}`, { text });
  if (version.evaluation !== undefined) files.set('evaluation.json', { digest: version.evaluation });
  if (version.card !== undefined) files.set('card.md', { digest: version.card });
  if (version.logs !== undefined) files.set('logs.txt', { digest: version.logs });
  return files;
};

/** Folders of all runs of our own that have files. */
export const ownFolders = (state: RegistryState): string[] =>
  [...state.versions.values()].map(({ model, run }) => folderOf(model, run));
