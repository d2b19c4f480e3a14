import {
  EnvelopeTemplate,
  FreshnessChecked,
  championOf,
  encodeEvent,
  type Deployments,
  type EventOf,
} from '#contracts';
import { readLast, type EventLog, type FollowedTopic, type LogProducer } from '#eventlog';
import { messageOf, type Clock } from '#kernel';
import type { Logger } from '#runtime';

export interface FreshnessChecksOptions {
  readonly log: EventLog;
  readonly deployment: string;
  /** Full name of `serving.predictions.<deployment>`, and the name that facts say. */
  readonly predictions: { readonly topic: string; readonly name: string };
  /** Full name of `monitoring.inputs`. */
  readonly inputs: string;
  readonly control: FollowedTopic<Deployments>;
  readonly clock: Clock;
  readonly instance: string;
  readonly everyMs: number;
  readonly logger: Logger;
}

type Checked = EventOf<typeof FreshnessChecked>;

/**
 * Where the monitor of a deployment asks for freshness: looks at each tick how old the newest prediction is, and says so on
 * `monitoring.inputs` when it has become too old, or is young again. What is an alert is decided there, so one look too many changes nothing.
 */
export class FreshnessChecks {
  private readonly template = new EnvelopeTemplate({ type: FreshnessChecked.type, source: 'monitoring' });
  private producer: LogProducer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private turn: Promise<void> = Promise.resolve();
  private wasOver: boolean | undefined;
  private serial = 0;

  constructor(private readonly options: FreshnessChecksOptions) {}

  start(): void {
    this.timer = setInterval(() => {
      this.turn = this.turn.then(() => this.check());
    }, this.options.everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.turn;
    await this.producer?.close();
  }

  /** While the broker is away the next look will do. */
  async check(): Promise<void> {
    const { log, inputs, instance, deployment, logger } = this.options;
    try {
      const checked = await this.look();
      if (!checked) return;
      const isOver = Date.parse(checked.now) - Date.parse(checked.newest) >= checked.limit_ms;
      if (isOver === this.wasOver) return;
      const id = `${instance}/${deployment}/${checked.now}/${this.serial++}`;
      this.producer ??= log.producer();
      await this.producer.send([
        {
          topic: inputs,
          partition: 0,
          key: Buffer.from(deployment),
          value: encodeEvent(FreshnessChecked, checked),
          headers: this.template.headers(id, checked.now),
        },
      ]);
      this.wasOver = isOver;
    } catch (error) {
      await this.producer?.close().catch(() => undefined);
      this.producer = undefined;
      logger.warn({ deployment }, `freshness could not be looked at: ${messageOf(error)}`);
    }
  }

  /** Undefined where nobody asks, or nothing was predicted yet. */
  private async look(): Promise<Checked | undefined> {
    const { log, deployment, predictions, control, clock } = this.options;
    const fact = control.state.get(deployment);
    const champion = fact && championOf(fact);
    const limit_ms = fact?.monitor?.quality?.freshness_ms;
    if (!champion || limit_ms === undefined) return undefined;
    let newest: { partition: number; offset: number; timestamp: number } | undefined;
    for (const ends of await log.ends(predictions.topic)) {
      const last = await readLast(log, predictions.topic, ends);
      if (last && (!newest || last.timestamp > newest.timestamp)) newest = last;
    }
    if (!newest) return undefined;
    const { partition, offset, timestamp } = newest;
    return {
      deployment,
      model: fact.model,
      version: champion.version,
      limit_ms,
      now: new Date(clock.now()).toISOString(),
      newest: new Date(timestamp).toISOString(),
      span: { topic: predictions.name, partition, from: offset, to: offset + 1 },
    };
  }
}
