import { qualify, sourcePositionOf } from '#contracts';
import {
  SeenPositions,
  admitted,
  seekBySource,
  untilAvailable,
  type Chunk,
  type EventLog,
  type LogReader,
  type LogRecord,
  type Section,
  type Snapshots,
} from '#eventlog';
import { PlatformError } from '#kernel';

/** A fold of another service, as it calls itself. Names of topics are below the namespace. */
export interface FoldNames {
  readonly fold: string;
  readonly source: string;
  /** Where every record of the source has its output, or none for ever: then no record without one is folded (law L9). */
  readonly primary?: string;
}

export interface FollowedSectionsOptions extends FoldNames {
  readonly log: EventLog;
  readonly namespace: string;
  readonly snapshots: Pick<Snapshots, 'newest'>;
  readonly sections: readonly Section[];
  readonly sleep: (ms: number) => Promise<void>;
}

/** An idle reader need not come back: records and `stop` wake it. */
const IDLE_WAIT_MS = 5_000;
/** Records between two pauses: a few milliseconds of folding. */
const PIECE = 250;
/** Records of a partition that may wait for the decision on them; above it no more are read. */
const MOST_PENDING = 20_000;

/**
 * The state of another service's fold, kept beside it and only to be read: each section from its newest snapshot, then record by record as
 * the fold itself has gone. Writes nothing, commits nothing, and is the same wherever it is followed.
 */
export class FollowedSections {
  private readonly lanes = new Map<number, Lane>();
  private reader: LogReader | undefined;
  private following: Promise<void> | undefined;
  private stopped = false;
  private failure: Error | undefined;

  /** Whether every partition has its lane. */
  private isBegun = false;

  constructor(private readonly options: FollowedSectionsOptions) {}

  start(): void {
    this.following ??= this.follow().catch((error: unknown) => {
      this.failure = error instanceof Error ? error : new Error(String(error));
    });
  }

  /** True once everything was folded that was decided when it began. Throws what ended it. */
  get caughtUp(): boolean {
    if (this.failure !== undefined) throw this.failure;
    return this.isBegun && [...this.lanes.values()].every((lane) => lane.caughtUp);
  }

  part(partition: number, definition: string): unknown {
    return this.lanes.get(partition)?.part(definition);
  }

  parts(partition: number): ReadonlyMap<string, unknown> {
    return this.lanes.get(partition)?.parts ?? new Map<string, unknown>();
  }

  get partitions(): number {
    return this.lanes.size;
  }

  /** Offset of the last record that the state knows; undefined before the first. */
  reflects(partition: number): number | undefined {
    const next = this.lanes.get(partition)?.next ?? 0;
    return next > 0 ? next - 1 : undefined;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.reader?.wake();
    await this.following;
    await this.reader?.close();
  }

  private async follow(): Promise<void> {
    const { sleep } = this.options;
    if (!(await this.begin())) return;
    const reader = this.reader!;
    while (!this.stopped) {
      let chunks: Chunk[];
      try {
        chunks = await reader.poll(IDLE_WAIT_MS);
      } catch (error) {
        if (!(error instanceof PlatformError) || error.disposition !== 'retry') throw error;
        await sleep(200);
        continue;
      }
      const touched = new Set<Lane>();
      for (const chunk of chunks) {
        const lane = this.lanes.get(chunk.partition)!;
        lane.take(chunk);
        touched.add(lane);
      }
      for (const lane of touched) {
        while (lane.foldPiece(PIECE)) await new Promise((resolve) => setImmediate(resolve));
        lane.makeRoom(reader);
      }
    }
  }

  /** Finds where each partition goes on from; false where it was stopped before the topics were there. */
  private async begin(): Promise<boolean> {
    const { log, namespace, sleep, source, primary, sections, snapshots, fold } = this.options;
    const topics = [source, ...(primary === undefined ? [] : [primary])].map((name) =>
      qualify(namespace, name),
    );
    for (const topic of topics)
      while ((await untilAvailable(() => log.partitionCount(topic), sleep)) === undefined) {
        if (this.stopped) return false;
        await sleep(100);
      }
    const [sources, outputs] = await Promise.all(
      topics.map((topic) => untilAvailable(() => log.ends(topic), sleep)),
    );
    this.reader = log.reader();
    for (const ends of sources!) {
      const { partition, start } = ends;
      const standing: Standing[] = [];
      let from = Infinity;
      let seen = new SeenPositions();
      for (const section of sections) {
        const place = { fold, definition: section.definition, topic: source, partition };
        const found = await untilAvailable(
          () => snapshots.newest(place, Infinity, (bytes) => section.decode(bytes, partition)),
          sleep,
        );
        const at = found?.offset ?? start;
        standing.push({ section, part: found ? found.state : section.initial(partition), from: at });
        if (at < from) [from, seen] = [at, found?.seen ?? new SeenPositions()];
        if (this.stopped) return false;
      }
      if (from === Infinity) from = start;
      const own = outputs?.[partition];
      const decidedFrom =
        own && (await untilAvailable(() => seekBySource(log, topics[1]!, own, from), sleep));
      const lane = new Lane(partition, topics, standing, seen, {
        from,
        end: ends.end,
        ...(own && { decidedFrom: decidedFrom!, decidedEnd: own.end }),
      });
      this.lanes.set(partition, lane);
      this.reader.seek({ topic: topics[0]!, partition }, from);
      if (own) this.reader.seek({ topic: topics[1]!, partition }, decidedFrom!);
    }
    this.isBegun = true;
    return true;
  }
}

