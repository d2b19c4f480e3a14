import type { Chunk, EventLog, LogReader, LogRecord, SourceGate, TopicPartition } from '#eventlog';
import { HEADERS } from '#contracts';
import { NO_WATERMARK, advanceWatermark, timestampMs, type Clock, type Watermark } from '#kernel';
import { HeldPartition } from './held-partition';

export interface AlignmentOptions {
  readonly log: EventLog;
  readonly clock: Clock;
  /** How far one source may be ahead of the slowest, in ms of event time. */
  readonly alignMs: number;
  /** How long a source is held back at most, in real ms, before it may go on alone for as long. */
  readonly waitMs: number;
}

/** While it is held back, a source looks again after so long although nothing woke it. */
const LOOK_AGAIN_MS = 200;

/**
 * Keeps the sources of one stage, as far as this process reads them, together in event time: a partition that is more than `align` ahead of
 * the slowest one with a backlog waits, for a bounded time. One without a backlog holds nobody up. An event far ahead of its own partition
 * counts only where a second one confirms it, as for the watermark. Whatever order comes out of it is
 * recorded by where the records come to stand, so nothing depends on it but how early late knowledge is known.
 */
export class Alignment {
  private readonly readers = new Set<AlignedReader>();
  private open = false;

  constructor(readonly options: AlignmentOptions) {}

  /** The gate of one source, `topic` in full; `jump` of its stream in ms. All gates are made before any is read. */
  gate(topic: string, jump: number): SourceGate {
    const reader = new AlignedReader(this, topic, jump);
    this.readers.add(reader);
    return { reader: () => reader, assigned: (partitions) => reader.expect(partitions) };
  }

  /** Every source knows its partitions: from here on records go on. */
  begin(): void {
    this.open = true;
    this.wakeOthers();
  }

  /** Event time up to which records may go on; undefined while not all sources have begun. */
  get limit(): number | undefined {
    return this.open ? this.slowest + this.options.alignMs : undefined;
  }

  /** By how much the source that is furthest is ahead of the slowest with a backlog, in ms of event time. */
  get gapMs(): number {
    const { slowest } = this;
    const furthest = Math.max(...[...this.readers].map((reader) => reader.furthest));
    return Number.isFinite(slowest) && furthest > slowest ? furthest - slowest : 0;
  }

  /** Somebody went on: whoever is held back looks again. */
  wakeOthers(reader?: AlignedReader): void {
    for (const other of this.readers) if (other !== reader && other.isHeldBack) other.wake();
  }

  private get slowest(): number {
    return Math.min(Infinity, ...[...this.readers].map((reader) => reader.slowest));
  }
}

/** One partition of one source. */
interface Lane {
  /** Undefined until the runner has brought the partition back. */
  held?: HeldPartition;
  /** Its end is known. */
  isBegun: boolean;
  /** Newest event time that went on, but for one far ahead that nothing confirmed. */
  reached: Watermark;
  /** Since when it is held back, real time. */
  heldSince?: number;
  /** Until when it may go on alone. */
  freeUntil?: number;
}

class AlignedReader implements LogReader {
  private readonly inner: LogReader;
  private readonly lanes = new Map<number, Lane>();

  constructor(
    private readonly alignment: Alignment,
    private readonly topic: string,
    private readonly jump: number,
  ) {
    this.inner = alignment.options.log.reader();
  }

  /** These partitions are about to be read: until they are, they count as slowest. */
  expect(partitions: readonly number[]): void {
    for (const partition of this.lanes.keys())
      if (!partitions.includes(partition)) this.lanes.delete(partition);
    for (const partition of partitions)
      if (!this.lanes.has(partition)) this.lanes.set(partition, { isBegun: false, reached: NO_WATERMARK });
  }

  seek(at: TopicPartition, offset: number): void {
    const held = new HeldPartition(this.inner, at, offset);
    const reached = this.lanes.get(at.partition)?.reached ?? NO_WATERMARK;
    this.lanes.set(at.partition, { held, isBegun: false, reached });
  }

