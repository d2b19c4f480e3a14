import type { Chunk, LogReader, LogRecord, TopicPartition } from '#eventlog';

/** Records of one partition that are held back; above it no more are read. */
const MOST_HELD = 10_000;

/**
 * One partition of a source behind a gate: what was read of it and may not go on yet, in order. When much is held it is no longer read,
 * and read again from there on when there is room.
 */
export class HeldPartition {
  private readonly chunks: Chunk[] = [];
  /** Records of the first chunk that were handed on. */
  private index = 0;
  private held = 0;
  private paused = false;
  /** Offset to read next. */
  private nextOffset: number;
  highWatermark = 0;

  constructor(
    private readonly inner: LogReader,
    readonly at: TopicPartition,
    from: number,
  ) {
    this.nextOffset = from;
    inner.seek(at, from);
  }

  /** True where everything that stood on the partition at the last read is here or was handed on. */
  get isRead(): boolean {
    return this.nextOffset >= this.highWatermark;
  }

  /** What stands first: a record, or a chunk that cannot be read; undefined where nothing is held. */
  get head(): LogRecord | 'unreadable' | undefined {
    const chunk = this.chunks[0];
    if (!chunk) return undefined;
    return chunk.kind === 'unreadable' ? 'unreadable' : chunk.records[this.index];
  }

  add(chunk: Chunk): void {
    this.nextOffset = chunk.nextOffset;
    this.highWatermark = chunk.highWatermark;
    if (chunk.kind === 'records' && chunk.records.length === 0) return;
    this.chunks.push(chunk);
    this.held += chunk.kind === 'records' ? chunk.records.length : 1;
    if (this.held >= MOST_HELD && !this.paused) this.pause();
  }

  /** The next chunk of records that `may` go on, `most` at most; undefined where the first one may not. */
  take(may: (record: LogRecord) => boolean, most: number): Chunk | undefined {
    const chunk = this.chunks[0];
    if (!chunk) return undefined;
    if (chunk.kind === 'unreadable') return this.shift(chunk, 1);
    const { records } = chunk;
    const from = this.index;
    const end = Math.min(records.length, from + most);
    let to = from;
    while (to < end && may(records[to]!)) to++;
    if (to === from) return undefined;
    if (from === 0 && to === records.length) return this.shift(chunk, to);
    const part = records.slice(from, to);
    if (to === records.length) return this.shift({ ...chunk, records: part }, part.length);
    this.index = to;
    this.freed(part.length);
    return { ...chunk, records: part, nextOffset: records[to]!.offset };
  }

  private shift(chunk: Chunk, records: number): Chunk {
    this.chunks.shift();
    this.index = 0;
    this.freed(records);
    return chunk;
  }

  private freed(records: number): void {
    this.held -= records;
    if (this.paused && this.held < MOST_HELD / 2) {
      this.paused = false;
      this.inner.seek(this.at, this.nextOffset);
    }
  }

  private pause(): void {
    this.paused = true;
    this.inner.drop(this.at);
  }
}
