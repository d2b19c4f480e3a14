import { EnvelopeTemplate, RevisionWarmed, TOPICS, encodeEvent, type EventOf } from '#contracts';
import { untilAvailable, type EventLog, type FollowedTopic, type LogProducer } from '#eventlog';
import type { ServiceDefinition, ServiceRevision, Services } from '#folds';
import { messageOf, type Clock } from '#kernel';
import type { Logger, ServiceLog, Sleep } from '#runtime';

export interface WarmUpReportsParts {
  readonly log: EventLog;
  readonly serviceLog: Pick<ServiceLog, 'topic' | 'ensureTopics'>;
  readonly control: FollowedTopic<Services>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** A fold of a feature service that is warmed up for each new revision. */
export interface WarmedFold {
  /** Feature service. */
  readonly service: string;
  /** The topic that is folded, below the namespace. */
  readonly topic: string;
  /** Digest of the part that the fold keeps for a revision. */
  readonly definitionOf: (revision: ServiceRevision) => string;
  /** Partitions over all folds of the service: when every one is warm, the revision can be carried. */
  readonly placesOf: (revision: ServiceRevision) => number;
}

/** The partitions of the trigger, and as many for each stage. */
export const placesOf = ({ compiled, stages }: ServiceRevision): number =>
  compiled.trigger.partitions * (1 + stages.length);

/**
 * Says on `feature.revisions` which partitions are warm for a revision that vectors do not carry yet. The registry counts them; that
 * two instances, or two lives of one, say the same does no harm.
 */
export class WarmUpReports {
  private readonly template = new EnvelopeTemplate({ type: RevisionWarmed.type, source: 'feature' });
  private readonly topic: string;
  private producer: LogProducer | undefined;
  private turn: Promise<void> = Promise.resolve();

  constructor(private readonly parts: WarmUpReportsParts) {
    this.topic = parts.serviceLog.topic(TOPICS.revisions);
  }

  start(): Promise<void> {
    return this.parts.serviceLog.ensureTopics([{ name: TOPICS.revisions, partitions: 1 }]);
  }

  async stop(): Promise<void> {
    await this.turn;
    await this.producer?.close();
  }

  /** For the `warmed` of the fold's runner. */
  of({ service: name, topic, definitionOf, placesOf }: WarmedFold) {
    return (partition: number, definition: string, offset: number): void => {
      const service: ServiceDefinition | undefined = this.parts.control.state.get(name);
      for (const revision of service?.warming ?? []) {
        if (definitionOf(revision) !== definition) continue;
        this.report({
          service: name,
          revision: revision.revision,
          digest: revision.digest,
          topic,
          partition,
          offset,
          places: placesOf(revision),
        });
      }
    };
  }

  private report(fact: EventOf<typeof RevisionWarmed>): void {
    const { log, sleep, clock, logger } = this.parts;
    const { service, revision, topic, partition } = fact;
    const id = `${service}@${revision}/${topic}/${partition}`;
    const record = {
      topic: this.topic,
      partition: 0,
      key: Buffer.from(service),
      value: encodeEvent(RevisionWarmed, fact),
      headers: this.template.headers(id, new Date(clock.now()).toISOString()),
    };
    this.turn = this.turn
      .then(() =>
        untilAvailable(async () => {
          this.producer ??= log.producer();
          try {
            await this.producer.send([record]);
          } catch (error) {
            await this.producer.close().catch(() => undefined);
            this.producer = undefined;
            throw error;
          }
        }, sleep),
      )
      .catch((error: unknown) =>
        logger.error({ id, err: error }, `that ${id} is warm could not be said: ${messageOf(error)}`),
      );
  }
}
