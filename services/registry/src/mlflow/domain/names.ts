import type { Experiment, RegisteredModel, RegisteredVersion, VersionStage } from './entities';
import type { FactOf } from './facts';
import { DONE, changed, refuse, sorted, type Outcome } from './outcome';

/** MLflow's own: it is there before anybody creates one. */
export const DEFAULT_EXPERIMENT: Experiment = {
  id: '0',
  name: 'Default',
  artifacts: 'mlflow-artifacts:/0',
  stage: 'active',
  created: 0,
  updated: 0,
  tags: new Map(),
};

interface ModelInOrder extends RegisteredModel {
  /** Versions ever given. */
  readonly given: number;
}

/** Experiments and registered models: partition 0, in one total order. The first to take a name has it. */
export class Names {
  private readonly experimentsById = new Map<string, Experiment>([
    [DEFAULT_EXPERIMENT.id, DEFAULT_EXPERIMENT],
  ]);
  private readonly experimentIds = new Map<string, string>([
    [DEFAULT_EXPERIMENT.name, DEFAULT_EXPERIMENT.id],
  ]);
  private readonly modelsByName = new Map<string, ModelInOrder>();
  private created = 0;

  get experiments(): Iterable<Experiment> {
    return this.experimentsById.values();
  }

  get models(): Iterable<RegisteredModel> {
    return this.modelsByName.values();
  }

  experiment(id: string): Experiment | undefined {
    return this.experimentsById.get(id);
  }

  experimentNamed(name: string): Experiment | undefined {
    const id = this.experimentIds.get(name);
    return id === undefined ? undefined : this.experimentsById.get(id);
  }

  model(name: string): RegisteredModel | undefined {
    return this.modelsByName.get(name);
  }

