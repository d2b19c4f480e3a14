import {
  EnvelopeTemplate,
  NotificationDelivered,
  NotificationDue,
  NotificationFailed,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventContract,
} from '#contracts';
import { untilAvailable, type EventLog, type LogReader, type LogRecord } from '#eventlog';
import { isPlatformError, messageOf, type Clock } from '#kernel';
import { SoleMember, pauseAfter, type Fault, type Logger, type Sleep, type Worker } from '#runtime';
import {
  Outbox,
  channelOf,
  targetName,
  type Delivered,
  type Failed,
  type Waiting,
} from '../domain/notifications/outbox';
import type { Channels } from './channels';

export interface NotificationSenderOptions {
  readonly log: EventLog;
  /** Full name of `monitoring.notifications`. */
  readonly topic: string;
  readonly group: string;
  readonly channels: Channels;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** Told of each end; for metrics. */
  readonly ended?: (channel: string, outcome: 'delivered' | 'given-up') => void;
}

/** A target that refuses what it understood is tried so often: somebody may be about to mend it. What passes is tried for ever. */
const REFUSALS = 5;
const POLL_MS = 500;

/** What one instance holds while it is the one that sends. */
interface Sending {
  readonly outbox: Outbox;
  readonly reader: LogReader;
  readonly abort: AbortController;
  /** Resolves when it is aborted. */
  readonly ended: Promise<void>;
  /** Targets that are being sent to. */
  readonly busy: Map<string, Promise<void>>;
  committed: number;
}

/**
 * Sends notifications, each target for itself and in order: one that is away holds up no other, and nothing that decides. The topic is its
 * memory: what is due and neither delivered nor given up is sent, by whichever instance has the partition. A kill between the answer of a target and
 * the fact that says so sends a copy under the same name.
 */
export class NotificationSender implements Worker {
  private readonly member: SoleMember;
  private readonly templates = new Map<string, EnvelopeTemplate>();
  private sending: Sending | undefined;
  private stopped = false;
  private wake: () => void = () => undefined;
  private readonly woken = new Promise<void>((resolve) => (this.wake = resolve));
  private working: Promise<void> = Promise.resolve();

  constructor(private readonly options: NotificationSenderOptions) {
    const { log, topic, group } = options;
    this.member = new SoleMember({ log, topic, group });
  }

  start(): Promise<void> {
    this.working = this.run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    this.sending?.abort.abort();
    this.sending?.reader.wake();
    await this.working;
    await this.end();
    await this.member.leave();
    this.options.channels.close();
  }

  /** What waits, while this is the instance that sends. */
  waiting(): readonly Waiting[] {
    return this.sending?.outbox.waiting() ?? [];
  }

  status(): unknown {
    return {
      sends: this.sending !== undefined,
      waiting: this.waiting().map(({ due, attempts, error }) => ({
        notification: due.notification,
        target: targetName(due.target),
        attempts,
        error,
      })),
    };
  }

  private async run(): Promise<void> {
    const { log, topic, logger } = this.options;
    while (!this.stopped) {
      try {
        if ((await log.partitionCount(topic)) === undefined) {
          await this.pause(200);
          continue;
        }
        await this.member.join();
        if (!this.member.isChosen) {
          await this.end();
          await this.pause(100);
          continue;
        }
        this.sending ??= await this.begin();
        for (const chunk of await this.sending.reader.poll(POLL_MS)) {
          if (chunk.kind === 'records') for (const record of chunk.records) this.take(record, this.sending);
          this.sending.outbox.passed(chunk.nextOffset - 1);
        }
        this.sendWaiting(this.sending);
        await this.commit(this.sending);
      } catch (error) {
        if (this.stopped) return;
        await this.end();
        logger.warn({ err: error }, `notifications wait: ${messageOf(error)}`);
        await this.pause(1_000);
      }
    }
  }

  /** Reads what stands on the topic before anything is sent: what was delivered stands behind what was due. */
  private async begin(): Promise<Sending> {
    const { log, topic } = this.options;
    const [ends] = await log.ends(topic);
    const from = Math.max(ends!.start, (await this.member.committed()) ?? 0);
    const reader = log.reader();
    const abort = new AbortController();
    const sending: Sending = {
      outbox: new Outbox(from),
      reader,
      abort,
      ended: new Promise((resolve) => abort.signal.addEventListener('abort', () => resolve())),
      busy: new Map(),
      committed: from,
    };
    reader.seek({ topic, partition: 0 }, from);
    for (let next = from; next < ends!.end && !this.stopped;)
      for (const chunk of await reader.poll(POLL_MS)) {
        if (chunk.kind === 'records') for (const record of chunk.records) this.take(record, sending);
        sending.outbox.passed(chunk.nextOffset - 1);
        next = chunk.nextOffset;
      }
    return sending;
  }

