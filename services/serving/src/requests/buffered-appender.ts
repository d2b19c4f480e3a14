import type { EventLog, LogProducer, NewRecord } from '#eventlog';

export interface BufferedAppenderOptions {
  readonly log: Pick<EventLog, 'producer'>;
  /** Records beyond so many bytes in wait are dropped. */
  readonly maxBytes: number;
  readonly sleep: (ms: number) => Promise<void>;
  /** Told of each record that will never stand on the log, with the reason. */
  readonly dropped: (record: NewRecord, why: string) => void;
  /** Awaited before the first record of a topic is sent. */
  readonly prepare: (topic: string) => Promise<void>;
}

const SEND_BYTES = 1_000_000;
const PAUSE_MS = 250;
/** How long `close` waits for a log that is away; an orchestrator waits twice as long before it kills. */
const CLOSE_MS = 10_000;

/**
 * Appends what nobody waits for. While the log is away records wait, up to a bound, and those that come after that are dropped and told;
 * what was sent without an answer is sent again, so a record may stand there twice with one `ce_id`.
 */
export class BufferedAppender {
  private queue: { readonly record: NewRecord; readonly bytes: number }[] = [];
  private queuedBytes = 0;
  private sending: Promise<void> | undefined;
  private producer: LogProducer | undefined;
  private closed = false;

  constructor(private readonly options: BufferedAppenderOptions) {}

  get backlog(): number {
    return this.queuedBytes;
  }

  offer(record: NewRecord): void {
    const bytes = record.value?.length ?? 0;
    if (this.closed) return this.options.dropped(record, 'the service is shutting down');
    if (this.queuedBytes + bytes > this.options.maxBytes)
      return this.options.dropped(record, `${this.queuedBytes} bytes wait already`);
    this.queue.push({ record, bytes });
    this.queuedBytes += bytes;
    this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
  }

  /** Sends what waits; what the log does not take then is dropped and told. */
  async close(): Promise<void> {
    this.closed = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, CLOSE_MS)));
    await Promise.race([this.sending, late]);
    clearTimeout(timer);
    this.dropAll('the log did not take it before the end');
    // A producer that still sends would be waited for.
    if (!this.sending) await this.producer?.close();
  }

  private async sendAll(): Promise<void> {
    // What comes in the same turn goes along.
    await new Promise(setImmediate);
    while (this.queue.length > 0) {
      const round = this.nextRound();
      try {
        for (const topic of new Set(round.map(({ record }) => record.topic)))
          await this.options.prepare(topic);
        this.producer ??= this.options.log.producer();
        await this.producer.send(round.map(({ record }) => record));
        this.taken(round.length);
      } catch {
        const spent = this.producer;
        this.producer = undefined;
        await spent?.close().catch(() => undefined);
        await this.options.sleep(PAUSE_MS);
      }
    }
  }

  private nextRound(): readonly { readonly record: NewRecord }[] {
    let bytes = 0;
    let count = 0;
    while (count < this.queue.length && (count === 0 || bytes + this.queue[count]!.bytes <= SEND_BYTES))
      bytes += this.queue[count++]!.bytes;
    return this.queue.slice(0, count);
  }

  private taken(count: number): void {
    for (const { bytes } of this.queue.splice(0, count)) this.queuedBytes -= bytes;
  }

  private dropAll(why: string): void {
    for (const { record } of this.queue) this.options.dropped(record, why);
    this.taken(this.queue.length);
  }
}
