/** What others do to a log and this platform never does: foreign codecs, broken payloads, cuts. Test code only. */
import type { TopicPartition } from '../../port';
import { Cluster } from '../cluster';
import { type Connection, exchange } from '../connection';
import { decodeProduce, encodeProduce, PRODUCE } from '../wire/produce';
import { BATCH_HEADER_BYTES } from '../wire/batch-layout';
import { BatchWriter, encodeRawBatch } from '../wire/batch-writer';

const NOBODY = { producerId: -1, producerEpoch: -1, baseSequence: -1 };

export type Codec = 'gzip' | 'snappy' | 'lz4' | 'zstd';
const CODEC_IDS: Readonly<Record<Codec, number>> = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** The records part of an uncompressed batch of some values. */
export const recordsPart = (at: TopicPartition, values: readonly Buffer[]): Buffer => {
  const records = values.map((value) => ({ ...at, key: null, value, headers: [] }));
  return new BatchWriter().write(records, 0, Infinity, NOBODY, 0).batch.subarray(BATCH_HEADER_BYTES);
};

/** A batch with its records part compressed by `compress`. */
export const compressedBatch = (codec: Codec, compressed: Buffer, count: number): Buffer =>
  encodeRawBatch(compressed, count, CODEC_IDS[codec], NOBODY, 0);

/** A zstd frame that stores up to 255 bytes as they are. Source: RFC 8878, 3.1.1: magic, single segment with a one-byte size, one last raw block. */
export const storedZstd = (bytes: Buffer): Buffer => {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, bytes.length, 0, 0, 0]);
  head.writeUIntLE((bytes.length << 3) | 1, 6, 3);
  return Buffer.concat([head, bytes]);
};

/** Appends one batch as it is, without sequence numbers. Rejects with the broker's error code. */
export const appendBatch = (brokers: readonly string[], at: TopicPartition, batch: Buffer): Promise<void> =>
  onLeader(brokers, at, async (_, connection) => {
    const answer = decodeProduce(
      await exchange(connection, {
        ...PRODUCE,
        body: encodeProduce([{ ...at, batch }], TIMEOUT_MS),
        timeoutMs: TIMEOUT_MS,
      }),
    );
    if (answer.partitions[0]?.errorCode !== 0)
      throw new Error(`refused with ${answer.partitions[0]?.errorCode}`);
  });

const TIMEOUT_MS = 20_000;

const onLeader = async (
  brokers: readonly string[],
  at: TopicPartition,
  work: (cluster: Cluster, connection: Connection) => Promise<void>,
): Promise<void> => {
  const cluster = new Cluster(brokers, {
    clientId: 'foreign',
    connectionTimeoutMs: 5_000,
    requestTimeoutMs: TIMEOUT_MS,
  });
  try {
    await cluster.refresh([at.topic]);
    await work(cluster, await cluster.leaderConnection(cluster.leader(at)!));
  } finally {
    cluster.close();
  }
};
