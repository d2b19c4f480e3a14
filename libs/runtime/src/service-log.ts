import { TOPICS, qualify } from '#contracts';
import { OwnershipLost } from '#kernel';
import {
  FoldRunner,
  FollowedTopic,
  Snapshots,
  untilAvailable,
  type FollowedTopicOptions,
  type RunnerOptions,
  type TopicSpec,
} from '#eventlog';
import type { CommonConfig } from './config';
import { FoldMetrics } from './fold-metrics';
import type { LogTransport, Worker } from './log-transport';
import type { Ports } from './ports';

/** A record of a derived topic may be twice as large as one of the inbox (architecture.md section 1). */
export const DERIVED_MAX_BYTES = 2_200_000;

export type FoldOptions<State, Control> = Omit<
  RunnerOptions<State, Control>,
  'log' | 'namespace' | 'service' | 'clock' | 'sleep' | 'observer' | 'snapshots' | 'tracer'
>;

/** The log as one service uses it: its namespace, its dead letters and snapshots, and runners with their metrics. */
export class ServiceLog implements Worker {
  readonly snapshots: Snapshots;
  private readonly metrics: FoldMetrics;
  private stopped = false;

  constructor(
    private readonly config: Pick<CommonConfig, 'service' | 'namespace'>,
    private readonly ports: Ports,
    private readonly transport: Pick<LogTransport, 'fail'>,
  ) {
    this.metrics = new FoldMetrics(ports.metrics, ports.logger);
    this.snapshots = new Snapshots({
      service: config.service,
      log: ports.log,
      namespace: config.namespace,
      topic: this.topic(TOPICS.snapshots(config.service)),
      store: ports.artifacts,
      sleep: ports.sleep,
      warn: (message) => ports.logger.warn({}, message),
    });
  }

  /** Makes the topics that every service has and reads where its snapshots lie; first of a service's workers. */
  async start(): Promise<void> {
    const { service } = this.config;
    await this.ensureTopics([
      { name: TOPICS.deadLetters(service), partitions: 1 },
      { name: TOPICS.snapshots(service), partitions: 1 },
    ]);
    await this.snapshots.start();
  }

  stop(): Promise<void> {
    this.stopped = true;
    return this.snapshots.stop();
  }

  get namespace(): string {
    return this.config.namespace;
  }

  /** The full name of a topic. */
  topic(name: string): string {
    return qualify(this.config.namespace, name);
  }

  /** Creates own topics, names below the namespace; waits while the broker is away. */
  async ensureTopics(specs: readonly TopicSpec[]): Promise<void> {
    const full = specs.map((spec) => ({
      ...spec,
      name: this.topic(spec.name),
      config: { 'max.message.bytes': String(DERIVED_MAX_BYTES), ...spec.config },
    }));
    await untilAvailable(
      () => this.ports.log.ensureTopics(full),
      this.ports.sleep,
      (error) => this.ports.logger.warn({}, error.message),
    );
  }

  /** Waits until a topic of another service exists and gives its number of partitions; rejects when the service stops meanwhile. */
  awaitTopic(name: string): Promise<number> {
    return this.awaitForeign(this.topic(name));
  }

  /** As `awaitTopic`, of a topic that is none of the platform's, by its full name. */
  async awaitForeign(topic: string): Promise<number> {
    for (;;) {
      const partitions = await untilAvailable(() => this.ports.log.partitionCount(topic), this.ports.sleep);
      if (partitions !== undefined) return partitions;
      if (this.stopped) throw new OwnershipLost(`stopped while waiting for ${topic}`);
      await this.ports.sleep(100);
    }
  }

  followed<State>(
    name: string,
    options: Pick<FollowedTopicOptions<State>, 'initial' | 'evolve' | 'newestOnly'>,
  ): FollowedTopic<State> {
    const { log, sleep, logger } = this.ports;
    const onRefused: FollowedTopicOptions<State>['onRefused'] = (record, error) =>
      logger.error(
        { topic: name, offset: record.offset, err: error },
        `a fact on ${name} cannot be applied and is passed over`,
      );
    return new FollowedTopic({ ...options, log, topic: this.topic(name), sleep, onRefused });
  }

  runner<State, Control>(options: FoldOptions<State, Control>): FoldRunner<State, Control> {
    const { log, clock, sleep, tracing } = this.ports;
    const { service, namespace } = this.config;
    const fold = `${options.fold.name}.${options.source}`;
    const observer = this.metrics.observer(fold, this.transport);
    const runner = new FoldRunner({
      ...options,
      log,
      namespace,
      service,
      clock,
      sleep,
      observer,
      snapshots: this.snapshots,
      ...(tracing && { tracer: (traced) => tracing.fold(traced) }),
    });
    this.metrics.watch(fold, () => runner.status());
    return runner;
  }
}
