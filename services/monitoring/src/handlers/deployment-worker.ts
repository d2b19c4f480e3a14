import { HEADERS, TOPICS, type DeploymentFact, type Deployments } from '#contracts';
import { readRecords, untilAvailable, type EventLog, type FoldRunner, type FollowedTopic } from '#eventlog';
import { timestampMs, type Clock } from '#kernel';
import type { Logger, LogTransport, ServiceLog, Sleep, Worker } from '#runtime';
import { ClockTicks } from '../effects/clock-ticks';
import { FreshnessChecks } from '../effects/freshness-checks';
import type { ReferenceProfiles } from '../effects/reference-profiles';
import { VectorsByPosition } from '../effects/vectors-by-position';
import { onDeploymentInputs } from './on-deployment-inputs';
import { onLabels } from './on-labels';
import { onPredictions } from './on-predictions';

export interface DeploymentWorkerOptions {
  readonly deployment: DeploymentFact;
  readonly control: FollowedTopic<Deployments>;
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly profiles: ReferenceProfiles;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly instance: string;
  readonly tickMs: number;
  readonly logger: Logger;
  readonly transport: Pick<LogTransport, 'fail'>;
}

/** Labels known so long before the first prediction cannot speak of a predicted event, however late that one was. */
const LABELS_BEFORE_MS = 7 * 86_400_000;

/** A snapshot of a partition after so many records, so that a restart folds seconds and not days. */
const SNAPSHOT_EVERY = 50_000;

type Runner = Pick<FoldRunner<unknown, unknown>, 'start' | 'stop' | 'status'>;

/** Watches one deployment: profiles of its predictions and, where its task has one number to compare, its labels. */
export class DeploymentWorker implements Worker {
  private readonly runners: Runner[] = [];
  private readonly vectors: VectorsByPosition;
  private readonly observations: VectorsByPosition;
  private readonly ticks: ClockTicks;
  private readonly freshness: FreshnessChecks;
  private beginning: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(private readonly options: DeploymentWorkerOptions) {
    const { deployment, log, serviceLog, sleep } = options;
    const byPosition = (topic: string): VectorsByPosition =>
      new VectorsByPosition({ log, topic: serviceLog.topic(topic), sleep });
    this.vectors = byPosition(TOPICS.vectors(deployment.service.name));
    this.observations = byPosition(TOPICS.observations(deployment.service.trigger));
    this.ticks = new ClockTicks({
      ...options,
      topic: this.inputs,
      deployment: deployment.deployment,
      everyMs: options.tickMs,
    });
    const predictions = TOPICS.predictions(deployment.deployment);
    this.freshness = new FreshnessChecks({
      ...options,
      deployment: deployment.deployment,
      predictions: { topic: serviceLog.topic(predictions), name: predictions },
      inputs: serviceLog.topic(TOPICS.monitoringInputs),
      everyMs: options.tickMs,
    });
  }

  private get inputs(): string {
    return this.options.serviceLog.topic(TOPICS.deploymentInputs(this.options.deployment.deployment));
  }

  /** Each fold begins when its source is there, so that a service that is away holds up no other deployment. */
  async start(): Promise<void> {
    const { deployment, serviceLog, transport } = this.options;
    const { deployment: name, service } = deployment;
    await serviceLog.ensureTopics([{ name: TOPICS.deploymentInputs(name), partitions: service.partitions }]);
    const folds = [this.profiles(), ...(isMeasured(deployment) ? [this.performance(), this.labels()] : [])];
    this.beginning = Promise.all(folds)
      .then(() => undefined)
      .catch((error: unknown) => transport.fail(`deployment ${name}`, error));
    this.ticks.start();
    this.freshness.start();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.beginning;
    await this.ticks.stop();
    await this.freshness.stop();
    await Promise.all(this.runners.map((runner) => runner.stop()));
    await this.vectors.close();
    await this.observations.close();
  }

  status(): unknown {
    return this.runners.map((runner) => runner.status());
  }

  private async profiles(): Promise<void> {
    const { deployment, control, serviceLog, profiles, logger } = this.options;
    const { deployment: name, service } = deployment;
    const source = TOPICS.predictions(name);
    if (!(await this.topicOf(source))) return;
    const fold = onPredictions({
      deployment: name,
      inputs: { topic: this.inputs, partitions: service.partitions },
      parts: serviceLog.topic(TOPICS.monitoringInputs),
      control,
      profiles,
      vectors: this.vectors,
      observations: this.observations,
      logger,
    });
    await this.run(serviceLog.runner({ fold, source, control, snapshotEvery: SNAPSHOT_EVERY }));
  }

  private async performance(): Promise<void> {
    const { deployment, control, serviceLog } = this.options;
    const { deployment: name, model, task } = deployment;
    const fold = onDeploymentInputs({
      deployment: name,
      model,
      task: task === 'regression' ? task : 'binary',
      parts: serviceLog.topic(TOPICS.monitoringInputs),
    });
    await this.run(
      serviceLog.runner({
        fold,
        source: TOPICS.deploymentInputs(name),
        control,
        snapshotEvery: SNAPSHOT_EVERY,
      }),
    );
  }

  private async labels(): Promise<void> {
    const { deployment, control, serviceLog } = this.options;
    const { deployment: name, service, label } = deployment;
    const source = TOPICS.observations(label.stream);
    if (!(await this.topicOf(source))) return;
    const first = await this.firstPrediction();
    if (first === undefined) return;
    const fold = onLabels({
      deployment: name,
      label,
      inputs: { topic: this.inputs, partitions: service.partitions },
      knownFrom: first - LABELS_BEFORE_MS,
    });
    await this.run(serviceLog.runner({ fold, source, control }));
  }

  private async run(runner: Runner): Promise<void> {
    if (this.stopped) return;
    this.runners.push(runner);
    await runner.start();
  }

  /** Waits for a topic of another service; false when the worker was stopped meanwhile. */
  private async topicOf(name: string): Promise<boolean> {
    const { log, serviceLog, sleep } = this.options;
    while (!this.stopped) {
      if ((await untilAvailable(() => log.partitionCount(serviceLog.topic(name)), sleep)) !== undefined)
        return true;
      await sleep(200);
    }
    return false;
  }

  /** Event time of the earliest of the first predictions of all partitions, once there is one. */
  private async firstPrediction(): Promise<number | undefined> {
    const { deployment, log, serviceLog, sleep } = this.options;
    const topic = serviceLog.topic(TOPICS.predictions(deployment.deployment));
    if (!(await this.topicOf(TOPICS.predictions(deployment.deployment)))) return undefined;
    for (; !this.stopped; await sleep(500)) {
      const times = await untilAvailable(() => firstTimes(log, topic), sleep);
      if (times.length > 0) return Math.min(...times);
    }
    return undefined;
  }
}

const isMeasured = ({ task }: DeploymentFact): boolean => task === 'binary' || task === 'regression';

const firstTimes = async (log: EventLog, topic: string): Promise<number[]> => {
  const times: number[] = [];
  for (const { partition, start, end } of await log.ends(topic)) {
    for await (const record of readRecords(log, topic, partition, start, end)) {
      const time = timestampMs(record.headers.text(HEADERS.time));
      if (!Number.isNaN(time)) times.push(time);
      break;
    }
  }
  return times;
};
