/**
 * The log port: what the platform needs of a partitioned, durable log, and no more. Two adapters keep it, `kafka/` and
 * `memory/`; `conformance/` is the suite that both pass. Offsets are numbers (safe to 2^53), times are milliseconds.
 */

/** Headers of a record in wire order, decoded only when asked for. A name may repeat; `get` gives the last one, as Kafka's `lastHeader`. */
export interface RecordHeaders {
  get(name: string): Buffer | undefined;
  text(name: string): string | undefined;
  entries(): readonly HeaderEntry[];
}

export type HeaderEntry = readonly [name: string, value: Buffer];

/** What is appended: bytes, or text that is written in UTF-8 without a buffer of its own. */
export type Content = Buffer | string;

export type NewHeader = readonly [name: string, value: Content];

export interface LogRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Append time given by the broker (`LogAppendTime`). */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: RecordHeaders;
}

/** A record to append. The partition is always said: nothing here partitions by itself (kafkajs rule 2). */
export interface NewRecord {
  readonly topic: string;
  readonly partition: number;
  readonly key: Content | null;
  readonly value: Content | null;
  /** Headers that many records have in common, as one and the same array: encoded once, they stand before the others. */
  readonly shared?: readonly NewHeader[];
  readonly headers: readonly NewHeader[];
  /** Counts only where the topic does not stamp by itself (`message.timestamp.type=CreateTime`): a restore brings append times back so. */
  readonly timestamp?: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A stretch of offsets of one partition, both ends in it. */
export interface OffsetRange {
  readonly first: number;
  readonly last: number;
}

export interface AppendedPosition extends TopicPartition {
  readonly offset: number;
}

/** What a reader gives for one stretch of a partition. A batch that cannot be decoded is a value, never an exception (law L9). */
export type Chunk = RecordsChunk | UnreadableChunk;

export interface RecordsChunk extends TopicPartition {
  readonly kind: 'records';
  /** In offset order; may be empty when the stretch holds control batches only. */
  readonly records: readonly LogRecord[];
  /**
   * Offsets of this stretch that batches take up without a record for a reader: markers of transactions, and what was rolled back. An
   * offset that is neither in `records` nor here is a hole.
   */
  readonly passed?: readonly OffsetRange[];
  /** The offset to read next. */
  readonly nextOffset: number;
  /** The end of the partition as the broker reported it with this fetch. */
  readonly highWatermark: number;
}

export interface UnreadableChunk extends TopicPartition {
  readonly kind: 'unreadable';
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** Number of records that the batch header says it holds (at least 1). */
  readonly count: number;
  readonly reason: 'CODEC_UNSUPPORTED' | 'BATCH_TOO_LARGE' | 'BATCH_CORRUPT';
  readonly message: string;
  /** Append time of the batch. */
  readonly timestamp: number;
  /** The batch as it stands on the log, header and all. */
  readonly raw: Buffer;
  readonly nextOffset: number;
  readonly highWatermark: number;
}

export interface TopicSpec {
  readonly name: string;
  readonly partitions: number;
  /** Settings beyond the platform's own (`message.timestamp.type=LogAppendTime`, `retention.ms=-1`, `cleanup.policy=delete`), which win unless named here. */
  readonly config?: Readonly<Record<string, string>>;
}

export interface PartitionEnds {
  readonly partition: number;
  /** First offset that can be read. */
  readonly start: number;
  /** One past the last record. */
  readonly end: number;
}

export interface CommittedOffset {
  /** The next offset to read. */
  readonly offset: number;
  readonly metadata: string;
}

/** A bounded, group-less read with prefetch (kafkajs rule 11): positions are given, nothing is committed. One caller at a time. */
export interface LogReader {
  /** Starts (or moves) reading a partition at an offset; anything prefetched for it is dropped. */
  seek(at: TopicPartition, offset: number): void;
  /** Stops reading a partition. */
  drop(at: TopicPartition): void;
  /**
   * The next chunks, at most one for each partition and about `maxRecords` records in all; an empty array when nothing came within `maxWaitMs`.
   * Rejects with TransientFailure while the broker is away (call again) and once the reader is closed, with PLAYHEAD_LOG_HOLE when a
   * position is below the start of the log. A poll that waits while the reader is closed gives nothing.
   */
  poll(maxWaitMs: number, maxRecords?: number): Promise<Chunk[]>;
  /** The poll that waits gives up waiting, or the next one that would: something else has happened that the caller must see to. */
  wake(): void;
  close(): Promise<void>;
}

/** An idempotent writer, acks=all, with one `send` in flight: a second call waits for the first (kafkajs rule 3). */
export interface LogProducer {
  /**
   * Appends all records, in order within each partition, and gives their positions in the order of the input.
   * Resolves only if the answer named every partition. After a rejection the producer is spent: what was appended is
   * unknown; close it, make a new one, read the tails, and send the rest.
   */
  send(records: readonly NewRecord[]): Promise<AppendedPosition[]>;
  close(): Promise<void>;
}

export interface MembershipListener {
  /** Called with the whole new assignment after each rebalance. Partitions not in it are no longer this member's. */
  assigned(partitions: readonly TopicPartition[]): void;
  /** Called when a rebalance begins: stop sending for all partitions as soon as possible. */
  rebalancing(): void;
  /** No heartbeat for two session timeouts: the process should exit and be restarted (kafkajs rule 8). */
  lost(reason: string): void;
}

/** Membership of a consumer group: who owns which partition, and the committed offsets. It reads no records. */
export interface Membership {
  /** Rejects with OwnershipLost when the generation is over. */
  commit(offsets: readonly (AppendedPosition & { metadata?: string })[]): Promise<void>;
  leave(): Promise<void>;
}

export interface JoinOptions {
  readonly group: string;
  /** Partitions of the topics of one group are co-assigned: partition p of each goes to the same member. */
  readonly topics: readonly string[];
  readonly listener: MembershipListener;
  readonly sessionTimeoutMs?: number;
}

export interface EventLog {
  /** Creates what is missing with the platform's settings; PLAYHEAD_LOG_TOPIC_MISMATCH when one exists with other partitions or without LogAppendTime. */
  ensureTopics(specs: readonly TopicSpec[]): Promise<void>;
  /** Number of partitions, or undefined when there is no such topic. */
  partitionCount(topic: string): Promise<number | undefined>;
  /** All topics whose name begins so. */
  listTopics(prefix: string): Promise<string[]>;
  /** First and next offset of each partition, in partition order. */
  ends(topic: string): Promise<PartitionEnds[]>;
  /** Bytes that each topic whose name begins so takes up, copies on other brokers left out. */
  bytesOnDisk(prefix: string): Promise<Map<string, number>>;
  deleteTopics(names: readonly string[]): Promise<void>;
  /** Cuts a partition below an offset, for ever; at or below its start nothing happens. Refuses an offset past the end. */
  deleteRecords(at: TopicPartition, before: number): Promise<void>;
  /** Replaces the settings of a topic that is there by the platform's own and these. */
  configureTopic(name: string, config: Readonly<Record<string, string>>): Promise<void>;
  /** Committed offsets of a group by partition; partitions without one are absent. */
  committed(group: string, topic: string): Promise<Map<number, CommittedOffset>>;
  reader(): LogReader;
  producer(): LogProducer;
  join(options: JoinOptions): Promise<Membership>;
  /** Rejects with TransientFailure when the broker does not answer; used by readiness. */
  ping(): Promise<void>;
  close(): Promise<void>;
}
