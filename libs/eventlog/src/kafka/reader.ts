import { Defect, PlatformError, TransientFailure } from '#kernel';
import type { Chunk, LogReader, TopicPartition } from '../port';
import type { Cluster } from './cluster';
import { type Connection, destroyConnection, exchange, unavailable } from './connection';
import { listOffsets } from './ends';
import { FollowedPartition } from './followed-partition';
import { decodeFetch, encodeFetch, FETCH } from './wire/fetch';

export interface ReaderSettings {
  /**
   * How long the broker holds a fetch that finds nothing, at most: the longer nothing comes, the longer. A record that arrives meanwhile
   * is answered at once.
   */
  readonly maxWaitMs: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /** A partition is fetched ahead while it has less than this buffered. */
  readonly prefetchBytesPerPartition: number;
  readonly prefetchBytes: number;
  readonly maxInflatedBytes: number;
}

const DEFAULT_MAX_RECORDS = 2_000;
const RETRY_PAUSE_MS = 50;
/** How long the broker holds the first fetch that finds nothing; then twice as long each time. */
const FIRST_WAIT_MS = 100;
/** Over the time that the broker may hold a fetch: then the connection is dead. */
const FETCH_GRACE_MS = 5_000;

const OFFSET_OUT_OF_RANGE = 1;

/** A fetch that has not been answered yet. */
interface Flight {
  readonly asked: ReadonlySet<FollowedPartition>;
  /** How long the broker may hold it. */
  readonly maxWaitMs: number;
  /** Absent while it is being opened. */
  connection: Connection | undefined;
  /** Its answer is not waited for any more. */
  abandoned: boolean;
}

/**
 * Reads partitions without a group, one fetch in flight for each broker: while the caller works off one poll, the next
 * fetch is on its way. Values and headers of the records are views of the fetched bytes.
 */
export class KafkaReader implements LogReader {
  private readonly followed = new Map<string, FollowedPartition>();
  private readonly connections = new Map<number, Connection>();
  private readonly flights = new Map<number, Flight>();
  private waitMs = 0;
  private refreshing = false;
  private pausedUntil = 0;
  private outage: PlatformError | undefined;
  private turn = 0;
  private notify: (() => void) | undefined;
  private woken = false;
  private polling = false;
  private closed = false;

  constructor(
    private readonly cluster: Cluster,
    private readonly settings: ReaderSettings,
    private readonly onClose: () => void = () => undefined,
  ) {}

  seek(at: TopicPartition, offset: number): void {
    this.drop(at);
    this.waitMs = FIRST_WAIT_MS;
    this.followed.set(
      keyOf(at),
      new FollowedPartition(at.topic, at.partition, offset, this.settings.maxInflatedBytes),
    );
    this.pump();
  }

  drop(at: TopicPartition): void {
    const known = this.followed.get(keyOf(at));
    if (known) known.live = false;
    this.followed.delete(keyOf(at));
  }

  async poll(maxWaitMs: number, maxRecords: number = DEFAULT_MAX_RECORDS): Promise<Chunk[]> {
    if (this.polling) throw new Defect('a reader is polled by one caller at a time');
    if (this.closed) throw readerClosed();
    this.polling = true;
    try {
      return await this.pollUntil(Date.now() + maxWaitMs, maxRecords);
    } finally {
      this.polling = false;
    }
  }

  wake(): void {
    this.woken = true;
    this.notify?.();
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.followed.clear();
    for (const connection of this.connections.values()) destroyConnection(connection);
    this.connections.clear();
    this.notify?.();
    this.onClose();
    await Promise.resolve();
  }

  private async pollUntil(deadline: number, maxRecords: number): Promise<Chunk[]> {
    while (!this.closed) {
      for (const { failure } of this.followed.values()) if (failure) throw failure;
      const chunks = this.take(maxRecords);
      this.pump();
      if (chunks.length > 0) return chunks;
      if (this.outage) {
        const outage = this.outage;
        this.outage = undefined;
        throw outage;
      }
      const left = deadline - Date.now();
      if (left <= 0 || this.woken) break;
      await this.changed(left);
    }
    this.woken = false;
    return [];
  }

  /** One chunk of each partition that has something, the partitions taking turns at being first. */
  private take(maxRecords: number): Chunk[] {
    const ready = [...this.followed.values()].filter((partition) => partition.ready);
    if (ready.length === 0) return [];
    const share = Math.max(1, Math.ceil(maxRecords / ready.length));
    const chunks: Chunk[] = [];
    for (const partition of rotated(ready, this.turn++)) {
      const chunk = partition.take(share);
      if (chunk) chunks.push(chunk);
    }
    return chunks;
  }

  /** Sends a fetch to each leader that has none in flight. */
  private pump(): void {
    if (this.closed || this.followed.size === 0) return;
    const pause = this.pausedUntil - Date.now();
    if (pause > 0) {
      setTimeout(() => this.notify?.(), pause + 1).unref();
      return;
    }
    const byLeader = new Map<number, FollowedPartition[]>();
    let buffered = 0;
    const homeless = new Set<string>();
    for (const partition of this.followed.values()) {
      buffered += partition.bufferedBytes;
      if (partition.failure) continue;
      const leader = this.cluster.leader(partition);
      if (leader === undefined) homeless.add(partition.topic);
      else if (byLeader.has(leader)) byLeader.get(leader)!.push(partition);
      else byLeader.set(leader, [partition]);
    }
    if (homeless.size > 0) void this.refresh([...homeless]);
    if (buffered >= this.settings.prefetchBytes) return;
    for (const [leader, partitions] of byLeader) {
      const hungry = partitions.filter(
        ({ bufferedBytes }) => bufferedBytes < this.settings.prefetchBytesPerPartition,
      );
      if (hungry.length === 0) continue;
      const flight = this.flights.get(leader);
      if (flight) {
        // What has only just come to be read does not wait for the end of a long poll for the others.
        if (flight.maxWaitMs > FIRST_WAIT_MS && !hungry.every((partition) => flight.asked.has(partition)))
          this.abandon(leader, flight);
        continue;
      }
      // While others of this leader are still buffered, a long poll for those at the end would hold up the next fetch for all.
      void this.fetch(
        leader,
        rotated(hungry, this.turn++),
        hungry.some(({ ready }) => ready) || hungry.length < partitions.length
          ? 0
          : Math.min(this.waitMs, this.settings.maxWaitMs),
      );
    }
  }

