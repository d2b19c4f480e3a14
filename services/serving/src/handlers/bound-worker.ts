import { TOPICS, type DeploymentFact, type Deployments } from '#contracts';
import type { FoldRunner, FollowedTopic } from '#eventlog';
import { onRequests, type ModelShelf } from '#folds';
import { OwnershipLost, Refused, messageOf } from '#kernel';
import type { Logger, ServiceLog, Worker } from '#runtime';
import type { ServingStatus } from '../effects/serving-status';
import { failingOnce } from './failing-once';

export interface BoundWorkerOptions {
  readonly deployment: DeploymentFact;
  /** Full name of the bound topic. */
  readonly topic: string;
  readonly control: FollowedTopic<Deployments>;
  readonly serviceLog: ServiceLog;
  readonly shelf: ModelShelf;
  readonly status: ServingStatus;
  readonly logger: Logger;
}

/** A round of requests may hold many rows each. */
const MAX_RECORDS = 500;

/** Answers the requests of the topic that a deployment is bound to; waits for it where it is not there yet. */
export class BoundWorker implements Worker {
  private runner: FoldRunner<null, Deployments> | undefined;
  private refusal: string | undefined;
  private stopped = false;

  constructor(private readonly options: BoundWorkerOptions) {}

  /** What cannot be answered is said, and keeps nobody else from working. */
  async start(): Promise<void> {
    const { deployment, topic, logger } = this.options;
    try {
      await this.begin();
    } catch (error) {
      if (error instanceof OwnershipLost) return;
      this.refusal = messageOf(error);
      logger.error(
        { deployment: deployment.deployment, topic, err: error },
        `requests on ${topic} are not answered: ${this.refusal}`,
      );
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.runner?.stop();
  }

  status(): unknown {
    return this.refusal === undefined ? this.runner?.status() : { refused: this.refusal };
  }

  private async begin(): Promise<void> {
    const { deployment, topic, control, serviceLog, shelf, status, logger } = this.options;
    const { deployment: name, service, from } = deployment;
    const answers = TOPICS.answers(name);
    const partitions = await serviceLog.awaitForeign(topic);
    await serviceLog.ensureTopics([{ name: answers, partitions }]);
    await this.assertSameTopic();
    const offsets = from === 'now' ? await status.startOffsets(name, service.name, topic) : undefined;
    if (this.stopped) return;
    this.runner = serviceLog.runner({
      fold: onRequests({
        deployment: name,
        topic,
        answers: serviceLog.topic(answers),
        shelf,
        served: (route, rows) => status.served(name, route, rows),
        failing: failingOnce(deployment, logger),
      }),
      source: topic,
      sourceTopic: topic,
      primary: answers,
      group: `serving.answers.${name}.${topic}`,
      control,
      maxRecords: MAX_RECORDS,
      startAt: (partition) => Promise.resolve(offsets?.[partition]),
    });
    await this.runner.start();
  }

  /** Answers say where to go on, so they are of one topic for ever. */
  private async assertSameTopic(): Promise<void> {
    const { deployment, topic, status } = this.options;
    const before = await status.answeredTopic(deployment.deployment);
    if (before !== undefined && before !== topic)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `deployment ${deployment.deployment} was bound to ${before}, and its answers are to those requests; bind another deployment to ${topic}`,
      );
  }
}
