/** Producers that are not ours: other clients, partitioners, codecs and crafted batches. */
import { gzipSync } from 'node:zlib';
import { crc32 } from '@node-rs/crc32';
import {
  CompressionTypes,
  Kafka,
  Partitioners,
  logLevel,
  type ICustomPartitioner,
  type Message,
} from 'kafkajs';
import { runTool } from '../../libs/eventlog/src/kafka/testing/broker.testing';
import {
  appendBatch,
  compressedBatch,
  recordsPart,
  type Codec,
} from '../../libs/eventlog/src/kafka/testing/foreign.testing';
import { sizeOfVarint, writeVarint } from '../../libs/eventlog/src/kafka/wire/bytes';
import { encodeRawBatch } from '../../libs/eventlog/src/kafka/wire/batch-writer';

export type { Codec };

interface Keyed {
  readonly key: string | null;
  readonly value: string;
}

const kafkaOf = (brokers: readonly string[]): Kafka =>
  new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING });

/** The Java client, through Kafka's console producer. Keys: of all records or of none. */
export const sendByJava = async (
  brokers: readonly string[],
  topic: string,
  codec: Codec,
  records: readonly Keyed[],
): Promise<void> => {
  const keyed = records[0]!.key !== null;
  const lines = records.map(({ key, value }) => `${keyed ? `${key}\t` : ''}${value}\n`).join('');
  const args = [
    '--bootstrap-server',
    brokers.join(','),
    '--topic',
    topic,
    '--compression-codec',
    codec,
    '--reader-property',
    `parse.key=${keyed}`,
  ];
  await runTool('org.apache.kafka.tools.ConsoleProducer', args, lines);
};

/** librdkafka's default for keyed records (`consistent_random`): CRC-32 of the key. */
const crcOfKey: ICustomPartitioner =
  () =>
  ({ message, partitionMetadata }) =>
    crc32(String(message.key)) % partitionMetadata.length;

export const PARTITIONERS: Readonly<Record<string, ICustomPartitioner>> = {
  'kafkajs 2': Partitioners.DefaultPartitioner,
  'kafkajs 1': Partitioners.LegacyPartitioner,
  librdkafka: crcOfKey,
  'one partition for all': () => () => 0,
};

/** kafkajs with some partitioner; compressed with gzip where asked to. */
export const sendByKafkajs = async (
  brokers: readonly string[],
  topic: string,
  createPartitioner: ICustomPartitioner,
  records: readonly Keyed[],
  gzip = false,
): Promise<void> => {
  const producer = kafkaOf(brokers).producer({ createPartitioner });
  await producer.connect();
  await producer.send({
    topic,
    messages: [...records],
    compression: gzip ? CompressionTypes.GZIP : CompressionTypes.None,
  });
  await producer.disconnect();
};

/** Two transactions of kafkajs: one rolled back, one committed. */
export const sendTransactions = async (
  brokers: readonly string[],
  topic: string,
  abandoned: readonly Message[],
  kept: readonly Message[],
): Promise<void> => {
  const producer = kafkaOf(brokers).producer({
    transactionalId: 'hostile',
    maxInFlightRequests: 1,
    idempotent: true,
    createPartitioner: Partitioners.DefaultPartitioner,
  });
  await producer.connect();
  for (const [messages, end] of [
    [abandoned, 'abort'],
    [kept, 'commit'],
  ] as const) {
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [...messages] });
    await transaction[end]();
  }
  await producer.disconnect();
};

const NOBODY = { producerId: -1, producerEpoch: -1, baseSequence: -1 };

const varint = (value: number): Buffer => {
  const bytes = Buffer.alloc(sizeOfVarint(value));
  writeVarint(bytes, value, 0);
  return bytes;
};

const framed = (bytes: Buffer): Buffer => Buffer.concat([varint(bytes.length), bytes]);

/** One record with a header that no client writes: a name that is no UTF-8, without a value. */
export const appendOddHeader = (
  brokers: readonly string[],
  topic: string,
  partition: number,
  value: string,
): Promise<void> => {
  const record = Buffer.concat([
    Buffer.from([0, 0, 0]),
    varint(-1),
    framed(Buffer.from(value)),
    varint(2),
    framed(Buffer.from([0xff, 0xfe])),
    varint(-1),
    framed(Buffer.alloc(0)),
    varint(-1),
  ]);
  return appendBatch(brokers, { topic, partition }, encodeRawBatch(framed(record), 1, 0, NOBODY, 0));
};

/** A batch of one record of zeros that gzip makes a thousand times smaller. */
export const appendBomb = (brokers: readonly string[], topic: string, megabytes: number): Promise<void> => {
  const head = Buffer.concat([Buffer.from([0, 0, 0]), varint(-1), varint(megabytes * 1_000_000)]);
  const zeros = gzipSync(Buffer.alloc(1_000_000));
  const start = gzipSync(Buffer.concat([varint(head.length + megabytes * 1_000_000 + 1), head]));
  const bomb = Buffer.concat([start, ...Array.from({ length: megabytes }, () => zeros), gzipSync(varint(0))]);
  return appendBatch(brokers, { topic, partition: 0 }, compressedBatch('gzip', bomb, 1));
};

/** A batch whose bytes changed on the way. */
export const appendCorrupt = (brokers: readonly string[], topic: string, value: string): Promise<void> => {
  const batch = encodeRawBatch(recordsPart({ topic, partition: 0 }, [Buffer.from(value)]), 1, 0, NOBODY, 0);
  batch[batch.length - 10]! ^= 1;
  return appendBatch(brokers, { topic, partition: 0 }, batch);
};
