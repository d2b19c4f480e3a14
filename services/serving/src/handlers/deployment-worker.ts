import { TOPICS, shadowOf, type DeploymentFact, type Deployments } from '#contracts';
import { onVectors, type ModelShelf } from '#folds';
import type { FoldRunner, FollowedTopic } from '#eventlog';
import type { Logger, ServiceLog, Worker } from '#runtime';
import type { ServingStatus } from '../effects/serving-status';
import { failingOnce } from './failing-once';

export interface DeploymentWorkerOptions {
  readonly deployment: DeploymentFact;
  readonly control: FollowedTopic<Deployments>;
  readonly serviceLog: ServiceLog;
  readonly shelf: ModelShelf;
  readonly status: ServingStatus;
  readonly logger: Logger;
}

/** Serves one deployment: from its start offsets on, one prediction for each vector, and beside it what its shadow says where it has one. */
export class DeploymentWorker implements Worker {
  private runner: FoldRunner<null, Deployments> | undefined;

  constructor(private readonly options: DeploymentWorkerOptions) {}

  async start(): Promise<void> {
    const { deployment, control, serviceLog, shelf, status, logger } = this.options;
    const { deployment: name, service, from } = deployment;
    const source = TOPICS.vectors(service.name);
    const [primary, shadows] = [TOPICS.predictions(name), TOPICS.shadows(name)];
    const partitions = await serviceLog.awaitTopic(source);
    const hasShadow = shadowOf(deployment) !== undefined;
    await serviceLog.ensureTopics(
      [primary, ...(hasShadow ? [shadows] : [])].map((topic) => ({ name: topic, partitions })),
    );
    const offsets = from === 'now' ? await status.startOffsets(name, service.name) : undefined;
    const known = await status.routesTaken(name);
    status.begun(name);
    this.runner = serviceLog.runner({
      fold: onVectors({
        deployment: name,
        predictions: serviceLog.topic(primary),
        shadows: serviceLog.topic(shadows),
        // A shadow may come before the worker that was made for it.
        shadowsBegin: () => serviceLog.ensureTopics([{ name: shadows, partitions }]),
        service: service.name,
        shelf,
        served: (route, rows) => status.served(name, route, rows),
        taken: { topic: serviceLog.topic(TOPICS.servingStatus), known },
        failing: failingOnce(deployment, logger),
      }),
      source,
      primary,
      ...(hasShadow && { alignedSecondaries: [shadows] }),
      // Deployments of one feature service read the same vectors, each for itself.
      group: `serving.predictions.${name}`,
      control,
      startAt: (partition) => Promise.resolve(offsets?.[partition]),
    });
    await this.runner.start();
  }

  async stop(): Promise<void> {
    await this.runner?.stop();
  }

  status(): unknown {
    return this.runner?.status();
  }
}