  private async end(): Promise<void> {
    const sending = this.sending;
    this.sending = undefined;
    sending?.abort.abort();
    await sending?.reader.close();
    if (sending) await Promise.all(sending.busy.values());
  }

  private take(record: LogRecord, { outbox }: Sending): void {
    const { offset, value } = record;
    try {
      switch (readEnvelope(record.headers).type) {
        case NotificationDue.type:
          return outbox.due(
            decodeEvent(NotificationDue, value),
            offset,
            new Date(record.timestamp).toISOString(),
          );
        case NotificationDelivered.type:
          return outbox.delivered(decodeEvent(NotificationDelivered, value), offset);
        case NotificationFailed.type:
          return outbox.failed(decodeEvent(NotificationFailed, value), offset);
      }
    } catch (error) {
      if (!isPlatformError(error)) throw error;
      this.options.logger.error({ offset, err: error }, 'a notification cannot be read and is passed over');
    }
  }

  private sendWaiting(sending: Sending): void {
    for (const target of sending.outbox.targets()) {
      if (sending.busy.has(target)) continue;
      const sent = this.sendTo(target, sending)
        .catch((error: unknown) => {
          // The next look begins again.
          if (!sending.abort.signal.aborted)
            this.options.logger.warn({ err: error }, `a notification waits: ${messageOf(error)}`);
        })
        .finally(() => sending.busy.delete(target));
      sending.busy.set(target, sent);
    }
  }

  private async sendTo(target: string, sending: Sending): Promise<void> {
    const { outbox, abort } = sending;
    for (let waiting = outbox.first(target); waiting && !abort.signal.aborted; waiting = outbox.first(target))
      await this.deliver(waiting, sending);
  }

  private async deliver(waiting: Waiting, { outbox, abort, ended }: Sending): Promise<void> {
    const { channels, logger, ended: tell } = this.options;
    const { due } = waiting;
    const { signal } = abort;
    for (let refusals = 0; !signal.aborted;) {
      const fault = await channels.attempt(waiting, signal);
      if (signal.aborted && fault) return;
      waiting.attempts++;
      const about = {
        notification: due.notification,
        deployment: due.deployment,
        group: due.group,
        target: due.target,
        attempts: waiting.attempts,
      };
      if (!fault) {
        await this.append(NotificationDelivered, about, signal);
        outbox.delivered(about);
        tell?.(channelOf(due.target), 'delivered');
        return;
      }
      const isFirst = waiting.error === null;
      waiting.error = fault.message;
      refusals = fault.isRefusal ? refusals + 1 : 0;
      const final = refusals >= REFUSALS;
      if (isFirst || final || waiting.attempts % 10 === 0)
        logger.warn(
          { notification: due.notification },
          `${targetName(due.target)} has not taken notification ${due.notification}${final ? ', which is given up' : ''}: ${fault.message}`,
        );
      if (isFirst || final) await this.tellFailure(about, fault, final, signal);
      if (final) {
        outbox.failed({ ...about, error: fault.message, final });
        tell?.(channelOf(due.target), 'given-up');
        return;
      }
      await Promise.race([this.pause(pauseAfter(waiting.attempts)), ended]);
    }
  }

  private tellFailure(
    about: Delivered,
    { message }: Fault,
    final: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    return this.append(NotificationFailed, { ...about, error: message, final }, signal);
  }

  /** Until it is acknowledged, or somebody else goes on: what a target has taken must not be forgotten. */
  private async append(
    contract:
      EventContract<typeof NotificationDelivered.schema> | EventContract<typeof NotificationFailed.schema>,
    fact: Delivered | Failed,
    signal: AbortSignal,
  ): Promise<void> {
    const { log, topic, sleep, clock } = this.options;
    const template = this.templateOf(contract.type);
    const id = `${fact.notification}/${contract.type.split('.').pop()!}/${targetName(fact.target)}/${fact.attempts}`;
    const attempt = async (): Promise<void> => {
      const producer = log.producer();
      try {
        await producer.send([
          {
            topic,
            partition: 0,
            key: fact.group,
            value: encodeEvent(contract as typeof NotificationFailed, fact as Failed),
            headers: template.headers(id, new Date(clock.now()).toISOString()),
          },
        ]);
      } finally {
        await producer.close().catch(() => undefined);
      }
    };
    await untilAvailable(attempt, sleep, (error) => {
      if (signal.aborted) throw error;
    });
  }

  private templateOf(type: string): EnvelopeTemplate {
    let template = this.templates.get(type);
    if (!template)
      this.templates.set(type, (template = new EnvelopeTemplate({ type, source: 'monitoring.sender' })));
    return template;
  }

  private async commit(sending: Sending): Promise<void> {
    const { settled } = sending.outbox;
    if (settled <= sending.committed) return;
    await this.member.commit(settled);
    sending.committed = settled;
  }

  private async pause(ms: number): Promise<void> {
    await Promise.race([this.options.sleep(ms), this.woken]);
  }
}