interface Standing {
  readonly section: Section;
  readonly part: unknown;
  /** It has folded all records below. */
  readonly from: number;
}

interface LaneStart {
  readonly from: number;
  readonly end: number;
  readonly decidedFrom?: number;
  readonly decidedEnd?: number;
}

/** One partition: records that were read, and which of them were decided. */
class Lane {
  readonly parts: ReadonlyMap<string, unknown>;
  /** Offset to fold next. */
  next: number;
  private pending: LogRecord[] = [];
  private head = 0;
  /** Source offsets that have an output, in order, from the first that is pending. */
  private decided: number[] = [];
  private decidedHead = 0;
  private newestDecided = -1;
  private read: number;
  private decidedRead: number;
  private isPaused = false;

  constructor(
    private readonly partition: number,
    private readonly topics: readonly string[],
    private readonly standing: readonly Standing[],
    private readonly seen: SeenPositions,
    private readonly begun: LaneStart,
  ) {
    this.parts = new Map(standing.map(({ section, part }) => [section.definition, part]));
    this.next = this.read = begun.from;
    this.decidedRead = begun.decidedFrom ?? 0;
  }

  part(definition: string): unknown {
    return this.parts.get(definition);
  }

  get caughtUp(): boolean {
    const { end, decidedEnd } = this.begun;
    if (decidedEnd === undefined) return this.read >= end && this.head === this.pending.length;
    return this.decidedRead >= decidedEnd && this.next > this.newestDecided;
  }

  take(chunk: Chunk): void {
    if (chunk.topic === this.topics[0]) {
      this.read = chunk.nextOffset;
      // A batch that cannot be read was set aside by the fold, too.
      if (chunk.kind === 'records') this.pending.push(...chunk.records);
      return;
    }
    this.decidedRead = chunk.nextOffset;
    if (chunk.kind !== 'records') return;
    for (const { headers } of chunk.records) {
      const position = sourcePositionOf(headers);
      // A zombie's duplicate falls behind what stands there already.
      if (!position || position.offset <= this.newestDecided) continue;
      this.newestDecided = position.offset;
      if (position.offset >= this.next) this.decided.push(position.offset);
    }
  }

  /** Folds records that are decided, so many at most; false where none is left. */
  foldPiece(most: number): boolean {
    const { primary } = this;
    const piece: LogRecord[] = [];
    let taken = 0;
    while (this.head < this.pending.length && taken < most) {
      const record = this.pending[this.head]!;
      if (primary && record.offset > this.newestDecided) break;
      this.head += 1;
      taken += 1;
      this.next = record.offset + 1;
      if (primary && !this.isDecided(record.offset)) continue;
      if (admitted(this.seen, record)) piece.push(record);
    }
    // What was decided stands on the source, or was cut from it by retention.
    if (primary && this.head === this.pending.length && this.read > this.newestDecided)
      this.next = Math.max(this.next, this.newestDecided + 1);
    for (const { section, part, from } of this.standing) {
      const above = piece[0] && piece[0].offset < from ? piece.filter(({ offset }) => offset >= from) : piece;
      if (above.length > 0) section.fold(part, above);
    }
    if (this.head > 8_192 || this.head === this.pending.length) {
      this.pending = this.pending.slice(this.head);
      this.head = 0;
    }
    return taken === most;
  }

  /** A source that is far ahead of the decisions on it waits for them. */
  makeRoom(reader: LogReader): void {
    const at = { topic: this.topics[0]!, partition: this.partition };
    const waiting = this.pending.length - this.head;
    if (!this.isPaused && waiting > MOST_PENDING) {
      this.isPaused = true;
      reader.drop(at);
    } else if (this.isPaused && waiting < MOST_PENDING / 2) {
      this.isPaused = false;
      reader.seek(at, this.read);
    }
  }

  private get primary(): boolean {
    return this.begun.decidedEnd !== undefined;
  }

  private isDecided(offset: number): boolean {
    while (this.decidedHead < this.decided.length && this.decided[this.decidedHead]! < offset)
      this.decidedHead += 1;
    const found = this.decided[this.decidedHead] === offset;
    if (this.decidedHead > 8_192) {
      this.decided = this.decided.slice(this.decidedHead);
      this.decidedHead = 0;
    }
    return found;
  }
}
