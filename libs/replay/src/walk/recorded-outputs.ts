import { controlPositionOf, sourcePositionOf } from '#contracts';
import {
  readRange,
  seekBySource,
  type Chunk,
  type EventLog,
  type LogRecord,
  type PartitionEnds,
} from '#eventlog';
import { comparePositions, type Position } from '#kernel';

/** An unreadable stretch of an output partition. */
export interface UnreadableOutputs {
  readonly first: number;
  readonly last: number;
  readonly reason: string;
}

/** The recorded outputs of one partition, walked in the order of their source beside the source itself. */
export class RecordedOutputs {
  /** Of zombies: records at or below what stood there already (law L3); counted since they were last taken. */
  private duplicates = 0;
  private unreadable: UnreadableOutputs[] = [];
  private readonly records: LogRecord[] = [];
  private readonly sources: number[] = [];
  private head = 0;
  private newest: Pick<Position, 'offset' | 'k'>;
  private lastControl = -1;
  private done = false;

  private constructor(
    private readonly chunks: AsyncGenerator<Chunk>,
    from: number,
  ) {
    this.newest = { offset: from - 1, k: Infinity };
  }

  /** Those of source offsets at or above `from`, up to the end that is given; `zero` is the first source that can have any. */
  static async begin(
    log: EventLog,
    topic: string,
    ends: PartitionEnds,
    from: number,
    zero: number,
  ): Promise<RecordedOutputs> {
    const first = from <= zero ? ends.start : await seekBySource(log, topic, ends, from);
    return new RecordedOutputs(readRange(log, topic, ends.partition, first, ends.end), from);
  }

  /** Reads on until what a source offset gave is known, or known to be absent. */
  async cover(source: number): Promise<void> {
    while (!this.done && this.newest.offset <= source) {
      const next = await this.chunks.next();
      if (next.done) this.done = true;
      else if (next.value.kind === 'records') for (const record of next.value.records) this.remember(record);
      else {
        const { firstOffset: first, lastOffset: last, reason } = next.value;
        this.unreadable.push({ first, last, reason });
      }
    }
  }

  /** The next one whose source lies below an offset, or undefined; what is taken is gone. */
  takeBelow(source: number): LogRecord | undefined {
    return this.sources[this.head]! < source ? this.take() : undefined;
  }

  /** The next one of exactly this source, or undefined. Offsets must be covered and asked for in rising order. */
  takeAt(source: number): LogRecord | undefined {
    return this.sources[this.head] === source ? this.take() : undefined;
  }

  /** The control position that the next output was decided under, else the last one that was seen. */
  get control(): number {
    const next = this.records[this.head];
    return (next && controlPositionOf(next.headers)) ?? this.lastControl;
  }

  /** What was found beside the outputs since the last call. */
  takeNotes(): { readonly duplicates: number; readonly unreadable: readonly UnreadableOutputs[] } {
    const { duplicates, unreadable } = this;
    this.duplicates = 0;
    this.unreadable = [];
    return { duplicates, unreadable };
  }

  async close(): Promise<void> {
    await this.chunks.return(undefined);
  }

  private take(): LogRecord {
    const record = this.records[this.head]!;
    this.head++;
    if (this.head > 8_192) {
      this.records.splice(0, this.head);
      this.sources.splice(0, this.head);
      this.head = 0;
    }
    return record;
  }

  private remember(record: LogRecord): void {
    const position = sourcePositionOf(record.headers);
    if (!position) return;
    if (comparePositions(position, this.newest) <= 0) {
      this.duplicates++;
      return;
    }
    this.newest = position;
    this.lastControl = controlPositionOf(record.headers) ?? this.lastControl;
    this.records.push(record);
    this.sources.push(position.offset);
  }
}
