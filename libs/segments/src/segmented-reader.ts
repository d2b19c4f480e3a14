import type { ArtifactStore } from '#artifacts';
import type { Chunk, EventLog, LogReader, TopicPartition } from '#eventlog';
import { PlatformError, isTransient } from '#kernel';
import type { SegmentCatalog } from './catalog';
import { SealedCursor } from './sealed-cursor';

const DEFAULT_MAX_RECORDS = 2_000;

/**
 * Reads the broker as long as it holds what is asked for, and segments where it does not any more. So nothing changes, and nothing costs
 * anything, before the first cut.
 */
export class SegmentedReader implements LogReader {
  private readonly live: LogReader;
  private readonly sealed = new Map<string, SealedCursor>();
  private woken = false;
  /** Of the broker, met while chunks of segments were in hand: told at the next poll. */
  private deferred: unknown;
  private closed = false;

  constructor(
    private readonly options: {
      readonly log: EventLog;
      readonly artifacts: Pick<ArtifactStore, 'get'>;
      readonly catalog: SegmentCatalog;
    },
  ) {
    this.live = options.log.reader();
  }

  seek(at: TopicPartition, offset: number): void {
    this.leaveSealed(at);
    this.live.seek(at, offset);
  }

  drop(at: TopicPartition): void {
    this.leaveSealed(at);
    this.live.drop(at);
  }

  async poll(maxWaitMs: number, maxRecords: number = DEFAULT_MAX_RECORDS): Promise<Chunk[]> {
    const deadline = Date.now() + maxWaitMs;
    if (this.deferred !== undefined) throw this.undefer();
    for (;;) {
      const chunks = this.takeSealed(maxRecords);
      const left = chunks.length > 0 || this.woken ? 0 : Math.max(0, deadline - Date.now());
      const more = await this.pollLive(left, maxRecords, chunks.length > 0);
      if (chunks.length + more.length > 0) return [...chunks, ...more];
      if (this.woken || this.closed || Date.now() >= deadline) break;
    }
    this.woken = false;
    return [];
  }

  wake(): void {
    this.woken = true;
    this.live.wake();
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const cursor of this.sealed.values()) cursor.close();
    this.sealed.clear();
    await this.live.close();
  }

  private takeSealed(maxRecords: number): Chunk[] {
    const share = Math.max(1, Math.ceil(maxRecords / Math.max(1, this.sealed.size)));
    const chunks: Chunk[] = [];
    for (const cursor of this.sealed.values())
      if (cursor.failure !== undefined && !cursor.hasReady) throw this.failed(cursor);
    for (const [key, cursor] of this.sealed) {
      const chunk = cursor.take(share);
      if (chunk) chunks.push(chunk);
      if (!cursor.done) continue;
      this.sealed.delete(key);
      this.live.seek(cursor.at, cursor.nextOffset);
    }
    return chunks;
  }

  /** A store that is away is tried again at the next poll; a broken segment is told at each, until the partition is moved. */
  private failed(cursor: SealedCursor): unknown {
    if (isTransient(cursor.failure)) this.seek(cursor.at, cursor.nextOffset);
    return cursor.failure;
  }

  private async pollLive(maxWaitMs: number, maxRecords: number, defer: boolean): Promise<Chunk[]> {
    try {
      return await this.live.poll(maxWaitMs, maxRecords);
    } catch (error) {
      const hole = holeOf(error);
      try {
        if (this.closed || !hole || !(await this.goOnSealed(hole))) throw error;
      } catch (failure) {
        if (!defer) throw failure;
        this.deferred = failure;
      }
      return [];
    }
  }

  private undefer(): unknown {
    const { deferred } = this;
    this.deferred = undefined;
    return deferred;
  }

  private async goOnSealed({ topic, partition, offset, end }: Hole): Promise<boolean> {
    const { catalog, artifacts } = this.options;
    const at = { topic, partition };
    await catalog.refresh(topic);
    const chain = catalog.chain(at, offset);
    if (chain.length === 0) return false;
    this.live.drop(at);
    if (this.closed) return true;
    const onReady = (): void => this.live.wake();
    this.sealed.set(keyOf(at), new SealedCursor(artifacts, chain, at, offset, end, onReady));
    return true;
  }

  private leaveSealed(at: TopicPartition): void {
    this.sealed.get(keyOf(at))?.close();
    this.sealed.delete(keyOf(at));
  }
}

interface Hole extends TopicPartition {
  readonly offset: number;
  readonly end: number;
}

const holeOf = (error: unknown): Hole | undefined =>
  error instanceof PlatformError &&
  error.code === 'PLAYHEAD_LOG_HOLE' &&
  typeof error.details.offset === 'number'
    ? (error.details as unknown as Hole)
    : undefined;

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}:${partition}`;