  createExperiment({ name, artifact_location, tags, at }: FactOf<'experiment-created'>): Outcome {
    if (this.experimentIds.has(name))
      return refuse('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`);
    const id = String(++this.created);
    this.keep({
      id,
      name,
      artifacts: artifact_location ?? `mlflow-artifacts:/${id}`,
      stage: 'active',
      created: at,
      updated: at,
      tags: new Map(Object.entries(tags)),
    });
    return { given: id };
  }

  changeExperiment({ experiment: id, name, stage, tags, at }: FactOf<'experiment-changed'>): Outcome {
    const experiment = this.experimentsById.get(id);
    if (!experiment) return refuse('RESOURCE_DOES_NOT_EXIST', `No Experiment with id=${id} exists`);
    if (stage === undefined && experiment.stage !== 'active')
      return refuse(
        'INVALID_PARAMETER_VALUE',
        `The experiment ${id} must be in the 'active' state. Current state is ${experiment.stage}.`,
      );
    if (stage !== undefined && stage === experiment.stage)
      return refuse(
        'RESOURCE_DOES_NOT_EXIST',
        `No ${stage === 'deleted' ? 'active' : 'deleted'} Experiment with id=${id} exists`,
      );
    if (name !== undefined && name !== experiment.name) {
      if (this.experimentIds.has(name))
        return refuse('RESOURCE_ALREADY_EXISTS', `Experiment(name=${name}) already exists.`);
      this.experimentIds.delete(experiment.name);
    }
    this.keep({
      ...experiment,
      name: name ?? experiment.name,
      stage: stage ?? experiment.stage,
      tags: changed(experiment.tags, tags),
      updated: at,
    });
    return DONE;
  }

  createModel({ name, description, tags, at }: FactOf<'model-created'>): Outcome {
    if (this.modelsByName.has(name))
      return refuse('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${name}) already exists.`);
    this.modelsByName.set(name, {
      name,
      description,
      created: at,
      updated: at,
      tags: new Map(Object.entries(tags)),
      aliases: new Map(),
      versions: new Map(),
      given: 0,
    });
    return DONE;
  }

  changeModel(change: FactOf<'model-changed'>): Outcome {
    const { name, new_name: newName, description, tags, deleted, at } = change;
    const model = this.modelsByName.get(name);
    if (!model) return noModel(name);
    if (deleted) {
      this.modelsByName.delete(name);
      return DONE;
    }
    const aliases = new Map(model.aliases);
    for (const [alias, version] of Object.entries(change.aliases ?? {})) {
      if (version === null) aliases.delete(alias);
      else if (!model.versions.has(version)) return noVersion(name, version);
      else aliases.set(alias, version);
    }
    const next: ModelInOrder = {
      ...model,
      description: description ?? model.description,
      tags: changed(model.tags, tags),
      aliases,
      updated: at,
    };
    if (newName === undefined || newName === name) {
      this.modelsByName.set(name, next);
      return DONE;
    }
    if (this.modelsByName.has(newName))
      return refuse('RESOURCE_ALREADY_EXISTS', `Registered Model (name=${newName}) already exists.`);
    this.modelsByName.delete(name);
    const versions = new Map(
      [...model.versions].map(([n, each]) => [n, { ...each, model: newName, updated: at }]),
    );
    this.modelsByName.set(newName, { ...next, name: newName, versions });
    return DONE;
  }

  createVersion(fact: FactOf<'version-created'>): Outcome {
    const { name, source, run, run_link: runLink, logged_model: loggedModel, description, tags, at } = fact;
    const model = this.modelsByName.get(name);
    if (!model) return noModel(name);
    const version = model.given + 1;
    const created: RegisteredVersion = {
      model: name,
      version,
      source,
      ...(run !== undefined && { run }),
      ...(runLink !== undefined && { runLink }),
      ...(loggedModel !== undefined && { loggedModel }),
      description,
      stage: 'None',
      created: at,
      updated: at,
      tags: new Map(Object.entries(tags)),
    };
    this.modelsByName.set(name, {
      ...model,
      given: version,
      updated: at,
      versions: new Map(model.versions).set(version, created),
    });
    return { given: String(version) };
  }

  changeVersion(change: FactOf<'version-changed'>): Outcome {
    const { name, version: number, description, tags, stage, deleted, at } = change;
    const model = this.modelsByName.get(name);
    const version = model?.versions.get(number);
    if (!model || !version) return noVersion(name, number);
    const versions = new Map(model.versions);
    const aliases = new Map(model.aliases);
    if (deleted) {
      versions.delete(number);
      for (const [alias, named] of model.aliases) if (named === number) aliases.delete(alias);
    } else {
      if (stage !== undefined && change.archive_others) archive(versions, stage, number, at);
      versions.set(number, {
        ...version,
        description: description ?? version.description,
        tags: changed(version.tags, tags),
        stage: stage ?? version.stage,
        updated: at,
      });
    }
    this.modelsByName.set(name, { ...model, versions, aliases, updated: at });
    return DONE;
  }

  /** Versions that were registered from a logged model. */
  registrationsOf(loggedModel: string): RegisteredVersion[] {
    return [...this.modelsByName.values()].flatMap(({ versions }) =>
      [...versions.values()].filter((version) => version.loggedModel === loggedModel),
    );
  }

  *rows(): Generator<readonly [string, unknown]> {
    yield ['experiments', this.created];
    for (const each of this.experimentsById.values())
      yield [`experiment ${each.id}`, { ...each, tags: sorted(each.tags) }];
    for (const { tags, aliases, versions, ...model } of this.modelsByName.values()) {
      yield [`model ${model.name}`, { ...model, tags: sorted(tags), aliases: sorted(aliases) }];
      for (const version of versions.values())
        yield [`model ${model.name}@${version.version}`, { ...version, tags: sorted(version.tags) }];
    }
  }

  private keep(experiment: Experiment): void {
    this.experimentsById.set(experiment.id, experiment);
    this.experimentIds.set(experiment.name, experiment.id);
  }
}

const archive = (
  versions: Map<number, RegisteredVersion>,
  stage: VersionStage,
  except: number,
  at: number,
): void => {
  for (const [number, version] of versions)
    if (number !== except && version.stage === stage)
      versions.set(number, { ...version, stage: 'Archived', updated: at });
};

const noModel = (name: string): Outcome =>
  refuse('RESOURCE_DOES_NOT_EXIST', `Registered Model with name=${name} not found`);

const noVersion = (name: string, version: number): Outcome =>
  refuse('RESOURCE_DOES_NOT_EXIST', `Model Version (name=${name}, version=${version}) not found`);
