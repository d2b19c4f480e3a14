import { AlertClockTicked, EnvelopeTemplate, encodeEvent, type Deployments } from '#contracts';
import {
  SeenPositions,
  TopicFollower,
  admitted,
  type EventLog,
  type FollowedTopic,
  type LogProducer,
  type LogRecord,
} from '#eventlog';
import { isPlatformError, messageOf, type Clock } from '#kernel';
import type { Logger, Sleep, Worker } from '#runtime';
import { alertEventOf, controlOf, policiesOf } from '../handlers/alert-events';
import { Notifier } from '../domain/notifications/notifier';

export interface AlertClockOptions {
  readonly log: EventLog;
  /** Full name of `monitoring.alerts`. */
  readonly alerts: string;
  /** Full name of `monitoring.inputs`. */
  readonly inputs: string;
  readonly control: FollowedTopic<Deployments>;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly instance: string;
  readonly logger: Logger;
}

const LOOK_EVERY_MS = 200;
/** A tick that was made but has not come round is made again after so long. */
const AGAIN_MS = 5_000;

/**
 * Appends a tick to `monitoring.inputs` when alerts have waited long enough, and only then: it folds `monitoring.alerts` beside the notifier
 * to know when that is. Each instance does, so that no one is missed; a tick too many changes nothing.
 */
export class AlertClock implements Worker {
  private readonly notifier = new Notifier();
  private readonly seen = new SeenPositions();
  private readonly follower: TopicFollower;
  private readonly template = new EnvelopeTemplate({ type: AlertClockTicked.type, source: 'monitoring' });
  private pending: LogRecord[] = [];
  private producer: LogProducer | undefined;
  private tickedAt = -Infinity;
  private serial = 0;
  private stopped = false;
  private wake: () => void = () => undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: AlertClockOptions) {
    const { log, alerts: topic, sleep } = options;
    this.follower = new TopicFollower({
      log,
      topic,
      sleep,
      onRecords: (records) => void this.pending.push(...records),
    });
  }

  async start(): Promise<void> {
    await this.options.control.start();
    await this.follower.start();
    this.looking = this.look();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.looking;
    await this.follower.stop();
    await this.producer?.close();
  }

  status(): unknown {
    const next = this.nextMs();
    return { next: next === undefined ? null : new Date(next).toISOString() };
  }

  private async look(): Promise<void> {
    const { sleep, clock, logger } = this.options;
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    while (!this.stopped) {
      try {
        await this.catchUp();
        const now = clock.now();
        const next = this.follower.caughtUp ? this.nextMs() : undefined;
        if (next !== undefined && next <= now && now - this.tickedAt >= AGAIN_MS) await this.tick(now);
      } catch (error) {
        await this.producer?.close().catch(() => undefined);
        this.producer = undefined;
        logger.warn({ err: error }, `no tick for alerts that wait: ${messageOf(error)}`);
      }
      await Promise.race([sleep(LOOK_EVERY_MS), woken]);
    }
  }

  private async catchUp(): Promise<void> {
    const { control } = this.options;
    for (const record of this.pending.splice(0)) {
      if (!admitted(this.seen, record)) continue;
      this.notifier.control = controlOf(record, this.notifier.control);
      await control.reach(this.notifier.control);
      // What has come since the tick may ask for another one.
      this.tickedAt = -Infinity;
      try {
        const event = alertEventOf(record);
        if (event) this.notifier.apply(event, record.timestamp, this.policies());
      } catch (error) {
        // A dead letter of the notifier.
        if (!isPlatformError(error)) throw error;
      }
    }
  }

  private nextMs(): number | undefined {
    return this.notifier.nextMs(this.policies());
  }

  private policies(): ReturnType<typeof policiesOf> {
    return policiesOf(this.options.control.at(this.notifier.control));
  }

  private async tick(nowMs: number): Promise<void> {
    const { log, inputs: topic, instance } = this.options;
    const now = new Date(nowMs).toISOString();
    this.producer ??= log.producer();
    await this.producer.send([
      {
        topic,
        partition: 0,
        key: null,
        value: encodeEvent(AlertClockTicked, { now }),
        headers: this.template.headers(`${instance}/alert-clock/${now}/${this.serial++}`, now),
      },
    ]);
    this.tickedAt = nowMs;
  }
}