  drop(at: TopicPartition): void {
    this.inner.drop(at);
    const lane = this.lanes.get(at.partition);
    if (lane) lane.held = undefined;
  }

  async poll(maxWaitMs: number, maxRecords = 2_000): Promise<Chunk[]> {
    await this.beginLanes();
    let ready = this.ready(maxRecords);
    if (ready.length === 0) {
      const wait = this.isHeldBack ? Math.min(maxWaitMs, LOOK_AGAIN_MS) : maxWaitMs;
      for (const chunk of await this.inner.poll(wait, maxRecords))
        this.lanes.get(chunk.partition)?.held?.add(chunk);
      ready = this.ready(maxRecords);
    }
    if (ready.length > 0) this.alignment.wakeOthers(this);
    return ready;
  }

  wake(): void {
    this.inner.wake();
  }

  close(): Promise<void> {
    return this.inner.close();
  }

  get isHeldBack(): boolean {
    for (const { held } of this.lanes.values()) if (held?.head !== undefined) return true;
    return false;
  }

  /** Event time of the slowest partition with a backlog; Infinity where there is none. */
  get slowest(): number {
    let slowest = Infinity;
    for (const lane of this.lanes.values())
      if (!isIdle(lane)) slowest = Math.min(slowest, placeOf(lane, this.jump));
    return slowest;
  }

  get furthest(): number {
    return Math.max(-Infinity, ...[...this.lanes.values()].map(({ reached }) => reached.time));
  }

  /** Learns how much stands on the partitions that came new, so that one with a backlog is known before its first record is here. */
  private async beginLanes(): Promise<void> {
    const fresh = [...this.lanes.entries()].filter(([, { held, isBegun }]) => held && !isBegun);
    if (fresh.length === 0) return;
    const ends = await this.alignment.options.log.ends(this.topic);
    for (const [partition, lane] of fresh) {
      lane.held!.highWatermark = Math.max(lane.held!.highWatermark, ends[partition]?.end ?? 0);
      lane.isBegun = true;
    }
  }

  private ready(maxRecords: number): Chunk[] {
    const { alignment } = this;
    const { waitMs, clock } = alignment.options;
    const limit = alignment.limit;
    if (limit === undefined) return [];
    const now = clock.now();
    const most = Math.max(1, Math.ceil(maxRecords / Math.max(1, this.lanes.size)));
    const ready: Chunk[] = [];
    for (const lane of this.lanes.values()) {
      if (lane.held?.head === undefined) continue;
      if (lane.heldSince !== undefined && now - lane.heldSince >= waitMs) {
        lane.heldSince = undefined;
        lane.freeUntil = now + waitMs;
      }
      const isFree = lane.freeUntil !== undefined && now < lane.freeUntil;
      const chunk = lane.held.take((record) => {
        const reached = advanceWatermark(lane.reached, eventTimeOf(record), this.jump);
        if (!isFree && reached.time > limit && reached.time > lane.reached.time) return false;
        lane.reached = reached;
        return true;
      }, most);
      if (chunk) {
        lane.heldSince = undefined;
        ready.push(chunk);
      } else lane.heldSince ??= now;
    }
    return ready;
  }
}

/** Nothing is held of it and nothing stands on the log behind what was read. */
const isIdle = ({ held, isBegun }: Lane): boolean =>
  held !== undefined && isBegun && held.head === undefined && held.isRead;

/** Where a partition stands in event time: a late record does not set it back. */
const placeOf = ({ held, reached }: Lane, jump: number): number => {
  const head = held?.head;
  if (head === undefined || head === 'unreadable') return reached.time;
  return advanceWatermark(reached, eventTimeOf(head), jump).time;
};

/** A record without one never waits. */
const eventTimeOf = ({ headers }: LogRecord): number => {
  const time = timestampMs(headers.text(HEADERS.time));
  return time === time ? time : -Infinity;
};
