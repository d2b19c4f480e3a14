import { HEADERS, controlPositionOf, sourcePositionOf } from '#contracts';
import { readRange, type Chunk, type EventLog, type LogRecord, type PartitionEnds } from '#eventlog';
import { comparePositions, type Position } from '#kernel';
import { seekNear } from './seek-near';

/** An unreadable stretch of an output partition. */
export interface UnreadableOutputs {
  readonly first: number;
  readonly last: number;
  readonly reason: string;
}

/** Recorded outputs, walked in the order of their source beside the source itself. */
export interface OutputWalk {
  /** Reads on until what a source offset gave is known, or known to be absent. */
  cover(source: number): Promise<void>;
  /** The next one whose source lies below an offset, or undefined; what is taken is gone. */
  takeBelow(source: number): LogRecord | undefined;
  /** The next one of exactly this source, or undefined. Offsets must be covered and asked for in rising order. */
  takeAt(source: number): LogRecord | undefined;
  /** The control position that the next output was decided under, else the last one that was seen. */
  readonly control: number;
  /** What was found beside the outputs since the last call. */
  takeNotes(): { readonly duplicates: number; readonly unreadable: readonly UnreadableOutputs[] };
  close(): Promise<void>;
}

/** Which records of a partition are outputs of the source that is walked; all where the output has no other. */
export interface OutputFilter {
  /** `ce_source`: the source topic below the namespace. */
  readonly source: string;
  readonly partition: number;
}

/** Those of one partition. */
export class RecordedOutputs implements OutputWalk {
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
    private readonly from: number,
    private readonly filter: OutputFilter | undefined,
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
    const first = from <= zero ? ends.start : await seekNear(log, topic, ends, from, zero);
    return new RecordedOutputs(readRange(log, topic, ends.partition, first, ends.end), from, undefined);
  }

  /** Those that a source gave to a partition which others write to, too: offsets of the source lie anywhere in it. */
  static among(
    log: EventLog,
    topic: string,
    ends: PartitionEnds,
    from: number,
    filter: OutputFilter,
  ): RecordedOutputs {
    return new RecordedOutputs(readRange(log, topic, ends.partition, ends.start, ends.end), from, filter);
  }

  /** Source of the next one; Infinity where there is none. */
  get nextSource(): number {
    return this.sources[this.head] ?? Infinity;
  }

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

  takeBelow(source: number): LogRecord | undefined {
    return this.sources[this.head]! < source ? this.take() : undefined;
  }

  takeAt(source: number): LogRecord | undefined {
    return this.sources[this.head] === source ? this.take() : undefined;
  }

  get control(): number {
    const next = this.records[this.head];
    return (next && controlPositionOf(next.headers)) ?? this.lastControl;
  }

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
    const { filter } = this;
    if (
      filter &&
      (position.partition !== filter.partition || record.headers.text(HEADERS.source) !== filter.source)
    )
      return;
    if (comparePositions(position, this.newest) <= 0) {
      // Among those of others the walk begins far below: what lies there is nobody's duplicate.
      if (!filter || position.offset >= this.from) this.duplicates++;
      return;
    }
    this.newest = position;
    this.lastControl = controlPositionOf(record.headers) ?? this.lastControl;
    this.records.push(record);
    this.sources.push(position.offset);
  }
}

/** Outputs of one source partition that lie in several: in each of them they rise with their source. */
export class ScatteredOutputs implements OutputWalk {
  constructor(private readonly walks: readonly RecordedOutputs[]) {}

  async cover(source: number): Promise<void> {
    for (const walk of this.walks) await walk.cover(source);
  }

  takeBelow(source: number): LogRecord | undefined {
    const next = this.next;
    return next && next.nextSource < source ? next.takeBelow(source) : undefined;
  }

  takeAt(source: number): LogRecord | undefined {
    return this.walks.find(({ nextSource }) => nextSource === source)?.takeAt(source);
  }

  get control(): number {
    return this.next?.control ?? Math.max(...this.walks.map(({ control }) => control));
  }

  takeNotes(): ReturnType<OutputWalk['takeNotes']> {
    const notes = this.walks.map((walk) => walk.takeNotes());
    return {
      duplicates: notes.reduce((sum, { duplicates }) => sum + duplicates, 0),
      unreadable: notes.flatMap(({ unreadable }) => unreadable),
    };
  }

  async close(): Promise<void> {
    for (const walk of this.walks) await walk.close();
  }

  private get next(): RecordedOutputs | undefined {
    let next: RecordedOutputs | undefined;
    for (const walk of this.walks)
      if (walk.nextSource !== Infinity && walk.nextSource < (next?.nextSource ?? Infinity)) next = walk;
    return next;
  }
}

/** Outputs that not every source has, beside those that say under which control position each was decided. */
export class DecidedOutputs implements OutputWalk {
  constructor(
    private readonly outputs: RecordedOutputs,
    private readonly decisions: RecordedOutputs,
  ) {}

  async cover(source: number): Promise<void> {
    await this.outputs.cover(source);
    await this.decisions.cover(source);
  }

  takeBelow(source: number): LogRecord | undefined {
    while (this.decisions.takeBelow(source));
    return this.outputs.takeBelow(source);
  }

  takeAt(source: number): LogRecord | undefined {
    this.decisions.takeAt(source);
    return this.outputs.takeAt(source);
  }

  get control(): number {
    return this.decisions.control;
  }

  takeNotes(): ReturnType<OutputWalk['takeNotes']> {
    this.decisions.takeNotes();
    return this.outputs.takeNotes();
  }

  async close(): Promise<void> {
    await this.outputs.close();
    await this.decisions.close();
  }
}
