import { brotliCompress, constants } from 'node:zlib';
import { promisify } from 'node:util';
import { HEADERS } from '#contracts';
import type { OffsetRange } from '#eventlog';
import { sha256, timestampMs } from '#kernel';
import { EntryWriter, firstOf, isUnreadable, type Entry } from './entry';
import type { BlockIndex, SegmentManifest } from './manifest';
import { ARITY, MerkleTree, hashOf, leafHash, levelOf } from './merkle';

const BLOCK_ENTRIES = ARITY ** 3;
/** A block that is larger ends as soon as its entries make a whole subtree. */
const BLOCK_BYTES = 512 * 1024;

const compress = promisify(brotliCompress);

/** Quality 1 compresses twice as fast as gzip's fastest and smaller, and inflates faster; Node 20 has no zstd. */
const compressed = (bytes: Buffer): Promise<Buffer> =>
  compress(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 1,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

export interface SegmentPlace {
  /** Below the namespace. */
  readonly topic: string;
  readonly partition: number;
  readonly partitions: number;
}

export interface WrittenSegment {
  readonly manifest: SegmentManifest;
  readonly bytes: Buffer;
}

/** Makes one segment of entries in order. What it gives depends on the place and the entries alone. Compressing leaves the event loop. */
export class SegmentWriter {
  private readonly writer = new EntryWriter();
  private readonly tree = new MerkleTree();
  private readonly blocks: (Omit<BlockIndex, 'at' | 'bytes'> & { readonly content: Promise<Buffer> })[] = [];
  private block: { first: number; entries: number; tree: MerkleTree } | undefined;
  private entries = 0;
  private count = 0;
  private inflated = 0;
  private eventTimes: readonly [number, number] | undefined;
  private appendTimes: readonly [number, number] | undefined;

  constructor(
    private readonly place: SegmentPlace,
    private readonly first: number,
  ) {}

  /** Bytes of the entries so far. */
  get inflatedBytes(): number {
    return this.inflated + this.writer.length;
  }

  push(entry: Entry): void {
    this.block ??= { first: firstOf(entry), entries: 0, tree: new MerkleTree() };
    this.block.tree.push(leafHash(this.writer.write(entry)));
    this.block.entries++;
    this.entries++;
    this.appendTimes = spread(this.appendTimes, entry.timestamp);
    if (!isUnreadable(entry)) {
      this.count++;
      this.eventTimes = spread(this.eventTimes, timestampMs(entry.headers.text(HEADERS.time)));
    }
    if (this.isWhole(this.block.entries)) this.closeBlock(this.block);
  }

  /** Resolves once what was pushed is compressed, so that no more than a block is held in full. */
  async settle(): Promise<void> {
    await this.blocks[this.blocks.length - 1]?.content;
  }

  /**
   * @param last offset that the segment reaches to
   * @param absent offsets of it without an entry, for which batch headers account
   */
  async finish(last: number, absent: readonly OffsetRange[]): Promise<WrittenSegment> {
    if (this.block) this.closeBlock(this.block);
    const blocks: BlockIndex[] = [];
    const parts: Buffer[] = [];
    let at = 0;
    for (const { content, ...index } of this.blocks) {
      const bytes = await content;
      parts.push(bytes);
      blocks.push({ ...index, at, bytes: bytes.length });
      at += bytes.length;
    }
    const bytes = Buffer.concat(parts);
    const manifest: SegmentManifest = {
      format: 1,
      ...this.place,
      first: this.first,
      last,
      count: this.count,
      unreadable: this.entries - this.count,
      absent,
      minEventTime: this.eventTimes?.[0] ?? null,
      maxEventTime: this.eventTimes?.[1] ?? null,
      firstAppended: this.appendTimes?.[0] ?? null,
      lastAppended: this.appendTimes?.[1] ?? null,
      root: this.tree.root(),
      artifact: sha256(bytes),
      codec: 'brotli',
      bytes: bytes.length,
      inflatedBytes: this.inflated,
      blocks,
    };
    return { manifest, bytes };
  }

  /** A block has the size of a whole subtree; it ends where no larger one can begin, or where it is large enough. */
  private isWhole(entries: number): boolean {
    if (!isPowerOfArity(entries)) return false;
    const start = this.entries - entries;
    return entries === BLOCK_ENTRIES || start % (entries * ARITY) !== 0 || this.writer.length >= BLOCK_BYTES;
  }

  private closeBlock({ first, entries, tree }: NonNullable<typeof this.block>): void {
    const bytes = this.writer.take();
    const root = tree.root();
    this.tree.push(hashOf(root), levelOf(entries));
    this.inflated += bytes.length;
    const content = compressed(bytes);
    content.catch(() => undefined); // told by whoever waits for it
    this.blocks.push({ first, entries, inflatedBytes: bytes.length, root, content });
    this.block = undefined;
  }
}

const isPowerOfArity = (number: number): boolean => ARITY ** levelOf(number) === number;

const spread = (
  known: readonly [number, number] | undefined,
  value: number,
): readonly [number, number] | undefined => {
  if (Number.isNaN(value)) return known;
  if (!known) return [value, value];
  return value < known[0] ? [value, known[1]] : value > known[1] ? [known[0], value] : known;
};
