import type { ArtifactStore } from '#artifacts';
import type { Chunk, LogRecord, TopicPartition } from '#eventlog';
import type { SealedRange } from './catalog';
import { within } from './continuity';
import { firstOf, isUnreadable, lastOf, type Entry } from './format/entry';
import type { SegmentManifest } from './format/manifest';
import { loadSegment, openBlock, type StoredSegment } from './format/read-segment';

/** Blocks that are opened ahead of the reader. */
const AHEAD = 2;

/** Entries of one block; those behind it up to `nextOffset` are absent. */
interface OpenedBlock {
  readonly manifest: SegmentManifest;
  readonly entries: readonly Entry[];
  /** Where reading goes on behind the block. */
  readonly nextOffset: number;
}

/** The blocks of a chain of segments from an offset on, each checked before it is given. The next segment is fetched meanwhile. */
export async function* blocksOf(
  artifacts: Pick<ArtifactStore, 'get'>,
  chain: readonly SealedRange[],
  at: TopicPartition,
  from: number,
): AsyncGenerator<OpenedBlock> {
  const load = (index: number): Promise<StoredSegment> | undefined => {
    const range = chain[index];
    return range && unheard(loadSegment(artifacts, range.manifest, range));
  };
  let next = from;
  let coming = load(0);
  for (let index = 0; coming; index++) {
    const segment = await coming;
    coming = load(index + 1);
    const { manifest } = segment;
    const wanted = manifest.blocks.filter(
      (_, b) => (manifest.blocks[b + 1]?.first ?? manifest.last + 1) > next,
    );
    const opening = wanted.slice(0, AHEAD).map((block) => unheard(openBlock(segment, block, at)));
    for (let b = 0; b < wanted.length; b++) {
      const entries = await opening[b]!;
      const ahead = wanted[b + AHEAD];
      if (ahead) opening.push(unheard(openBlock(segment, ahead, at)));
      const nextOffset = wanted[b + 1]?.first ?? manifest.last + 1;
      yield { manifest, entries: fromOffset(entries, next), nextOffset };
      next = nextOffset;
    }
    if (wanted.length === 0) yield { manifest, entries: [], nextOffset: manifest.last + 1 };
    next = manifest.last + 1;
  }
}

/** Its failure is told where it is waited for, not where nobody does. */
const unheard = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => undefined);
  return promise;
};

const fromOffset = (entries: readonly Entry[], offset: number): readonly Entry[] => {
  if (entries[0] === undefined || firstOf(entries[0]) >= offset) return entries;
  return entries.filter((entry) => lastOf(entry) >= offset);
};

/** Reads one partition out of its segments ahead of whoever takes chunks. */
export class SealedCursor {
  /** Why it cannot go on; told until somebody begins anew. */
  failure: unknown;
  /** All of the chain was taken. */
  done = false;

  private readonly ready: OpenedBlock[] = [];
  private taken = 0;
  private reading = false;
  private ended = false;
  private closed = false;
  private readonly blocks: AsyncGenerator<OpenedBlock>;

  constructor(
    artifacts: Pick<ArtifactStore, 'get'>,
    chain: readonly SealedRange[],
    readonly at: TopicPartition,
    /** The offset to read next. */
    public nextOffset: number,
    private readonly highWatermark: number,
    private readonly onReady: () => void,
  ) {
    this.blocks = blocksOf(artifacts, chain, at, nextOffset);
    this.pump();
  }

  get hasReady(): boolean {
    return this.ready.length > 0;
  }

  /** The next chunk of at most so many records, or undefined while nothing is ready. */
  take(maxRecords: number): Chunk | undefined {
    const block = this.ready[0];
    if (!block) return undefined;
    const { entries, manifest } = block;
    const from = this.nextOffset;
    const first = entries[this.taken];
    if (first !== undefined && isUnreadable(first) && first.firstOffset <= from) {
      this.taken++;
      this.advance(block, first.lastOffset + 1);
      return { ...this.at, ...first, nextOffset: this.nextOffset, highWatermark: this.end };
    }
    const start = this.taken;
    let to = Math.min(entries.length, start + maxRecords);
    for (let i = start; i < to; i++) if (isUnreadable(entries[i]!)) to = i;
    const records = entries.slice(start, to) as LogRecord[];
    this.taken = to;
    const last = records[records.length - 1];
    const isLast = to === entries.length;
    this.advance(block, isLast ? block.nextOffset : last ? last.offset + 1 : firstOf(first!));
    const passed = manifest.absent.length > 0 ? within(manifest.absent, from, this.nextOffset - 1) : [];
    return {
      kind: 'records',
      ...this.at,
      records,
      ...(passed.length > 0 && { passed }),
      nextOffset: this.nextOffset,
      highWatermark: this.end,
    };
  }

  close(): void {
    this.closed = true;
    this.ready.length = 0;
    void this.blocks.return(undefined).catch(() => undefined);
  }

  private get end(): number {
    return Math.max(this.highWatermark, this.nextOffset);
  }

  private advance(block: OpenedBlock, nextOffset: number): void {
    this.nextOffset = nextOffset;
    // What is absent behind a batch that cannot be read is a chunk of its own.
    if (this.taken < block.entries.length || nextOffset < block.nextOffset) return;
    this.ready.shift();
    this.taken = 0;
    if (this.ended && this.ready.length === 0) this.done = true;
    this.pump();
  }

  private pump(): void {
    if (this.reading || this.ended || this.closed || this.ready.length >= AHEAD) return;
    this.reading = true;
    this.blocks.next().then(
      ({ value, done }) => {
        this.reading = false;
        if (this.closed) return;
        if (done) {
          this.ended = true;
          this.done = this.ready.length === 0;
        } else this.ready.push(value);
        this.onReady();
        this.pump();
      },
      (error: unknown) => {
        this.reading = false;
        this.failure = error;
        this.onReady();
      },
    );
  }
}
