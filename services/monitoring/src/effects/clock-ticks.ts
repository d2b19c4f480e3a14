import { ClockTicked, EnvelopeTemplate, HEADERS, TOPICS, encodeEvent } from '#contracts';
import { readLast, type EventLog, type LogProducer, type NewRecord } from '#eventlog';
import { messageOf, type Clock } from '#kernel';
import type { Logger } from '#runtime';

export interface ClockTicksOptions {
  readonly log: EventLog;
  /** Full name of `monitoring.inputs.<deployment>`. */
  readonly topic: string;
  readonly deployment: string;
  readonly clock: Clock;
  readonly instance: string;
  readonly everyMs: number;
  readonly logger: Logger;
}

/**
 * Appends a tick to the partitions in which something came since the last one, so that what labels changed is told although
 * nothing follows. Several instances tick the same partitions: a second tick behind the first is not made, and one too many changes nothing.
 */
export class ClockTicks {
  private readonly ticked = new Map<number, number>();
  private producer: LogProducer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private serial = 0;
  private readonly template = new EnvelopeTemplate({ type: ClockTicked.type, source: 'monitoring' });

  constructor(private readonly options: ClockTicksOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.turn = this.turn.then(() => this.tick());
    }, this.options.everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
    await this.producer?.close();
  }

  /** One round over the partitions; while the broker is away the next one will do. */
  async tick(): Promise<void> {
    const { log, topic, clock, deployment, logger } = this.options;
    try {
      const records: NewRecord[] = [];
      for (const ends of await log.ends(topic)) {
        const { partition, end } = ends;
        if (this.ticked.get(partition) === end) continue;
        const last = await readLast(log, topic, ends);
        this.ticked.set(partition, end);
        if (!last || last.headers.text(HEADERS.type) === ClockTicked.type) continue;
        records.push(this.record(partition, new Date(clock.now()).toISOString()));
      }
      if (records.length === 0) return;
      this.producer ??= log.producer();
      for (const { partition, offset } of await this.producer.send(records))
        this.ticked.set(partition, offset + 1);
    } catch (error) {
      await this.producer?.close().catch(() => undefined);
      this.producer = undefined;
      this.ticked.clear();
      logger.warn({ deployment }, `no tick for ${TOPICS.deploymentInputs(deployment)}: ${messageOf(error)}`);
    }
  }

  private record(partition: number, now: string): NewRecord {
    const { topic, instance } = this.options;
    const headers = this.template.headers(`${instance}/${now}/${this.serial++}`, now);
    return { topic, partition, key: null, value: encodeEvent(ClockTicked, { now }), headers };
  }
}
