import type { PlatformError } from '#kernel';
import type { Chunk, LogRecord, OffsetRange, TopicPartition } from '../port';
import { committedBatches } from './wire/committed';
import type { FetchedPartition } from './wire/fetch';
import { decodeBatch, isIntact, type RawBatch, splitBatches } from './wire/record-batch';

interface BufferedBatch {
  readonly batch: RawBatch;
  /** Of a rolled back transaction, or a marker of one: not for the reader's eyes. */
  readonly passed: boolean;
  readonly nextOffset: number;
}

/** One partition that a reader follows: where it stands, and what was fetched ahead of it. */
export class FollowedPartition implements TopicPartition {
  /** The offset that the next fetch asks for. */
  fetchOffset: number;
  /** Bytes fetched and not yet handed out. */
  bufferedBytes = 0;
  /** Why it cannot be read on; told at each poll until it is moved or dropped. */
  failure: PlatformError | undefined;
  /** A follow is replaced, never changed, by a seek: what a fetch brings for an old one is dropped. */
  live = true;

  private nextOffset: number;
  private reportedEnd = 0;
  private readonly batches: BufferedBatch[] = [];
  /** Records of the first batch that are not handed out yet. */
  private decoded: LogRecord[] | undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    offset: number,
    private readonly maxInflatedBytes: number,
  ) {
    this.fetchOffset = offset;
    this.nextOffset = offset;
  }

  get ready(): boolean {
    return this.batches.length > 0;
  }

  /** Takes in what a fetch brought. */
  absorb(fetched: FetchedPartition): void {
    // Nobody who reads committed records gets beyond the last stable offset; without open transactions it is the high watermark.
    this.reportedEnd = fetched.lastStableOffset >= 0 ? fetched.lastStableOffset : fetched.highWatermark;
    const batches = committedBatches(splitBatches(fetched.records), fetched.aborted);
    batches.forEach(({ batch, passed }, index) => {
      if (batch.lastOffset < this.fetchOffset) return;
      const bound = batches[index + 1]?.batch.baseOffset ?? lastBound(batch, fetched);
      const nextOffset = Math.min(batch.lastOffset + 1, bound);
      this.batches.push({ batch, passed, nextOffset });
      this.bufferedBytes += batch.raw.length;
      this.fetchOffset = nextOffset;
    });
  }

  /** The next chunk of about `maxRecords` records, or undefined when nothing is buffered. */
  take(maxRecords: number): Chunk | undefined {
    if (!this.ready) return undefined;
    const { topic, partition } = this;
    let records: LogRecord[] = [];
    const passedOver: OffsetRange[] = [];
    while (records.length < maxRecords && this.ready) {
      const { batch, passed, nextOffset } = this.batches[0]!;
      if (passed) {
        passedOver.push({ first: Math.max(batch.baseOffset, this.nextOffset), last: nextOffset - 1 });
        this.finishBatch();
        continue;
      }
      if (!this.decoded) {
        const result = decodeBatch(this, batch, this.maxInflatedBytes);
        if (result.kind === 'unreadable') {
          if (records.length > 0 || passedOver.length > 0) break;
          this.finishBatch();
          const lastOffset = Math.min(result.lastOffset, nextOffset - 1);
          return { topic, partition, ...result, lastOffset, nextOffset, highWatermark: this.highWatermark };
        }
        this.decoded =
          result.records[0] && result.records[0].offset < this.nextOffset
            ? result.records.filter(({ offset }) => offset >= this.nextOffset)
            : result.records;
      }
      const room = maxRecords - records.length;
      if (this.decoded.length > room) {
        const rest = this.decoded.splice(room);
        records = records.length === 0 ? this.decoded : records.concat(this.decoded);
        this.decoded = rest;
        this.nextOffset = records[records.length - 1]!.offset + 1;
      } else {
        records = records.length === 0 ? this.decoded : records.concat(this.decoded);
        this.finishBatch();
      }
    }
    return {
      kind: 'records',
      topic,
      partition,
      records,
      ...(passedOver.length > 0 && { passed: passedOver }),
      nextOffset: this.nextOffset,
      highWatermark: this.highWatermark,
    };
  }

  private get highWatermark(): number {
    return Math.max(this.reportedEnd, this.nextOffset);
  }

  private finishBatch(): void {
    const { batch, nextOffset } = this.batches.shift()!;
    this.bufferedBytes -= batch.raw.length;
    this.nextOffset = nextOffset;
    this.decoded = undefined;
  }
}

/**
 * A broken header may claim any last offset; then the end of the log bounds it, so that reading goes on. An intact batch may
 * well reach beyond the high watermark: the broker takes that down before it reads the records.
 */
const lastBound = (batch: RawBatch, { highWatermark }: FetchedPartition): number =>
  batch.lastOffset < highWatermark || isIntact(batch)
    ? Infinity
    : Math.max(highWatermark, batch.baseOffset + 1);
