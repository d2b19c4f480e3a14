import { TOPICS } from '#contracts';
import type { EventLog, FoldRunner, FollowedTopic } from '#eventlog';
import {
  PartsGate,
  newest,
  onObservations,
  stagesOf,
  type PartitionState,
  type ServiceDefinition,
  type Services,
} from '#folds';
import type { ServiceLog, Worker } from '#runtime';
import { placesOf, type WarmUpReports } from './warm-up';

/**
 * Folds the trigger of one feature service from the beginning of its stream, and gathers what the stages say of each event, where the
 * service has some.
 */
export class ServiceWorker implements Worker {
  private runner: FoldRunner<PartitionState, Services> | undefined;

  constructor(
    private readonly service: ServiceDefinition,
    private readonly control: FollowedTopic<Services>,
    private readonly serviceLog: ServiceLog,
    private readonly log: EventLog,
    private readonly warmUps: WarmUpReports,
  ) {}

  async start(): Promise<void> {
    const { name } = this.service;
    const { stream } = newest(this.service).compiled.trigger;
    const source = TOPICS.observations(stream);
    const primary = TOPICS.vectors(name);
    const partitions = await this.serviceLog.awaitTopic(source);
    const gate = hasStages(this.service) ? this.partsGate(source) : undefined;
    await this.serviceLog.ensureTopics([
      { name: primary, partitions },
      ...(gate ? [{ name: TOPICS.parts(name), partitions }] : []),
    ]);
    this.runner = this.serviceLog.runner({
      fold: onObservations({
        service: name,
        stream,
        vectors: this.serviceLog.topic(primary),
        ...(gate && { parts: (trigger) => gate.take(trigger) }),
      }),
      source,
      // Two services may have one trigger: each reads all of it.
      group: `feature.vectors.${name}`,
      primary,
      control: this.control,
      ...(gate && { gate }),
      warmed: this.warmUps.of({
        service: name,
        topic: source,
        definitionOf: ({ digest }) => digest,
        placesOf,
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

  /** Waits for the stages of the revisions that vectors carry now. */
  private partsGate(source: string): PartsGate {
    const { name } = this.service;
    const partsName = TOPICS.parts(name);
    return new PartsGate({
      log: this.log,
      triggers: this.serviceLog.topic(source),
      parts: this.serviceLog.topic(partsName),
      partsName,
      stages: () => {
        const service = this.control.state.get(name);
        return service ? stagesOf(service) : [];
      },
    });
  }
}

/** Whether a revision that vectors carry, or will carry, has stages: then they are gathered. */
export const hasStages = ({ revisions, warming }: ServiceDefinition): boolean =>
  [...revisions, ...warming].some(({ stages }) => stages.length > 0);
