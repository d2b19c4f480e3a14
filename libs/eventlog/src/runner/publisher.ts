import { comparePositions, type PlatformError, type Position } from '#kernel';
import type { AppendedPosition, EventLog, LogProducer, NewRecord } from '../port';
import { untilAvailable } from '../read';
import type { Output } from './fold';
import { readTail } from './tail';

export interface PublisherOptions {
  readonly log: EventLog;
  /** The topic whose record says that a source record is done; sent after the others are acknowledged (law L2). */
  readonly primary: string | undefined;
  /** Topics whose partition numbers are those of the source and that have no other source: their tails say what is there. */
  readonly aligned: ReadonlySet<string>;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onRetry: (error: PlatformError) => void;
}

/**
 * Appends the outputs of a round, gap-free: the secondaries first, then the primary, one `send` in flight. When an answer is lost it
 * takes a new producer, reads the tails of the aligned outputs, and sends only what is not there; elsewhere readers drop by law L3.
 *
 * A round is a batch, and nothing ever waits for company: an idle runner sends a round of one record at once; while a send is under way
 * one more round is folded, and everything that comes behind it gathers for the one after. So batches grow with the load and with how
 * long the log takes to acknowledge, without a time to be set.
 */
export class Publisher {
  private producer: LogProducer | undefined;

  constructor(private readonly options: PublisherOptions) {}

  /** Gives the positions of the primary outputs. */
  async publish(
    outputs: readonly Output[],
    announcements: readonly NewRecord[],
  ): Promise<readonly AppendedPosition[]> {
    const { primary } = this.options;
    const secondaries: NewRecord[] = outputs.filter((output) => output.topic !== primary);
    await this.sendAll(announcements.length > 0 ? [...secondaries, ...announcements] : secondaries);
    return this.sendAll(primary === undefined ? [] : outputs.filter((output) => output.topic === primary));
  }

  async close(): Promise<void> {
    await this.producer?.close();
  }

  private async sendAll(records: readonly NewRecord[]): Promise<readonly AppendedPosition[]> {
    if (records.length === 0) return [];
    const { log, sleep, onRetry } = this.options;
    let rest = records;
    let failed = false;
    return untilAvailable(
      async () => {
        if (failed) rest = await this.notYetThere(rest);
        if (rest.length === 0) return [];
        this.producer ??= log.producer();
        try {
          return await this.producer.send(rest);
        } catch (error) {
          failed = true;
          await this.producer.close().catch(() => undefined);
          this.producer = undefined;
          throw error;
        }
      },
      sleep,
      onRetry,
    );
  }

  private async notYetThere(records: readonly NewRecord[]): Promise<NewRecord[]> {
    const { log, aligned } = this.options;
    const tails = new Map<string, Position | undefined>();
    for (const { topic, partition } of records) {
      const key = `${topic}:${partition}`;
      if (!aligned.has(topic) || tails.has(key)) continue;
      const ends = (await log.ends(topic))[partition]!;
      tails.set(key, (await readTail(log, topic, ends))?.source);
    }
    return records.filter((record) => {
      const tail = tails.get(`${record.topic}:${record.partition}`);
      return !tail || !isOutput(record) || comparePositions({ offset: record.source, k: record.k }, tail) > 0;
    });
  }
}

const isOutput = (record: NewRecord): record is Output => 'source' in record;
