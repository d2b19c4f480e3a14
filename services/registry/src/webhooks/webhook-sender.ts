import { readRecords, type EventLog, type Membership } from '#eventlog';
import { messageOf, type Clock } from '#kernel';
import type { Logger, Sleep } from '#runtime';
import { apply } from '../domain/evolve';
import type { RegistryState, Webhook } from '../domain/state';
import { wants } from '../domain/webhooks';
import { decodeInput } from '../handlers/registry-records';
import { deliveriesOf, type Delivery } from './deliveries';
import { signedHeaders } from './signature';

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

const TIMEOUT_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 300_000;
/** Stretches without a fact for this webhook are committed now and then. */
const COMMIT_EVERY = 500;

/**
 * Sends the facts of one webhook, in the order in which they were decided: each until its receiver has taken it (any 2xx), before the next.
 * Its group's offset on `registry.inputs` is how far it came, so a start or another instance goes on there; a delivery whose
 * commit was lost comes again, under the same id.
 */
export class WebhookSender {
  private membership: Membership | undefined;
  private owns = false;
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
    private readonly group: string,
    private readonly key: Buffer,
    private readonly ports: SenderPorts,
  ) {
    this.next = webhook.from;
  }

  start(): void {
    this.working = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.abort.abort();
    this.wake();
    await this.working;
    await this.membership?.leave().catch(() => undefined);
  }

  progress(): WebhookProgress {
    const { owns: sends, next, sent, attempts, lastError } = this;
    return { sends, next, sent, attempts, lastError };
  }

  private async run(): Promise<void> {
    const { logger, inputs } = this.ports;
    while (!this.stopped) {
      try {
        this.membership ??= await this.join();
        if (this.owns && inputs.position >= this.next) await this.send();
        else await this.pause(200);
      } catch (error) {
        if (this.stopped) return;
        logger.warn({ err: error, webhook: this.webhook.webhook }, `webhook waits: ${messageOf(error)}`);
        await this.pause(1_000);
      }
    }
  }

  private async join(): Promise<Membership> {
    const { log, topic } = this.ports;
    const committed = await log.committed(this.group, topic);
    this.next = committed.get(0)?.offset ?? this.webhook.from;
    return log.join({
      group: this.group,
      topics: [topic],
      listener: {
        assigned: (partitions) => (this.owns = partitions.length > 0),
        rebalancing: () => (this.owns = false),
        lost: () => {
          this.owns = false;
          this.membership = undefined;
        },
      },
    });
  }

  /** From where it stands to the last input that is folded. */
  private async send(): Promise<void> {
    const { log, topic, inputs } = this.ports;
    // What another member sent while this one waited is not sent again.
    const committed = (await log.committed(this.group, topic)).get(0)?.offset;
    if (committed !== undefined && committed > this.next) this.next = committed;
    // Taken once: more may be folded while these are sent.
    const to = inputs.position + 1;
    let uncommitted = 0;
    for await (const record of readRecords(log, topic, 0, this.next, to)) {
      if (this.stopped || !this.owns) return;
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
    for (this.attempts = 1; !this.stopped && this.owns; this.attempts++) {
      const fault = await this.attempt(delivery);
      if (fault === undefined) {
        this.sent++;
        this.attempts = 0;
        this.lastError = null;
        return true;
      }
      this.lastError = fault;
      if (this.attempts === 1 || this.attempts % 10 === 0)
        logger.warn({ webhook, id: delivery.id }, `${delivery.id} is sent again to ${webhook}: ${fault}`);
      await this.pause(Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.attempts - 1)));
    }
    return false;
  }

  private async attempt({ id, body }: Delivery): Promise<string | undefined> {
    const { post, clock } = this.ports;
    try {
      const answer = await post(this.webhook.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/cloudevents+json',
          ...signedHeaders(this.key, id, body, clock.now()),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.any([this.abort.signal, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await answer.body?.cancel();
      return answer.ok ? undefined : `it answered ${answer.status}`;
    } catch (error) {
      return error instanceof Error && error.cause instanceof Error
        ? `${error.message}: ${error.cause.message}`
        : messageOf(error);
    }
  }

  private async commit(): Promise<void> {
    await this.membership?.commit([{ topic: this.ports.topic, partition: 0, offset: this.next }]);
  }

  private async pause(ms: number): Promise<void> {
    await Promise.race([this.ports.sleep(ms), this.woken]);
  }
}
