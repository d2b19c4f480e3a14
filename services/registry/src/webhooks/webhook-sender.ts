import { readRecords, type EventLog } from '#eventlog';
import { messageOf, type Clock } from '#kernel';
import {
  SoleMember,
  deliver,
  pauseAfter,
  signedHeaders,
  type Fault,
  type Logger,
  type Sleep,
} from '#runtime';
import { apply } from '../domain/evolve';
import type { RegistryState, Webhook } from '../domain/state';
import { wants } from '../domain/webhooks';
import { decodeInput } from '../handlers/registry-records';
import { deliveriesOf, type Delivery } from './deliveries';

export interface SenderPorts {
  readonly log: EventLog;
  /** Full name of `registry.inputs`. */
  readonly topic: string;
  /** `registry.inputs`, folded: the state after each position. */
  readonly inputs: { readonly position: number; at(position: number): RegistryState };
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly post: typeof fetch;
}

export interface WebhookProgress {
  /** This instance sends. */
  readonly sends: boolean;
  /** Input whose facts are sent next. */
  readonly next: number;
  readonly sent: number;
  /** Attempts at the fact that is being sent; 0 when all are. */
  readonly attempts: number;
  readonly lastError: string | null;
}

/** Stretches without a fact for this webhook are committed now and then. */
const COMMIT_EVERY = 500;

/**
 * Sends the facts of one webhook, in the order in which they were decided: each until its receiver has taken it (any 2xx), before the next.
 * Its group's offset on `registry.inputs` is how far it came, so a start or another instance goes on there; a delivery whose
 * commit was lost comes again, under the same id.
 */
export class WebhookSender {
  private readonly member: SoleMember;
  private stopped = false;
  private wake: () => void = () => undefined;
  private woken = new Promise<void>((resolve) => (this.wake = resolve));
  private readonly abort = new AbortController();
  private working: Promise<void> = Promise.resolve();
  private next: number;
  private sent = 0;
  private attempts = 0;
  private lastError: string | null = null;

  constructor(
    readonly webhook: Webhook,
    group: string,
    private readonly key: Buffer,
    private readonly ports: SenderPorts,
  ) {
    this.next = webhook.from;
    this.member = new SoleMember({ log: ports.log, group, topic: ports.topic });
  }

  start(): void {
    this.working = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.abort.abort();
    this.wake();
    await this.working;
    await this.member.leave();
  }

  progress(): WebhookProgress {
    const { next, sent, attempts, lastError } = this;
    return { sends: this.member.isChosen, next, sent, attempts, lastError };
  }

  private async run(): Promise<void> {
    const { logger, inputs } = this.ports;
    while (!this.stopped) {
      try {
        await this.join();
        if (this.member.isChosen && inputs.position >= this.next) await this.send();
        else await this.pause(200);
      } catch (error) {
        if (this.stopped) return;
        logger.warn({ err: error, webhook: this.webhook.webhook }, `webhook waits: ${messageOf(error)}`);
        await this.pause(1_000);
      }
    }
  }

  private async join(): Promise<void> {
    if (this.member.hasJoined) return;
    this.next = (await this.member.committed()) ?? this.webhook.from;
    await this.member.join();
  }

  /** From where it stands to the last input that is folded. */
  private async send(): Promise<void> {
    const { log, topic, inputs } = this.ports;
    // What another member sent while this one waited is not sent again.
    const committed = await this.member.committed();
    if (committed !== undefined && committed > this.next) this.next = committed;
    // Taken once: more may be folded while these are sent.
    const to = inputs.position + 1;
    let uncommitted = 0;
    for await (const record of readRecords(log, topic, 0, this.next, to)) {
      if (this.stopped || !this.member.isChosen) return;
      let delivered = 0;
      for (const delivery of this.wantedOf(record)) {
        if (!(await this.deliver(delivery))) return;
        delivered++;
      }
      this.next = record.offset + 1;
      uncommitted++;
      if (delivered > 0 || uncommitted >= COMMIT_EVERY) {
        await this.commit();
        uncommitted = 0;
      }
    }
    this.next = Math.max(this.next, to);
    if (uncommitted > 0) await this.commit();
  }

  private wantedOf(record: Parameters<typeof decodeInput>[0]): Delivery[] {
    try {
      const { input, at } = decodeInput(record);
      const { outcomes, state } = apply(this.ports.inputs.at(record.offset - 1), input, at);
      return deliveriesOf(outcomes, { offset: record.offset, time: state.time }).filter(({ type }) =>
        wants(this.webhook.events, type),
      );
    } catch {
      // What the decider could not read is a dead letter, and led to nothing.
      return [];
    }
  }

  /** Until it is taken; false when somebody stopped it before. */
  private async deliver(delivery: Delivery): Promise<boolean> {
    const { logger } = this.ports;
    const { webhook } = this.webhook;
    for (this.attempts = 1; !this.stopped && this.member.isChosen; this.attempts++) {
      const fault = await this.attempt(delivery);
      if (fault === undefined) {
        this.sent++;
        this.attempts = 0;
        this.lastError = null;
        return true;
      }
      this.lastError = fault.message;
      if (this.attempts === 1 || this.attempts % 10 === 0)
        logger.warn(
          { webhook, id: delivery.id },
          `${delivery.id} is sent again to ${webhook}: ${fault.message}`,
        );
      await this.pause(pauseAfter(this.attempts));
    }
    return false;
  }

  private attempt({ id, body }: Delivery): Promise<Fault | undefined> {
    const { post, clock } = this.ports;
    const headers = {
      'content-type': 'application/cloudevents+json',
      ...signedHeaders(this.key, id, body, clock.now()),
    };
    return deliver({ url: this.webhook.url, headers, body }, post, this.abort.signal);
  }

  private commit(): Promise<void> {
    return this.member.commit(this.next);
  }

  private async pause(ms: number): Promise<void> {
    await Promise.race([this.ports.sleep(ms), this.woken]);
  }
}
