/** What others write: other clients, codecs, partitioners and transactions, on a real broker. */
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { gzipSync } from 'node:zlib';
import type { Chunk, EventLog, HeaderEntry } from '../port';
import { readLast, readTopic } from '../read';
import { createKafkaLog } from './index';
import { runTool, startCluster, type TestBroker, type TestCluster } from './testing/broker.testing';
import { appendBatch, compressedBatch, recordsPart } from './testing/foreign.testing';
import { chunksOf, numbers, record, recordsOf, textOf, textsOf } from './testing/records.testing';

/** As the Java tools write them, without colons and commas in the values; one name comes twice. */
const SEVEN_HEADERS = [
  'ce_specversion:1.0',
  'ce_type:ingestion.observation.recorded',
  'ce_source:ingestion',
  'content-type:application/json',
  'ce_id:2-18273',
  'ph_origin:first',
  'ph_origin:again é',
];

let cluster: TestCluster;
let broker: TestBroker;
let log: EventLog;
let topicNumber = 0;

beforeAll(async () => {
  cluster = await startCluster();
  broker = cluster.brokers[0]!;
  log = createKafkaLog({
    brokers: cluster.addresses,
    clientId: 'foreign-batches',
    maxInflatedBytes: 1_000_000,
  });
}, 180_000);

afterAll(async () => {
  await log?.close();
  await cluster?.stop();
}, 60_000);

const freshTopic = async (partitions = 1): Promise<string> => {
  const name = `foreign.${topicNumber++}`;
  await log.ensureTopics([{ name, partitions }]);
  return name;
};

