import { Refused, TransientFailure, messageOf } from '#kernel';
import type { AppendedPosition, EventLog, LogProducer, NewRecord } from './port';

export interface SharedAppenderOptions {
  readonly log: Pick<EventLog, 'producer'>;
  /** Requests beyond so many bytes in wait are refused with 429. */
  readonly maxQueuedBytes: number;
  /** A send takes whole requests up to so many bytes, and one at least. */
  readonly maxSendBytes?: number;
}

interface Pending {
  readonly records: readonly NewRecord[];
  readonly bytes: number;
  resolve(positions: AppendedPosition[]): void;
  reject(error: unknown): void;
}

const RECORD_OVERHEAD_BYTES = 64;

/**
 * A door's way onto the log. Requests that come while a send is under way share the next one, so the wait grows with the load
 * and is nothing when idle. A request is answered when all in-sync replicas have its records; when a send fails, its requests fail:
 * what was appended is unknown, and whoever sends again must bear that it may stand there twice (events of an inbox carry ids).
 */
export class SharedAppender {
  private readonly queue: Pending[] = [];
  private queuedBytes = 0;
  private sending: Promise<void> | undefined;
  private producer: LogProducer | undefined;
  private closed = false;

  constructor(private readonly options: SharedAppenderOptions) {}

  /** Bytes that wait to be sent. */
  get backlog(): number {
    return this.queuedBytes;
  }

  /** Positions in the order of the input. Rejects with PLAYHEAD_OVERLOADED before anything is sent, or with a TransientFailure. */
  append(records: readonly NewRecord[]): Promise<AppendedPosition[]> {
    if (records.length === 0) return Promise.resolve([]);
    if (this.closed)
      return Promise.reject(new TransientFailure('PLAYHEAD_NOT_READY', 'the service is shutting down'));
    const bytes = records.reduce(
      (sum, { key, value }) => sum + (key?.length ?? 0) + (value?.length ?? 0) + RECORD_OVERHEAD_BYTES,
      0,
    );
    if (this.queuedBytes > 0 && this.queuedBytes + bytes > this.options.maxQueuedBytes) {
      return Promise.reject(
        new Refused(
          'PLAYHEAD_OVERLOADED',
          `${this.queuedBytes} bytes wait to be appended; send again after a moment`,
        ),
      );
    }
    return new Promise((resolve, reject) => {
      this.queue.push({ records, bytes, resolve, reject });
      this.queuedBytes += bytes;
      this.sending ??= this.sendAll().finally(() => (this.sending = undefined));
    });
  }

  /** Sends what waits, then ends. */
  async close(): Promise<void> {
    this.closed = true;
    await this.sending;
    await this.producer?.close();
  }

  private async sendAll(): Promise<void> {
    while (this.queue.length > 0) {
      const round = this.nextRound();
      try {
        this.producer ??= this.options.log.producer();
        const positions = await this.producer.send(
          round.length === 1 ? round[0]!.records : round.flatMap(({ records }) => records),
        );
        let at = 0;
        for (const { records, resolve } of round) resolve(positions.slice(at, (at += records.length)));
      } catch (error) {
        const spent = this.producer;
        this.producer = undefined;
        await spent?.close().catch(() => undefined);
        const away = new TransientFailure(
          'PLAYHEAD_LOG_UNAVAILABLE',
          `the records may not be durable, send them again: ${messageOf(error)}`,
          { cause: error },
        );
        for (const { reject } of round) reject(away);
      } finally {
        for (const { bytes } of round) this.queuedBytes -= bytes;
      }
    }
  }

  private nextRound(): Pending[] {
    const limit = this.options.maxSendBytes ?? 4_000_000;
    let bytes = this.queue[0]!.bytes;
    let count = 1;
    while (count < this.queue.length && (bytes += this.queue[count]!.bytes) <= limit) count++;
    return this.queue.splice(0, count);
  }
}
