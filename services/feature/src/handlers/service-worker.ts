import { TOPICS } from '#contracts';
import type { FoldRunner, FollowedTopic } from '#eventlog';
import { newest, onObservations, type PartitionState, type ServiceDefinition, type Services } from '#folds';
import type { ServiceLog, Worker } from '#runtime';
import type { WarmUpReports } from './warm-up';

/** Folds the trigger of one feature service from the beginning of its stream. */
export class ServiceWorker implements Worker {
  private runner: FoldRunner<PartitionState, Services> | undefined;

  constructor(
    private readonly service: ServiceDefinition,
    private readonly control: FollowedTopic<Services>,
    private readonly serviceLog: ServiceLog,
    private readonly warmUps: WarmUpReports,
  ) {}

  async start(): Promise<void> {
    const { name } = this.service;
    const { stream } = newest(this.service).compiled.trigger;
    const source = TOPICS.observations(stream);
    const primary = TOPICS.vectors(name);
    await this.serviceLog.ensureTopics([
      { name: primary, partitions: await this.serviceLog.awaitTopic(source) },
    ]);
    this.runner = this.serviceLog.runner({
      fold: onObservations({
        service: name,
        stream,
        vectors: this.serviceLog.topic(primary),
      }),
      source,
      primary,
      control: this.control,
      warmed: this.warmUps.of({
        service: name,
        topic: source,
        definitionOf: ({ digest }) => digest,
        placesOf: ({ compiled }) => compiled.trigger.partitions,
      }),
    });
    await this.warmUps.start();
    await this.runner.start();
  }

  async stop(): Promise<void> {
    await this.runner?.stop();
    await this.warmUps.stop();
  }

  status(): unknown {
    return this.runner?.status();
  }
}