  private async fetch(leader: number, partitions: FollowedPartition[], maxWaitMs: number): Promise<void> {
    const flight: Flight = {
      asked: new Set(partitions),
      maxWaitMs,
      connection: undefined,
      abandoned: false,
    };
    this.flights.set(leader, flight);
    try {
      const connection = await this.connectionTo(leader);
      if (flight.abandoned) return;
      flight.connection = connection;
      const { maxBytes, maxBytesPerPartition } = this.settings;
      const body = encodeFetch({
        maxWaitMs,
        minBytes: 1,
        maxBytes,
        maxBytesPerPartition,
        partitions: partitions.map(({ topic, partition, fetchOffset }) => ({
          topic,
          partition,
          offset: fetchOffset,
        })),
      });
      const answer = decodeFetch(
        await exchange(connection, { ...FETCH, body: [body], timeoutMs: maxWaitMs + FETCH_GRACE_MS }),
      );
      connection.requestQueue.maybeThrottle(answer.throttleMs);
      const asked = new Map(partitions.map((partition) => [keyOf(partition), partition]));
      const stale = new Set<string>();
      if (maxWaitMs > 0 && answer.partitions.every(({ records }) => records.length === 0))
        this.waitMs = 2 * maxWaitMs;
      for (const fetched of answer.partitions) {
        const partition = asked.get(keyOf(fetched));
        if (!partition?.live) continue;
        if (fetched.errorCode === 0) partition.absorb(fetched);
        else if (fetched.errorCode === OFFSET_OUT_OF_RANGE) partition.failure = await this.hole(partition);
        else stale.add(partition.topic); // the leader moved or is about to, or the topic is gone
      }
      if (stale.size > 0) await this.refresh([...stale], true);
    } catch (error) {
      if (!this.closed && !flight.abandoned) await this.suffer(error, leader, partitions);
    } finally {
      this.flights.delete(leader);
      if (flight.abandoned) this.pump();
      this.notify?.();
    }
  }

  /** Another connection costs less than the rest of the wait; what the broker still answers on this one is not read. */
  private abandon(leader: number, flight: Flight): void {
    this.waitMs = FIRST_WAIT_MS;
    flight.abandoned = true;
    if (!flight.connection) return;
    destroyConnection(flight.connection);
    this.connections.delete(leader);
    flight.connection = undefined;
  }

  private async hole({ topic, partition, fetchOffset }: FollowedPartition): Promise<PlatformError> {
    const [ends] = await listOffsets(this.cluster, topic, [partition]);
    const { start, end } = ends!;
    return new PlatformError(
      'PLAYHEAD_LOG_HOLE',
      'halt',
      `${topic}:${partition} holds offsets ${start} to ${end}, not ${fetchOffset}`,
      {
        details: { topic, partition, offset: fetchOffset, start, end },
      },
    );
  }

  /** A connection or a broker is gone: look where the leaders are now, and tell the next poll. */
  private async suffer(error: unknown, leader: number, partitions: FollowedPartition[]): Promise<void> {
    destroyConnection(this.connections.get(leader));
    this.connections.delete(leader);
    this.outage = unavailable(error);
    this.pausedUntil = Date.now() + RETRY_PAUSE_MS;
    await this.refresh([...new Set(partitions.map(({ topic }) => topic))]);
  }

  /** Looks where the leaders are; waits a moment before the next fetch where that cannot have helped yet. */
  private async refresh(topics: string[], pause = false): Promise<void> {
    if (this.refreshing) return;
    this.refreshing = true;
    try {
      const found = await this.cluster.refresh(topics);
      const missing = topics.find((topic) => !found.has(topic));
      if (missing) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', `there is no topic ${missing} yet`);
      const led = [...this.followed.values()].every(
        (partition) => this.cluster.leader(partition) !== undefined,
      );
      if (pause || !led) this.pausedUntil = Date.now() + RETRY_PAUSE_MS;
    } catch (error) {
      this.outage = unavailable(error);
      this.pausedUntil = Date.now() + RETRY_PAUSE_MS;
    } finally {
      this.refreshing = false;
      this.notify?.();
    }
  }

  private async connectionTo(leader: number): Promise<Connection> {
    const known = this.connections.get(leader);
    if (known?.isConnected()) return known;
    const connection = await this.cluster.open(leader);
    if (this.closed) {
      destroyConnection(connection);
      throw readerClosed();
    }
    this.connections.set(leader, connection);
    return connection;
  }

  private changed(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.notify = undefined;
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.notify = done;
    });
  }
}

const readerClosed = (): TransientFailure =>
  new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'the reader was closed');

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}:${partition}`;

const rotated = <T>(list: readonly T[], by: number): T[] => {
  const start = by % list.length;
  return [...list.slice(start), ...list.slice(0, start)];
};
