import { TOPICS, type DeploymentFact, type Deployments } from '#contracts';
import { onVectors, type ModelShelf } from '#folds';
import type { FoldRunner, FollowedTopic } from '#eventlog';
import type { ServiceLog, Worker } from '#runtime';
import type { ServingStatus } from '../effects/serving-status';

export interface DeploymentWorkerOptions {
  readonly deployment: DeploymentFact;
  readonly control: FollowedTopic<Deployments>;
  readonly serviceLog: ServiceLog;
  readonly shelf: ModelShelf;
  readonly status: ServingStatus;
}

/** Serves one deployment: from its start offsets on, one prediction for each vector. */
export class DeploymentWorker implements Worker {
  private runner: FoldRunner<null, Deployments> | undefined;

  constructor(private readonly options: DeploymentWorkerOptions) {}

  async start(): Promise<void> {
    const { deployment, control, serviceLog, shelf, status } = this.options;
    const { deployment: name, service, from } = deployment;
    const source = TOPICS.vectors(service.name);
    const primary = TOPICS.predictions(name);
    const partitions = await serviceLog.awaitTopic(source);
    await serviceLog.ensureTopics([{ name: primary, partitions }]);
    const offsets = from === 'now' ? await status.startOffsets(name, service.name) : undefined;
    status.begun(name);
    this.runner = serviceLog.runner({
      fold: onVectors({
        deployment: name,
        predictions: serviceLog.topic(primary),
        service: service.name,
        shelf,
        served: (route, appended) => status.served(name, route, appended),
      }),
      source,
      primary,
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
