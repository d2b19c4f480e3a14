import { readRange, type EventLog, type PartitionEnds, type TopicPartition } from '#eventlog';
import { PlatformError, isTransient, messageOf, type Digest } from '#kernel';
import type { SealedRange } from './catalog';
import { extended, holesIn, rangeText } from './continuity';
import { EntryWriter, firstOf, isUnreadable, lastOf, type Entry } from './format/entry';
import { loadSegment, openBlock } from './format/read-segment';
import { entriesOf, isBroken, type SealingContext } from './seal';

export interface LogFault {
  /**
   * `segment`: what lies in the store is not what was sealed. `chain`: a range that neither a segment nor the broker holds. `batch`: bytes on the
   * broker that their checksum refuses. `missing`: offsets that the broker should hold. `differs`: sealed and live record are not the same.
   */
  readonly kind: 'segment' | 'chain' | 'batch' | 'missing' | 'differs';
  /** Below the namespace. */
  readonly topic: string;
  readonly partition: number;
  /** First offset concerned. */
  readonly offset: number;
  /** Digest of the manifest, where a segment is concerned. */
  readonly segment: Digest | null;
  readonly message: string;
}

export interface PartitionReport {
  readonly topic: string;
  readonly partition: number;
  readonly segments: number;
  /** First offset that is sealed and one past the last; both null where nothing is. */
  readonly sealedFrom: number | null;
  readonly sealedTo: number | null;
  /** What the broker holds. */
  readonly liveFrom: number;
  readonly liveTo: number;
  /** Records read from segments, records read from the broker, and those of them that were compared with each other. */
  readonly sealedRecords: number;
  readonly liveRecords: number;
  readonly compared: number;
  readonly faults: readonly LogFault[];
}

const FAULTS_KEPT = 100;

type VerifyContext = Pick<SealingContext, 'log' | 'artifacts' | 'namespace' | 'catalog'>;

/**
 * Walks a partition (full name of the topic) whole: the chain of segments without a hole, the digests and Merkle root of each, the
 * broker's checksums and offsets, and each record that is in both, byte by byte. What is wrong is named and does not end the walk.
 */
export const verifyPartition = async (
  context: VerifyContext,
  at: TopicPartition,
  onProgress: (records: number) => void = () => undefined,
): Promise<PartitionReport> => {
  const { log, catalog } = context;
  await catalog.refresh(at.topic);
  const ends = (await log.ends(at.topic))[at.partition]!;
  const ranges = catalog.of(at);
  const stretches = catalog.stretches(at);
  const walk = new Walk(context, at, ends, onProgress);
  let end = stretches[0]?.first ?? ends.start;
  for (const { first, last } of [...stretches, { first: ends.start, last: ends.end - 1 }]) {
    if (first > end && end < ends.start)
      walk.fault(
        'chain',
        end,
        null,
        `offsets ${rangeText({ first: end, last: first - 1 })} are in no segment, and the broker holds ${ends.start} to ${ends.end - 1}`,
      );
    end = Math.max(end, last + 1);
  }
  for (const range of ranges) await walk.segment(range);
  const sealedTo = stretches[stretches.length - 1];
  await walk.live(Math.max(ends.start, sealedTo ? sealedTo.last + 1 : 0), ends.end);
  return {
    ...walk.where,
    segments: ranges.length,
    sealedFrom: stretches[0]?.first ?? null,
    sealedTo: sealedTo ? sealedTo.last + 1 : null,
    liveFrom: ends.start,
    liveTo: ends.end,
    sealedRecords: walk.sealedRecords,
    liveRecords: walk.liveRecords,
    compared: walk.compared,
    faults: walk.faults,
  };
};

/** The faults of one segment and of the same range on the broker, compared with each other; none where all holds. */
export const verifySegment = async (
  context: VerifyContext,
  at: TopicPartition,
  ends: PartitionEnds,
  range: SealedRange,
): Promise<readonly LogFault[]> => {
  const walk = new Walk(context, at, ends, () => undefined);
  await walk.segment(range);
  return walk.faults;
};

class Walk {
  sealedRecords = 0;
  liveRecords = 0;
  compared = 0;
  readonly faults: LogFault[] = [];
  readonly where: { readonly topic: string; readonly partition: number };
  private readonly sealedBytes = new EntryWriter();
  private readonly liveBytes = new EntryWriter();

  constructor(
    private readonly context: VerifyContext,
    private readonly at: TopicPartition,
    private readonly ends: PartitionEnds,
    private readonly onProgress: (records: number) => void,
  ) {
    this.where = { topic: at.topic.slice(context.namespace.length + 1), partition: at.partition };
  }

  fault(kind: LogFault['kind'], offset: number, segment: Digest | null, message: string): void {
    if (this.faults.length < FAULTS_KEPT) this.faults.push({ kind, ...this.where, offset, segment, message });
  }

