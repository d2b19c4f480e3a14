import { assignRoute, championOf, type DeploymentFact, type Deployments, type RouteFact } from '#contracts';
import { untilAvailable, type FollowedTopic } from '#eventlog';
import { OUTPUT_OF_TASK, type MicroBatcherOptions, type OnnxModel, type OutputName } from '#inference';
import { PlatformError, Refused, messageOf } from '#kernel';
import type { Logger, Sleep } from '#runtime';
import type { ModelShelf } from '#folds';
import { Lane } from './lane';
import type { StatisticsOf } from './model-statistics';
import { versionByDefault, type RegisteredModels, type RegisteredVersion } from './registered-models';

/** What a version reads, and its file. */
export type ServedVersion = Pick<RouteFact, 'version' | 'artifact' | 'revision' | 'features'>;

/** A version as a name of the protocol finds it. */
export interface ServedModel {
  /** As it was asked for. */
  readonly name: string;
  readonly version: string;
  /** Of the deployment; `version` where the caller chose the version, `model` where the name is a model's. */
  readonly route: string;
  /** The registry's name of the model. */
  readonly model: string;
  readonly deployment: DeploymentFact | undefined;
  readonly outputName: OutputName;
  readonly reads: ServedVersion;
  readonly lane: Lane;
}

/** A name, with all who may answer for it. */
interface Target {
  readonly deployment: DeploymentFact | undefined;
  readonly champion: ServedModel;
  readonly routes: ReadonlyMap<RouteFact, ServedModel>;
}

export interface IndexEntry {
  readonly name: string;
  readonly version: string;
  readonly state: 'READY' | 'LOADING' | 'UNAVAILABLE';
  readonly reason: string;
}

const MODEL_PREFIX = 'model.';

export interface ServedModelsParts {
  readonly control: FollowedTopic<Deployments>;
  readonly registered: FollowedTopic<RegisteredModels>;
  readonly shelf: ModelShelf;
  readonly batching: MicroBatcherOptions;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/**
 * Who answers for a name at the doors now. `<deployment>` is its route by the entity's key, with a version that version of its model;
 * `model.<name>` is a model without a deployment. Names are looked up in what the registry's topics say, no service is asked.
 */
export class ServedModels {
  private readonly targets = new Map<string, Target>();
  private readonly lanes = new Map<string, Lane>();
  private readonly unloaded = new Set<string>();
  /** Names are known: before, one that is not found may be one that is not read yet. */
  private isBegun = false;
  /** What each deployment answers with: the newest fact whose models are in memory. */
  private readonly answering = new Map<string, DeploymentFact>();

  constructor(private readonly parts: ServedModelsParts) {}

  /** Loads the models of all deployments, now and whenever one changes; the first vector or request need not wait for its own. */
  async start(): Promise<void> {
    const { control, registered } = this.parts;
    await Promise.all([control.start(), registered.start()]);
    this.isBegun = true;
    registered.onChange(() => this.targets.clear());
    control.onChange(() => {
      this.targets.clear();
      void this.preload();
    });
    this.targets.clear();
    void this.preload();
  }

  deployments(): readonly DeploymentFact[] {
    return [...this.parts.control.state.values()];
  }

  /**
   * The version that answers a call.
   * @throws Refused PLAYHEAD_NOT_FOUND without such a name or version, PLAYHEAD_NOT_READY without a version behind it.
   */
  find(name: string, version: string | undefined, key: string | undefined): ServedModel {
    const { deployment, champion, routes } = this.target(name, version);
    if (routes.size < 2 || key === undefined) return champion;
    const route = assignRoute(deployment!, key);
    return (route && routes.get(route)) ?? champion;
  }

  /** Whether it depends on the entity who answers. */
  isSplit(name: string, version: string | undefined): boolean {
    return this.target(name, version).routes.size > 1;
  }

  /**
   * As `find`, for a vector: it has what a route reads that is not the champion's, and it may have been made before the champion's revision was
   * carried; then who read it before.
   */
  reading(name: string, key: string, carries: (reads: ServedVersion) => boolean): ServedModel {
    const now = this.find(name, undefined, key);
    const { deployment } = this.target(name, undefined);
    const own = deployment && assignRoute(deployment, key);
    if (own && own.route !== now.route && carries(own)) return this.routed(deployment, own);
    if (carries(now.reads)) return now;
    for (const deployment of this.parts.control.state.get(name)?.before ?? []) {
      const route = championOf(deployment);
      if (route && carries(route)) return this.routed(deployment, route);
    }
    return now;
  }

