/** Fetch, version 11, without a fetch session. Source: Kafka's `FetchRequest.json` and `FetchResponse.json`. */
import type { TopicPartition } from '../../port';
import { Cursor, Writer } from './bytes';
import type { AbortedTransaction } from './committed';

export const FETCH = { apiKey: 1, apiVersion: 11, apiName: 'Fetch' } as const;

const CONSUMER = -1;
const READ_COMMITTED = 1;
const NO_SESSION = { id: 0, epoch: -1 };
const UNKNOWN = -1;

export interface FetchRequest {
  readonly maxWaitMs: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly maxBytesPerPartition: number;
  /** The broker fills its answer in this order. */
  readonly partitions: readonly (TopicPartition & { readonly offset: number })[];
}

export interface FetchedPartition extends TopicPartition {
  readonly errorCode: number;
  readonly highWatermark: number;
  readonly lastStableOffset: number;
  readonly logStartOffset: number;
  readonly aborted: readonly AbortedTransaction[];
  /** Batches; the last may be cut off. A view of the answer. */
  readonly records: Buffer;
}

export interface FetchResponse {
  readonly throttleMs: number;
  readonly errorCode: number;
  readonly partitions: readonly FetchedPartition[];
}

export const encodeFetch = (request: FetchRequest): Buffer => {
  const writer = new Writer();
  writer
    .int32(CONSUMER)
    .int32(request.maxWaitMs)
    .int32(request.minBytes)
    .int32(request.maxBytes)
    .int8(READ_COMMITTED);
  writer.int32(NO_SESSION.id).int32(NO_SESSION.epoch);
  const runs = runsOfTopic(request.partitions);
  writer.int32(runs.length);
  for (const run of runs) {
    writer.string(run[0]!.topic).int32(run.length);
    for (const { partition, offset } of run) {
      writer.int32(partition).int32(UNKNOWN).int64(offset).int64(UNKNOWN).int32(request.maxBytesPerPartition);
    }
  }
  return writer.int32(0).string('').buffer();
};

/** Neighbours of the same topic share one entry; the order of partitions stays as it is, because it decides who is served first. */
const runsOfTopic = <T extends TopicPartition>(partitions: readonly T[]): T[][] => {
  const runs: T[][] = [];
  for (const partition of partitions) {
    const last = runs[runs.length - 1];
    if (last && last[0]!.topic === partition.topic) last.push(partition);
    else runs.push([partition]);
  }
  return runs;
};

export const decodeFetch = (payload: Buffer): FetchResponse => {
  const cursor = new Cursor(payload, 0, payload.length);
  const throttleMs = cursor.int32();
  const errorCode = cursor.int16();
  cursor.int32(); // session
  const partitions: FetchedPartition[] = [];
  for (let topics = cursor.int32(); topics > 0; topics--) {
    const topic = cursor.string();
    for (let left = cursor.int32(); left > 0; left--) partitions.push(decodePartition(cursor, topic));
  }
  return { throttleMs, errorCode, partitions };
};

const decodePartition = (cursor: Cursor, topic: string): FetchedPartition => {
  const partition = cursor.int32();
  const errorCode = cursor.int16();
  const highWatermark = cursor.int64();
  const lastStableOffset = cursor.int64();
  const logStartOffset = cursor.int64();
  const aborted: AbortedTransaction[] = [];
  for (let left = cursor.int32(); left > 0; left--)
    aborted.push({ producerId: cursor.int64(), firstOffset: cursor.int64() });
  cursor.int32(); // preferred read replica: no rack is said, so none is preferred
  const length = Math.max(0, cursor.int32());
  const records = cursor.buffer.subarray(cursor.at, cursor.at + length);
  cursor.at += length;
  return { topic, partition, errorCode, highWatermark, lastStableOffset, logStartOffset, aborted, records };
};