describe('batches of other producers', () => {
  it('of the Java client are read where the codec is known, and are values where it is not', async () => {
    const topic = await freshTopic();
    const tool = (codec: string): Promise<string> =>
      runTool(
        'org.apache.kafka.tools.ConsoleProducer',
        [
          '--bootstrap-server',
          broker.address,
          '--topic',
          topic,
          '--compression-codec',
          codec,
          '--reader-property',
          'parse.key=true',
          '--reader-property',
          'parse.headers=true',
        ],
        `${SEVEN_HEADERS.join(',')}\tkey\t${codec} ${'x'.repeat(300)}\n`,
      );
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) await tool(codec);
    const chunks = await chunksOf(log, topic);
    const read = recordsOf(chunks);
    expect(
      read.map((found) => [
        found.offset,
        textOf(found).split(' ')[0],
        found.key?.toString(),
        found.headers.entries().map(([name, value]) => `${name}:${value.toString()}`),
      ]),
    ).toEqual([
      [0, 'none', 'key', SEVEN_HEADERS],
      [1, 'gzip', 'key', SEVEN_HEADERS],
    ]);
    expect(
      chunks.flatMap((chunk) =>
        chunk.kind === 'unreadable' ? [[chunk.firstOffset, chunk.reason, chunk.message]] : [],
      ),
    ).toEqual([
      [2, 'CODEC_UNSUPPORTED', 'compressed with snappy, which is not read here'],
      [3, 'CODEC_UNSUPPORTED', 'compressed with lz4, which is not read here'],
      [4, 'CODEC_UNSUPPORTED', 'compressed with zstd, which is not read here'],
    ]);
  }, 120_000);

  it('are transcoded by the broker where the topic is uncompressed, as inboxes are', async () => {
    const topic = `foreign.${topicNumber++}`;
    await log.ensureTopics([{ name: topic, partitions: 1, config: { 'compression.type': 'uncompressed' } }]);
    const args = ['--bootstrap-server', broker.address, '--topic', topic, '--compression-codec', 'zstd'];
    await runTool('org.apache.kafka.tools.ConsoleProducer', args, 'first\nsecond\n');
    expect(await textsOf(log, topic)).toEqual(['first', 'second']);
  }, 60_000);

  it('that inflate beyond the limit are values, and reading goes on', async () => {
    const topic = await freshTopic();
    const at = { topic, partition: 0 };
    const bomb = gzipSync(recordsPart(at, [Buffer.alloc(5_000_000)]));
    await appendBatch(cluster.addresses, at, compressedBatch('gzip', bomb, 1));
    await appendBatch(
      cluster.addresses,
      at,
      compressedBatch('gzip', gzipSync(recordsPart(at, [Buffer.from('small'), Buffer.from('too')])), 2),
    );
    const chunks = await chunksOf(log, topic);
    expect(chunks).toMatchObject([
      { kind: 'unreadable', reason: 'BATCH_TOO_LARGE', firstOffset: 0, count: 1 },
      { kind: 'records', nextOffset: 3 },
    ]);
    expect(chunks.flatMap((chunk) => (chunk.kind === 'records' ? chunk.records.map(textOf) : []))).toEqual([
      'small',
      'too',
    ]);
  });

  it('with another partitioner lie where they were put, and say so', async () => {
    const topic = await freshTopic(4);
    const kafka = new Kafka({ brokers: [...cluster.addresses], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      idempotent: true, // else it writes twice what it sends again, as it does while a leader is being found
      createPartitioner:
        () =>
        ({ message }) =>
          Number(message.value) % 4,
    });
    await producer.connect();
    await producer.send({
      topic,
      messages: numbers(0, 8).map((value) => ({ key: 'same key', value, headers: { from: ['x', 'y'] } })),
    });
    await producer.disconnect();
    const read = await readTopic(log, topic);
    expect(
      read.map((found) => [
        found.partition,
        textOf(found),
        found.headers.text('from'),
        found.headers.entries().length,
      ]),
    ).toEqual([0, 4, 1, 5, 2, 6, 3, 7].map((value) => [value % 4, `${value}`, 'y', 2]));
  }, 30_000);

  it('of transactions show when committed; rolled back ones and markers are passed over', async () => {
    const topic = await freshTopic();
    const kafka = new Kafka({ brokers: [...cluster.addresses], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({
      transactionalId: 'faults',
      maxInFlightRequests: 1,
      idempotent: true,
      createPartitioner: Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    for (const [value, end] of [
      ['lost', 'abort'],
      ['kept', 'commit'],
      ['lost too', 'abort'],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({
        topic,
        messages: [
          { partition: 0, key: null, value },
          { partition: 0, key: null, value },
        ],
      });
      await transaction[end]();
    }
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ partition: 0, key: null, value: 'open' }] });
    expect(await log.ends(topic)).toEqual([{ partition: 0, start: 0, end: 9 }]); // an open transaction is not the end of the log
    const reader = log.reader();
    reader.seek({ topic, partition: 0 }, 0);
    const chunks: Chunk[] = [];
    for (let next = 0; next < 9;) {
      for (const chunk of await reader.poll(1_000)) {
        chunks.push(chunk);
        next = chunk.nextOffset;
      }
    }
    expect(
      chunks.flatMap((chunk) =>
        chunk.kind === 'records' ? chunk.records.map((found) => [found.offset, textOf(found)]) : [],
      ),
    ).toEqual([
      [3, 'kept'],
      [4, 'kept'],
    ]);
    expect(chunks.at(-1)).toMatchObject({ nextOffset: 9, highWatermark: 9 });
    await open.commit();
    await producer.disconnect();
    const last = await readLast(log, topic, (await log.ends(topic))[0]!);
    expect(textOf(last!)).toBe('open');
    await reader.close();
  }, 30_000);

  it('written here are read by the Java client', async () => {
    const topic = await freshTopic();
    const producer = log.producer();
    const headers = SEVEN_HEADERS.map((header): HeaderEntry => {
      const [name, value] = header.split(':');
      return [name!, Buffer.from(value!)];
    });
    await producer.send([
      { ...record(topic, 0, 'first'), headers },
      { ...record(topic, 0, 'null key'), key: null },
      { ...record(topic, 0, ''), value: null },
    ]);
    await producer.close();
    const property = (name: string): string[] => ['--formatter-property', `print.${name}=true`];
    const output = await runTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', broker.address, '--topic', topic, '--from-beginning', '--max-messages', '3'],
      ...property('headers'),
      ...property('key'),
      ...property('offset'),
    ]);
    expect(output.trim().split('\n')).toEqual([
      `Offset:0\t${SEVEN_HEADERS.join(',')}\tk\tfirst`,
      'Offset:1\tNO_HEADERS\tnull\tnull key',
      'Offset:2\tNO_HEADERS\tk\tnull',
    ]);
  }, 60_000);
});
