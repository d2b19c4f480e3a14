import { championOf, type DeploymentFact, type Deployments, type RouteFact } from '#contracts';
import { untilAvailable, type FollowedTopic } from '#eventlog';
import { MicroBatcher, type MicroBatcherOptions, type OnnxModel } from '#inference';
import { PlatformError, Refused, messageOf } from '#kernel';
import type { Logger, Sleep } from '#runtime';
import type { ModelShelf } from '#folds';

export interface Champion {
  readonly deployment: DeploymentFact;
  readonly route: RouteFact;
  readonly model: OnnxModel;
  readonly batcher: MicroBatcher;
}

/** Who answers at the doors now: the champion of each deployment, its model loaded. */
export class Champions {
  private readonly batchers = new Map<string, { model: OnnxModel; batcher: MicroBatcher }>();

  constructor(
    private readonly control: FollowedTopic<Deployments>,
    private readonly shelf: ModelShelf,
    private readonly batching: MicroBatcherOptions,
    private readonly sleep: Sleep,
    private readonly logger: Logger,
  ) {}

  /** Loads the models of all deployments, now and whenever one changes; the first vector or request need not wait for its own. */
  async start(): Promise<void> {
    await this.control.start();
    this.control.onChange(() => void this.preload());
    void this.preload();
  }

  all(): readonly DeploymentFact[] {
    return [...this.control.state.values()];
  }

  /** Which version each deployment answers with, and whether its model is in memory; what readiness shows. */
  loaded(): Record<string, { version: number; artifact: string; loaded: boolean }> {
    const inMemory = new Set(this.shelf.loaded());
    return Object.fromEntries(
      this.all().flatMap((deployment) => {
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

  /** @throws PLAYHEAD_NOT_FOUND without such a deployment, PLAYHEAD_NOT_READY without a version behind it. */
  async of(name: string): Promise<Champion> {
    const deployment = this.control.state.get(name);
    if (!deployment)
      throw new Refused(
        'PLAYHEAD_NOT_FOUND',
        `there is no deployment ${name}; \`playhead get Deployment\` lists those there are`,
      );
    const route = championOf(deployment);
    if (!route) {
      throw new PlatformError(
        'PLAYHEAD_NOT_READY',
        'retry',
        `deployment ${name} waits: no version of ${deployment.model} has the alias ${deployment.alias}; promote one`,
      );
    }
    return this.champion(deployment, route);
  }

  /** As `of`, for a vector that may have been made before the champion's revision was carried: then who read it before. */
  async reading(name: string, carries: (route: RouteFact) => boolean): Promise<Champion> {
    const now = await this.of(name);
    if (carries(now.route)) return now;
    for (const deployment of this.control.state.get(name)?.before ?? []) {
      const route = championOf(deployment);
      if (route && carries(route)) return this.champion(deployment, route);
    }
    return now;
  }

  private async champion(deployment: DeploymentFact, route: RouteFact): Promise<Champion> {
    const model = await this.shelf.get(route);
    return {
      deployment,
      route,
      model,
      batcher: this.batcherOf(`${deployment.deployment}/${route.revision}`, model),
    };
  }

  private async preload(): Promise<void> {
    for (const { deployment, routes } of this.all()) {
      try {
        await untilAvailable(() => this.shelf.ready(deployment, routes), this.sleep);
      } catch (error) {
        this.logger.error(
          { deployment, err: error },
          `the model of ${deployment} cannot be loaded: ${messageOf(error)}`,
        );
      }
    }
  }

  private batcherOf(name: string, model: OnnxModel): MicroBatcher {
    const present = this.batchers.get(name);
    if (present?.model === model) return present.batcher;
    void present?.batcher.close();
    const batcher = new MicroBatcher(model, this.batching);
    this.batchers.set(name, { model, batcher });
    return batcher;
  }
}
