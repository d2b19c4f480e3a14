/** Produce, version 7, acks=all. Source: Kafka's `ProduceRequest.json` and `ProduceResponse.json`. */
import type { TopicPartition } from '../../port';
import { Cursor, Writer } from './bytes';

export const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' } as const;

const NO_TRANSACTION = -1;
const ALL_REPLICAS = -1;

export interface BatchToProduce extends TopicPartition {
  readonly batch: Buffer;
}

export interface ProducedPartition extends TopicPartition {
  readonly errorCode: number;
  readonly baseOffset: number;
}

/** The request as parts to be written one behind the other: batches are not copied. One batch for each partition at most. */
export const encodeProduce = (batches: readonly BatchToProduce[], timeoutMs: number): Buffer[] => {
  const byTopic = new Map<string, BatchToProduce[]>();
  for (const batch of batches) {
    const known = byTopic.get(batch.topic);
    if (known) known.push(batch);
    else byTopic.set(batch.topic, [batch]);
  }
  const parts: Buffer[] = [];
  let head = new Writer().int16(NO_TRANSACTION).int16(ALL_REPLICAS).int32(timeoutMs).int32(byTopic.size);
  for (const [topic, ofTopic] of byTopic) {
    head.string(topic).int32(ofTopic.length);
    for (const { partition, batch } of ofTopic) {
      parts.push(head.int32(partition).int32(batch.length).buffer(), batch);
      head = new Writer();
    }
  }
  return parts;
};

export const decodeProduce = (payload: Buffer): { partitions: ProducedPartition[]; throttleMs: number } => {
  const cursor = new Cursor(payload, 0, payload.length);
  const partitions: ProducedPartition[] = [];
  for (let topics = cursor.int32(); topics > 0; topics--) {
    const topic = cursor.string();
    for (let left = cursor.int32(); left > 0; left--) {
      const partition = cursor.int32();
      const errorCode = cursor.int16();
      const baseOffset = cursor.int64();
      cursor.at += 16; // append time, start of the log
      partitions.push({ topic, partition, errorCode, baseOffset });
    }
  }
  return { partitions, throttleMs: cursor.int32() };
};