  modelOf({ reads }: ServedModel): Promise<OnnxModel> {
    return this.parts.shelf.get(reads);
  }

  /** Versions that a name answers for when they are asked by number, ascending. */
  versions(name: string): readonly string[] {
    const { champion } = this.target(name, undefined);
    const known = this.parts.registered.state.get(champion.model)?.versions ?? [];
    const numbers = new Set(
      known.filter(({ review }) => review !== 'rejected').map(({ version }) => version),
    );
    for (const { version } of this.parts.control.state.get(name)?.routes ?? []) numbers.add(version);
    return [...numbers].sort((one, other) => one - other).map(String);
  }

  isInMemory({ reads }: ServedModel): boolean {
    return this.parts.shelf.loaded().includes(reads.artifact);
  }

  /** Deployments with each version that has a route, then models that have no deployment. */
  index(): IndexEntry[] {
    const { control, registered } = this.parts;
    const deployed = this.deployments();
    const models = new Set(deployed.map(({ model }) => model));
    const names = [
      ...control.state.keys(),
      ...[...registered.state.keys()].filter((name) => !models.has(name)).map((name) => MODEL_PREFIX + name),
    ];
    return names.flatMap((name) => this.indexOf(name));
  }

  /** Of the versions that have a route or were asked for since the start. */
  statistics(name?: string): StatisticsOf[] {
    const all = [...this.lanes].map(([key, { statistics }]) => {
      const at = key.lastIndexOf('/');
      return statistics.of(key.slice(0, at), key.slice(at + 1));
    });
    return name === undefined ? all : all.filter((each) => each.name === name);
  }

  load(name: string): Promise<void> {
    this.unloaded.delete(name);
    const { champion, routes } = this.target(name, undefined);
    const needed = routes.size > 0 ? [...routes.values()] : [champion];
    return Promise.all(needed.map((served) => this.modelOf(served))).then(() => undefined);
  }

  /** From here on the doors of this instance do not know the name, until it is loaded again; the stream goes on. */
  unload(name: string): void {
    this.target(name, undefined);
    this.unloaded.add(name);
  }

  /** Which version each deployment answers with, and whether its model is in memory; what readiness shows. */
  loaded(): Record<string, { version: number; artifact: string; loaded: boolean }> {
    const inMemory = new Set(this.parts.shelf.loaded());
    return Object.fromEntries(
      this.deployments().flatMap(({ deployment: name }) => {
        const deployment = this.answeringOf(name)!;
        const route = championOf(deployment);
        if (!route) return [];
        const { version, artifact } = route;
        return [[deployment.deployment, { version, artifact, loaded: inMemory.has(artifact) }]];
      }),
    );
  }

  /** Throws, naming them, while a deployment's model is not in memory yet. */
  assertLoaded(): void {
    const missing = Object.entries(this.loaded()).filter(([, { loaded }]) => !loaded);
    if (missing.length === 0) return;
    const names = missing.map(([name, { version }]) => `${name} (version ${version})`);
    throw new PlatformError('PLAYHEAD_NOT_READY', 'retry', `still loading ${names.join(', ')}`);
  }

  private indexOf(name: string): IndexEntry[] {
    if (this.unloaded.has(name)) return [{ name, version: '', state: 'UNAVAILABLE', reason: 'unloaded' }];
    try {
      const { champion, routes } = this.target(name, undefined);
      const versions = new Map<string, ServedModel>();
      for (const served of routes.size > 0 ? routes.values() : [champion])
        versions.set(served.version, served);
      return [...versions.values()].map((served) => ({
        name,
        version: served.version,
        state: this.isInMemory(served) || served.deployment === undefined ? 'READY' : 'LOADING',
        reason: '',
      }));
    } catch (error) {
      return [{ name, version: '', state: 'UNAVAILABLE', reason: messageOf(error) }];
    }
  }

  private target(name: string, version: string | undefined): Target {
    if (!this.isBegun)
      throw new PlatformError(
        'PLAYHEAD_NOT_READY',
        'retry',
        'what is deployed is still being read; ask again in a moment',
      );
    if (this.unloaded.has(name)) {
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `${name} is unloaded at this instance; POST /v2/repository/models/${name}/load brings it back`,
      );
    }
    const asked = version === undefined ? name : `${name}/${version}`;
    let target = this.targets.get(asked);
    if (!target) {
      target = this.resolve(name, version);
      this.targets.set(asked, target);
    }
    return target;
  }

