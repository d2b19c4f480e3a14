import type { RegistryState, Run } from '../domain/state';
import type { RegistryView } from '../projections/registry-view';
import { addChild, splitArtifactPath, type Listed } from './domain/artifact-folders';
import type {
  Experiment,
  LoggedModel,
  RegisteredModel,
  RegisteredVersion,
  TrackedRun,
} from './domain/entities';
import { RefusedByMlflow, absent, invalid } from './domain/refusal';
import type { TrackingState } from './domain/tracking-state';
import {
  experimentIdOf,
  ownExperiments,
  ownFiles,
  ownFolders,
  ownModel,
  ownModels,
  ownRun,
  type OwnFile,
} from './playhead/own-models';
import type { TrackingLog } from './tracking-log';

/**
 * Everything that an MLflow client sees: what clients logged, and beside it what Playhead trained. The two come from two topics and are
 * only put side by side when they are read, so no fold depends on how they interleave (law L1). Of one name, Playhead's model hides a
 * client's; an experiment of a model's name that a client made holds the runs of both.
 */
export class Catalog {
  private readonly seen = new WeakMap<Run, TrackedRun>();

  constructor(
    private readonly tracking: Pick<TrackingLog, 'state'>,
    private readonly view: Pick<RegistryView, 'now'>,
  ) {}

  get state(): TrackingState {
    return this.tracking.state;
  }

  private get own(): RegistryState {
    return this.view.now;
  }

  experiments(): Experiment[] {
    const { names } = this.state;
    return [
      ...names.experiments,
      ...ownExperiments(this.own).filter(({ name }) => names.experimentNamed(name) === undefined),
    ];
  }

  experiment(id: string): Experiment {
    const found =
      this.state.names.experiment(id) ?? ownExperiments(this.own).find((experiment) => experiment.id === id);
    if (!found) throw absent(`No Experiment with id=${id} exists`);
    return found;
  }

  experimentNamed(name: string): Experiment {
    const found =
      this.state.names.experimentNamed(name) ??
      ownExperiments(this.own).find((experiment) => experiment.name === name);
    if (!found) throw absent(`Could not find experiment with name '${name}'`);
    return found;
  }

  /** @throws RefusedByMlflow where it was deleted. */
  activeExperiment(id: string): Experiment {
    const experiment = this.experiment(id);
    if (experiment.stage !== 'active')
      throw invalid(
        `The experiment ${id} must be in the 'active' state. Current state is ${experiment.stage}.`,
      );
    return experiment;
  }

  /** @throws RefusedByMlflow where a model of Playhead has that name: clients may log into its experiment as it is. */
  requireNewExperiment(name: string): void {
    if (ownExperiments(this.own).some((experiment) => experiment.name === name))
      throw new RefusedByMlflow('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`);
  }

  requireOfClients(experiment: string): void {
    if (!this.state.names.experiment(experiment)) {
      const { name } = this.experiment(experiment);
      throw readOnly(`experiment ${name} belongs to the model ${name}, which Playhead trains`);
    }
  }

  /** The runs of an experiment, each deleted with it. */
  runsOf(experiment: string): TrackedRun[] {
    const found = this.state.names.experiment(experiment);
    const isDeleted = found?.stage === 'deleted';
    const clients = this.state.runs.of(experiment);
    const shown = isDeleted ? clients.map(deleted) : clients;
    const model = found?.name ?? ownExperiments(this.own).find(({ id }) => id === experiment)?.name;
    if (model === undefined || isDeleted) return [...shown];
    return [
      ...shown,
      ...[...this.own.runs.values()]
        .filter(({ request }) => request.model === model)
        .map((run) => this.shown(run)),
    ];
  }

  run(id: string): TrackedRun {
    const found = this.state.runs.get(id);
    if (found)
      return this.state.names.experiment(found.experiment)?.stage === 'deleted' ? deleted(found) : found;
    const own = this.own.runs.get(id);
    if (!own) throw absent(`Run with id=${id} not found`);
    return this.shown(own);
  }

  /** @throws RefusedByMlflow where a run is Playhead's own. */
  requireRunOfClients(id: string): void {
    if (!this.state.runs.get(id) && this.own.runs.get(id))
      throw readOnly(`run ${id} is a training run of Playhead`);
  }

  private shown(run: Run): TrackedRun {
    const { model } = run.request;
    const experiment = this.state.names.experimentNamed(model)?.id ?? experimentIdOf(model);
    const known = this.seen.get(run);
    if (known?.experiment === experiment) return known;
    const shown = ownRun(run, experiment);
    this.seen.set(run, shown);
    return shown;
  }

  models(): RegisteredModel[] {
    const own = ownModels(this.own);
    const names = new Set(own.map(({ name }) => name));
    return [...own, ...[...this.state.names.models].filter(({ name }) => !names.has(name))];
  }

  model(name: string): RegisteredModel {
    const found = ownModel(this.own, name) ?? this.state.names.model(name);
    if (!found) throw absent(`Registered Model with name=${name} not found`);
    return found;
  }

  version(name: string, version: number): RegisteredVersion {
    const found = (ownModel(this.own, name) ?? this.state.names.model(name))?.versions.get(version);
    if (!found) throw absent(`Model Version (name=${name}, version=${version}) not found`);
    return found;
  }

  /** @throws RefusedByMlflow where Playhead trains a model of that name. */
  requireModelOfClients(name: string): void {
    if (ownModel(this.own, name))
      throw readOnly(
        `${name} is trained by Playhead: register under another name, or change it with "playhead models"`,
      );
  }

  isOwnModel(name: string): boolean {
    return ownModel(this.own, name) !== undefined;
  }

  loggedModel(id: string): LoggedModel {
    const found = this.state.loggedModels.get(id);
    if (!found) throw absent(`Logged model with ID '${id}' not found.`);
    return found;
  }

  file(path: string): OwnFile | undefined {
    const stored = this.state.folders.get(path);
    if (stored) return { digest: stored.artifact };
    const { folder, rest } = splitArtifactPath(path);
    return ownFiles(this.own, folder).get(rest);
  }

  list(path: string): Listed[] {
    const found = new Map(this.state.folders.list(path).map((each) => [each.path, each]));
    const { folder } = splitArtifactPath(path);
    const folders = folder.endsWith('/artifacts') ? [folder] : ownFolders(this.own);
    for (const each of folders)
      for (const [file, content] of ownFiles(this.own, each)) {
        const size = 'text' in content ? Buffer.byteLength(content.text) : undefined;
        addChild(found, path, `${each}/${file}`, size);
      }
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  /** Whether a folder is of a run of Playhead, whose artifacts nobody else writes. */
  isOwnFolder(path: string): boolean {
    const [, run] = path.split('/');
    return (
      run !== undefined && this.state.runs.get(run) === undefined && this.own.runs.get(run) !== undefined
    );
  }
}

const deleted = (run: TrackedRun): TrackedRun => ({ ...run, stage: 'deleted' });

export const readOnly = (why: string): RefusedByMlflow =>
  new RefusedByMlflow('PERMISSION_DENIED', `This is read-only for MLflow's clients: ${why}`);
