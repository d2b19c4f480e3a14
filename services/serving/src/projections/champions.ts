import type { FollowedTopic } from '#eventlog';
import { MicroBatcher, type MicroBatcherOptions, type OnnxModel } from '#inference';
import { PlatformError, Refused } from '#kernel';
import { championOf, type DeploymentFact, type Deployments, type RouteFact } from '../domain/deployments';
import type { ModelShelf } from '../effects/model-shelf';

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
  ) {}

  all(): readonly DeploymentFact[] {
    return [...this.control.state.values()];
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
    const model = await this.shelf.get(route);
    return { deployment, route, model, batcher: this.batcherOf(name, model) };
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