  private resolve(name: string, version: string | undefined): Target {
    const deployment = this.answeringOf(name);
    if (deployment && version === undefined) return this.routesOf(deployment);
    if (!deployment && !name.startsWith(MODEL_PREFIX)) {
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `there is no deployment ${name}; \`playhead get Deployment\` lists those there are, model.<name> is a model without one`,
      );
    }
    const model = deployment?.model ?? name.slice(MODEL_PREFIX.length);
    const routed = deployment?.routes.find((route) => String(route.version) === version);
    const found =
      routed && deployment ? { ...routed, task: deployment.task } : this.registered(model, version);
    const champion = this.served(name, model, version === undefined ? 'model' : 'version', deployment, found);
    return { deployment, champion, routes: new Map() };
  }

  private registered(model: string, version: string | undefined): RegisteredVersion {
    const registered = this.parts.registered.state.get(model);
    const found = registered?.versions.find((each) => String(each.version) === version);
    if (found?.review === 'rejected')
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `version ${version} of ${model} was rejected; it is not served`,
      );
    const answers = version === undefined && registered ? versionByDefault(registered) : found;
    if (answers) return answers;
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      !registered
        ? `there is no model ${model}; \`playhead models list\` lists those there are`
        : version === undefined
          ? `every version of ${model} was rejected`
          : `${model} has no version ${version}; \`playhead models list\` lists those there are`,
    );
  }

  private routesOf(deployment: DeploymentFact): Target {
    const route = championOf(deployment);
    if (!route) {
      throw new PlatformError(
        'PLAYHEAD_NOT_READY',
        'retry',
        `deployment ${deployment.deployment} waits: no version of ${deployment.model} has the alias ${deployment.alias}; promote one`,
      );
    }
    const champion = this.routed(deployment, route);
    const answering = deployment.routes.filter((each) => each === route || (each.share ?? 0) > 0);
    const routes = answering.map((each): [RouteFact, ServedModel] => [
      each,
      // A caller sends the champion's features: who reads others cannot answer it.
      sameFeatures(each, route) ? this.routed(deployment, each) : champion,
    ]);
    return { deployment, champion, routes: new Map(routes) };
  }

  private routed(deployment: DeploymentFact, route: RouteFact): ServedModel {
    const { deployment: name, model, task } = deployment;
    return this.served(name, model, route.route, deployment, { ...route, task });
  }

  private served(
    name: string,
    model: string,
    route: string,
    deployment: DeploymentFact | undefined,
    { version, artifact, revision, features, task }: ServedVersion & Pick<DeploymentFact, 'task'>,
  ): ServedModel {
    return {
      name,
      version: String(version),
      route,
      model,
      deployment,
      outputName: OUTPUT_OF_TASK[task],
      reads: { version, artifact, revision, features },
      lane: this.lane(`${name}/${version}`),
    };
  }

  private lane(key: string): Lane {
    let lane = this.lanes.get(key);
    if (!lane) this.lanes.set(key, (lane = new Lane(this.parts.batching)));
    return lane;
  }

  /** The deployment as it answers; the newest fact where none has its models yet. */
  private answeringOf(name: string): DeploymentFact | undefined {
    const { state } = this.parts.control;
    return state.has(name) ? (this.answering.get(name) ?? state.get(name)) : undefined;
  }

  /** Loads what the deployments answer with; each goes over to its newest fact when that is done. A failure is told and leaves what answered before. */
  private async preload(): Promise<void> {
    const changed = this.deployments().filter((fact) => this.answering.get(fact.deployment) !== fact);
    await Promise.all(changed.map((fact) => this.take(fact)));
    // Whoever is asked takes up the model of now; what waits at another is answered first.
    for (const lane of this.lanes.values()) lane.release();
  }

  private async take(fact: DeploymentFact): Promise<void> {
    const { control, shelf, sleep, logger } = this.parts;
    const { deployment, routes } = fact;
    try {
      await untilAvailable(() => shelf.ready(deployment, routes), sleep);
    } catch (error) {
      logger.error(
        { deployment, err: error },
        `a model of ${deployment} cannot be loaded, what answered before goes on: ${messageOf(error)}`,
      );
      // Without the champion nobody could answer; another route's place is taken by the champion.
      const champion = championOf(fact);
      if (!champion || !shelf.loaded().includes(champion.artifact)) return;
    }
    if (control.state.get(deployment) !== fact) return;
    this.answering.set(deployment, fact);
    this.targets.clear();
  }
}

const sameFeatures = (one: RouteFact, other: RouteFact): boolean =>
  one.features.length === other.features.length &&
  one.features.every((feature, at) => feature === other.features[at]);