  /** One segment, beside what the broker still holds of its range. */
  async segment(range: SealedRange): Promise<void> {
    const live = new LiveEntries(
      this,
      this.context.log,
      this.at,
      Math.max(range.first, this.ends.start),
      Math.min(range.last + 1, this.ends.end),
    );
    let failed: unknown;
    try {
      for await (const entries of this.sealedEntries(range)) await this.compare(range, entries, live);
    } catch (error) {
      if (isTransient(error)) throw error;
      failed = error;
      const details = error instanceof PlatformError ? error.details : {};
      this.fault(
        'segment',
        typeof details.offset === 'number' ? details.offset : range.first,
        range.manifest,
        messageOf(error),
      );
    }
    // What is left on the broker is looked at all the same.
    for (let entry = await live.next(); entry; entry = await live.next())
      if (!failed)
        this.fault(
          'differs',
          firstOf(entry),
          range.manifest,
          `the broker has a record at ${firstOf(entry)} that is not in the segment`,
        );
  }

  async live(from: number, to: number): Promise<void> {
    const live = new LiveEntries(this, this.context.log, this.at, from, to);
    while (await live.next());
  }

  /** Every offset of the range has an entry or is said to be absent. */
  private async *sealedEntries(range: SealedRange): AsyncGenerator<readonly Entry[]> {
    const segment = await loadSegment(this.context.artifacts, range.manifest, range);
    const covered: { first: number; last: number }[] = [];
    const absent = [...segment.manifest.absent];
    const cover = (first: number, last: number): void => {
      while (absent[0] && absent[0].first < first) extended(covered, absent.shift()!);
      extended(covered, { first, last });
    };
    for (const block of segment.manifest.blocks) {
      const entries = await openBlock(segment, block, this.at);
      for (const entry of entries) cover(firstOf(entry), lastOf(entry));
      this.sealedRecords += entries.length;
      this.onProgress(entries.length);
      yield entries;
    }
    for (const range of absent) extended(covered, range);
    const whole =
      covered.length === 1 && covered[0]!.first === range.first && covered[0]!.last === range.last;
    if (!whole)
      this.fault(
        'segment',
        range.first,
        range.manifest,
        `it should hold ${rangeText(range)}, and holds ${covered.map(rangeText).join(', ') || 'nothing'}`,
      );
  }

  private async compare(range: SealedRange, entries: readonly Entry[], live: LiveEntries): Promise<void> {
    for (const sealed of entries) {
      const offset = firstOf(sealed);
      if (lastOf(sealed) < live.from || offset >= live.to) continue;
      let other = await live.peek();
      while (other && firstOf(other) < offset) {
        this.fault(
          'differs',
          firstOf(other),
          range.manifest,
          `the broker has a record at ${firstOf(other)} that is not in the segment`,
        );
        live.pass();
        other = await live.peek();
      }
      if (!other || firstOf(other) > offset) {
        if (!live.isFaulty(offset))
          this.fault(
            'missing',
            offset,
            range.manifest,
            `the broker lacks the ${isUnreadable(sealed) ? 'batch' : 'record'} at ${offset} that was sealed`,
          );
        continue;
      }
      live.pass();
      this.compared++;
      if (!this.sameBytes(sealed, other))
        this.fault(
          'differs',
          offset,
          range.manifest,
          `the record at ${offset} on the broker is not the one that was sealed`,
        );
    }
  }

  private sameBytes(a: Entry, b: Entry): boolean {
    this.sealedBytes.clear();
    this.liveBytes.clear();
    return this.sealedBytes.write(a).equals(this.liveBytes.write(b));
  }
}

/** What the broker holds of a range, one by one; holes and broken batches are told on the way. */
class LiveEntries {
  private readonly chunks: AsyncGenerator<readonly Entry[]>;
  private entries: readonly Entry[] = [];
  private index = 0;
  private readonly faulty: { first: number; last: number }[] = [];

  constructor(
    private readonly walk: Walk,
    log: EventLog,
    at: TopicPartition,
    readonly from: number,
    readonly to: number,
  ) {
    this.chunks = this.read(log, at);
  }

  async peek(): Promise<Entry | undefined> {
    while (this.index >= this.entries.length) {
      const { value, done } = await this.chunks.next();
      if (done) return undefined;
      this.entries = value;
      this.index = 0;
    }
    return this.entries[this.index];
  }

  pass(): void {
    this.index++;
  }

  async next(): Promise<Entry | undefined> {
    const entry = await this.peek();
    this.pass();
    return entry;
  }

  /** Something was said of this offset already. */
  isFaulty(offset: number): boolean {
    return this.faulty.some(({ first, last }) => offset >= first && offset <= last);
  }

  private async *read(log: EventLog, at: TopicPartition): AsyncGenerator<readonly Entry[]> {
    let next = this.from;
    for await (const chunk of readRange(log, at.topic, at.partition, this.from, this.to)) {
      for (const hole of holesIn(chunk, next)) {
        this.faulty.push(hole);
        this.walk.fault('missing', hole.first, null, `the broker lacks offsets ${rangeText(hole)}`);
      }
      next = chunk.nextOffset;
      if (chunk.kind === 'unreadable' && isBroken(chunk)) {
        this.faulty.push({ first: chunk.firstOffset, last: chunk.lastOffset });
        this.walk.fault(
          'batch',
          chunk.firstOffset,
          null,
          `the batch with offsets ${rangeText({ first: chunk.firstOffset, last: chunk.lastOffset })} was changed on the broker's disk: ${chunk.message}`,
        );
        continue;
      }
      const entries = entriesOf(chunk);
      this.walk.liveRecords += entries.length;
      yield entries;
    }
  }
}
