/** What a real broker and a bad network do to the adapter: lost and partial answers, corrupt and foreign batches, transactions, restarts. */
import { TransientFailure } from '#kernel';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Chunk, EventLog, LogRecord, NewRecord } from '../port';
import { readLast, readRange, readTopic, untilAvailable } from '../read';
import { runTool, startCluster, type TestBroker, type TestCluster } from './broker.testing';
import { appendBatch, compressedBatch, recordsPart } from './foreign.testing';
import { createKafkaLog } from './index';
import { BrokerProxy } from './proxy.testing';
import { Cursor, Writer } from './wire/bytes';
import { decodeProduce } from './wire/produce';

let cluster: TestCluster;
let broker: TestBroker;
let proxy: BrokerProxy;
let log: EventLog;
let topicNumber = 0;

const logWith = (options: { requestTimeoutMs?: number; deliveryTimeoutMs?: number } = {}): EventLog =>
  createKafkaLog({ brokers: cluster.addresses, clientId: 'faults', maxInflatedBytes: 1_000_000, ...options });

beforeAll(async () => {
  cluster = await startCluster(1, {}, async (port) => {
    proxy = await BrokerProxy.before(port);
    return proxy.port;
  });
  broker = cluster.brokers[0]!;
  log = logWith({ requestTimeoutMs: 1_000 });
}, 180_000);

afterAll(async () => {
  await log?.close();
  await cluster?.stop();
  await proxy?.close();
}, 60_000);

const freshTopic = async (partitions = 1): Promise<string> => {
  const name = `faults.${topicNumber++}`;
  await log.ensureTopics([{ name, partitions }]);
  return name;
};

const record = (topic: string, partition: number, value: string): NewRecord => ({ topic, partition, key: Buffer.from('k'), value: Buffer.from(value), headers: [] });
const numbered = (topic: string, partition: number, from: number, to: number): NewRecord[] => Array.from({ length: to - from }, (_, index) => record(topic, partition, `${from + index}`));
const textOf = ({ value }: LogRecord): string => value!.toString();
const texts = async (topic: string): Promise<string[]> => (await readTopic(log, topic)).map(textOf);
const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, index) => `${from + index}`);

const readAll = async (topic: string): Promise<Chunk[]> => {
  const chunks: Chunk[] = [];
  const [ends] = await log.ends(topic);
  for await (const chunk of readRange(log, topic, 0, 0, ends!.end)) chunks.push(chunk);
  return chunks;
};

describe('a lost answer', () => {
  it.each([
    ['that never comes', undefined],
    ['with the connection', 'cut' as const],
  ])('%s loses nothing and appends nothing twice', async (_, fault) => {
    const topic = await freshTopic(2);
    const producer = log.producer();
    await producer.send([...numbered(topic, 0, 0, 10), ...numbered(topic, 1, 0, 5)]);
    const before = proxy.produced;
    proxy.onNextProduceAnswer(() => fault);
    const first = producer.send([...numbered(topic, 0, 10, 20), ...numbered(topic, 1, 5, 7)]);
    const second = producer.send(numbered(topic, 0, 20, 30));
    expect((await first).map(({ offset }) => offset)).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 5, 6]);
    expect((await second)[0]).toEqual({ topic, partition: 0, offset: 20 });
    expect(proxy.produced - before).toBe(3); // the batch, the same batch again, the second send
    await producer.close();
    expect(await texts(topic)).toEqual([...numbers(0, 30), ...numbers(0, 7)]);
  }, 30_000);

  it('for longer than a producer waits is made good by a new producer and the tail', async () => {
    const impatient = logWith({ requestTimeoutMs: 300, deliveryTimeoutMs: 1_000 });
    const topic = await freshTopic();
    const producer = impatient.producer();
    await producer.send(numbered(topic, 0, 0, 5));
    proxy.onEveryProduceAnswer(() => undefined);
    await expect(producer.send(numbered(topic, 0, 5, 10))).rejects.toThrow(TransientFailure);
    await expect(producer.send(numbered(topic, 0, 10, 11))).rejects.toThrow('spent');
    await producer.close();
    proxy.onEveryProduceAnswer();

    const last = await readLast(log, topic, (await log.ends(topic))[0]!);
    expect(textOf(last!)).toBe('9'); // it was appended: nothing is left to send again
    const successor = impatient.producer();
    await successor.send(numbered(topic, 0, Number(textOf(last!)) + 1, 12));
    await impatient.close();
    expect(await texts(topic)).toEqual(numbers(0, 12));
  }, 30_000);
});

describe('an answer that names one of two partitions', () => {
  it('is not taken for success', async () => {
    const topic = await freshTopic(2);
    const producer = log.producer();
    proxy.onNextProduceAnswer((answer) => {
      const { partitions } = decodeProduce(answer);
      expect(partitions).toHaveLength(2);
      const { partition, baseOffset } = partitions[0]!;
      return new Writer().int32(1).string(topic).int32(1).int32(partition).int16(0).int64(baseOffset).int64(0).int64(0).int32(0).buffer();
    });
    await expect(producer.send([record(topic, 0, 'a'), record(topic, 1, 'b')])).rejects.toMatchObject({ code: 'PLAYHEAD_LOG_SEND_INCOMPLETE', disposition: 'retry' });
    await producer.close();
  });

  it('or says NOT_LEADER for one of them, which alone is sent again', async () => {
    const topic = await freshTopic(2);
    const producer = log.producer();
    await producer.send([record(topic, 0, 'a'), record(topic, 1, 'b')]);
    proxy.onNextProduceAnswer((answer) => {
      const cursor = new Cursor(answer, 0, answer.length);
      cursor.int32();
      cursor.string();
      cursor.int32();
      const changed = Buffer.from(answer);
      changed.writeInt16BE(6, cursor.at + 4); // the first partition's error
      return changed;
    });
    const positions = await producer.send([record(topic, 0, 'c'), record(topic, 1, 'd')]);
    await producer.close();
    // The broker had appended it: the second time it answers with the position of the first.
    expect(positions).toEqual([
      { topic, partition: 0, offset: 1 },
      { topic, partition: 1, offset: 1 },
    ]);
    expect(await texts(topic)).toEqual(['a', 'c', 'b', 'd']);
  });
});

describe('batches of other producers', () => {
  it('of the Java client are read where the codec is known, and are values where it is not', async () => {
    const topic = await freshTopic();
    const tool = (codec: string): Promise<string> =>
      runTool(
        'org.apache.kafka.tools.ConsoleProducer',
        ['--bootstrap-server', broker.address, '--topic', topic, '--compression-codec', codec, '--reader-property', 'parse.key=true', '--reader-property', 'parse.headers=true'],
        `a:1,b:2\tkey\t${codec} ${'x'.repeat(300)}\n`,
      );
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) await tool(codec);
    const chunks = await readAll(topic);
    const read = chunks.flatMap((chunk) => (chunk.kind === 'records' ? chunk.records : []));
    expect(read.map((found) => [found.offset, textOf(found).split(' ')[0], found.key?.toString(), found.headers.text('b')])).toEqual([
      [0, 'none', 'key', '2'],
      [1, 'gzip', 'key', '2'],
    ]);
    expect(chunks.flatMap((chunk) => (chunk.kind === 'unreadable' ? [[chunk.firstOffset, chunk.reason, chunk.message]] : []))).toEqual([
      [2, 'CODEC_UNSUPPORTED', 'compressed with snappy, which is not read here'],
      [3, 'CODEC_UNSUPPORTED', 'compressed with lz4, which is not read here'],
      [4, 'CODEC_UNSUPPORTED', 'compressed with zstd, which is not read here'],
    ]);
  }, 120_000);

  it('are transcoded by the broker where the topic is uncompressed, as inboxes are', async () => {
    const topic = `faults.${topicNumber++}`;
    await log.ensureTopics([{ name: topic, partitions: 1, config: { 'compression.type': 'uncompressed' } }]);
    const args = ['--bootstrap-server', broker.address, '--topic', topic, '--compression-codec', 'zstd'];
    await runTool('org.apache.kafka.tools.ConsoleProducer', args, 'first\nsecond\n');
    expect(await texts(topic)).toEqual(['first', 'second']);
  }, 60_000);

  it('that inflate beyond the limit are values, and reading goes on', async () => {
    const topic = await freshTopic();
    const at = { topic, partition: 0 };
    const bomb = gzipSync(recordsPart(at, [Buffer.alloc(5_000_000)]));
    await appendBatch(cluster.addresses, at, compressedBatch('gzip', bomb, 1));
    await appendBatch(cluster.addresses, at, compressedBatch('gzip', gzipSync(recordsPart(at, [Buffer.from('small'), Buffer.from('too')])), 2));
    const chunks = await readAll(topic);
    expect(chunks).toMatchObject([
      { kind: 'unreadable', reason: 'BATCH_TOO_LARGE', firstOffset: 0, count: 1 },
      { kind: 'records', nextOffset: 3 },
    ]);
    expect(chunks.flatMap((chunk) => (chunk.kind === 'records' ? chunk.records.map(textOf) : []))).toEqual(['small', 'too']);
  });

  it('with another partitioner lie where they were put, and say so', async () => {
    const topic = await freshTopic(4);
    const kafka = new Kafka({ brokers: [...cluster.addresses], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ createPartitioner: () => ({ message }) => Number(message.value) % 4 });
    await producer.connect();
    await producer.send({ topic, messages: numbers(0, 8).map((value) => ({ key: 'same key', value, headers: { from: ['x', 'y'] } })) });
    await producer.disconnect();
    const read = await readTopic(log, topic);
    expect(read.map((found) => [found.partition, textOf(found), found.headers.text('from'), found.headers.entries().length])).toEqual(
      [0, 4, 1, 5, 2, 6, 3, 7].map((value) => [value % 4, `${value}`, 'y', 2]),
    );
  }, 30_000);

  it('of transactions show when committed; rolled back ones and markers are passed over', async () => {
    const topic = await freshTopic();
    const kafka = new Kafka({ brokers: [...cluster.addresses], logLevel: logLevel.NOTHING });
    const producer = kafka.producer({ transactionalId: 'faults', maxInFlightRequests: 1, idempotent: true, createPartitioner: Partitioners.DefaultPartitioner });
    await producer.connect();
    for (const [value, end] of [['lost', 'abort'], ['kept', 'commit'], ['lost too', 'abort']] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ partition: 0, key: null, value }, { partition: 0, key: null, value }] });
      await transaction[end]();
    }
    const open = await producer.transaction();
    await open.send({ topic, messages: [{ partition: 0, key: null, value: 'open' }] });
    expect(await log.ends(topic)).toEqual([{ partition: 0, start: 0, end: 9 }]); // an open transaction is not the end of the log
    const reader = log.reader();
    reader.seek({ topic, partition: 0 }, 0);
    const chunks: Chunk[] = [];
    for (let next = 0; next < 9; ) {
      for (const chunk of await reader.poll(1_000)) {
        chunks.push(chunk);
        next = chunk.nextOffset;
      }
    }
    expect(chunks.flatMap((chunk) => (chunk.kind === 'records' ? chunk.records.map((found) => [found.offset, textOf(found)]) : []))).toEqual([
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
    const headers = [['ce_type', Buffer.from('a')], ['ce_type', Buffer.from('b')]] as const;
    await producer.send([{ ...record(topic, 0, 'first'), headers }, { ...record(topic, 0, 'null key'), key: null }, { ...record(topic, 0, ''), value: null }]);
    await producer.close();
    const property = (name: string): string[] => ['--formatter-property', `print.${name}=true`];
    const output = await runTool('org.apache.kafka.tools.consumer.ConsoleConsumer', [
      ...['--bootstrap-server', broker.address, '--topic', topic, '--from-beginning', '--max-messages', '3'],
      ...property('headers'),
      ...property('key'),
      ...property('offset'),
    ]);
    expect(output.trim().split('\n')).toEqual(['Offset:0\tce_type:a,ce_type:b\tk\tfirst', 'Offset:1\tNO_HEADERS\tnull\tnull key', 'Offset:2\tNO_HEADERS\tk\tnull']);
  }, 60_000);
});

describe('a recreated topic', () => {
  it('is noticed by a reader that stood beyond its end, and by a producer', async () => {
    const topic = await freshTopic();
    const producer = log.producer();
    await producer.send(numbered(topic, 0, 0, 10));
    const reader = log.reader();
    reader.seek({ topic, partition: 0 }, 10);
    expect(await reader.poll(200)).toEqual([]);
    await log.deleteTopics([topic]);
    await log.ensureTopics([{ name: topic, partitions: 1 }]);
    await expect(producer.send(numbered(topic, 0, 10, 12))).rejects.toMatchObject({ disposition: expect.stringMatching(/halt|retry/) as string });
    const halted = untilAvailable(() => reader.poll(1_000).then((chunks) => (chunks.length > 0 ? chunks : Promise.reject(new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'nothing yet')))), () => Promise.resolve());
    await expect(halted).rejects.toMatchObject({ code: 'PLAYHEAD_LOG_HOLE', disposition: 'halt' });
    await reader.close();
    await producer.close();
  }, 30_000);
});

describe('a topic with a small limit', () => {
  it('gets smaller batches, in order; a record beyond the limit is refused', async () => {
    const topic = `faults.${topicNumber++}`;
    await log.ensureTopics([{ name: topic, partitions: 1, config: { 'max.message.bytes': '5000' } }]);
    const producer = log.producer();
    const offsets = (await producer.send(numbered(topic, 0, 0, 1_000))).map(({ offset }) => offset);
    expect(offsets).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    expect(await texts(topic)).toEqual(numbers(0, 1_000));
    await expect(producer.send([record(topic, 0, 'x'.repeat(6_000))])).rejects.toMatchObject({ code: 'PLAYHEAD_REQUEST_TOO_LARGE', disposition: 'refuse' });
    await producer.close();
  });
});

describe('a broker that restarts', () => {
  it('is waited for by readers, producers and members; a batch that broke on its disk is a value', async () => {
    const topic = await freshTopic();
    const patient = logWith({ requestTimeoutMs: 2_000, deliveryTimeoutMs: 60_000 });
    const told: string[] = [];
    const membership = await patient.join({
      group: 'restart',
      topics: [topic],
      sessionTimeoutMs: 30_000,
      listener: { assigned: () => told.push('assigned'), rebalancing: () => told.push('rebalancing'), lost: () => told.push('lost') },
    });
    const producer = patient.producer();
    for (const value of ['first', 'second', 'third']) await producer.send([record(topic, 0, value)]);
    const reader = patient.reader();
    reader.seek({ topic, partition: 0 }, 3);
    expect(await reader.poll(100)).toEqual([]);

    await broker.stop();
    await expect(patient.ping()).rejects.toThrow(TransientFailure);
    await expect(log.ends(topic)).rejects.toThrow(TransientFailure);
    breakByte(join(broker.partitionDirectory(topic, 0), '00000000000000000000.log'), 'second');
    const sent = producer.send([record(topic, 0, 'fourth')]); // into the void, until the broker is back
    await broker.start();

    expect((await sent)[0]).toEqual({ topic, partition: 0, offset: 3 });
    const pollOnce = async (): Promise<Chunk[]> => {
      const chunks = await reader.poll(500);
      return chunks.length > 0 ? chunks : Promise.reject(new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'nothing yet'));
    };
    const [chunk] = await untilAvailable(pollOnce, (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    expect(chunk).toMatchObject({ kind: 'records', nextOffset: 4 });
    await untilAvailable(() => membership.commit([{ topic, partition: 0, offset: 4, metadata: 'm' }]), (ms) => new Promise((resolve) => setTimeout(resolve, ms)));
    expect(told).not.toContain('lost');
    expect((await readAll(topic)).map((found) => (found.kind === 'records' ? found.records.map(textOf) : [found.reason, found.firstOffset, found.lastOffset, found.nextOffset]))).toEqual([
      ['first'],
      ['BATCH_CORRUPT', 1, 1, 2],
      ['third', 'fourth'],
    ]);
    await patient.close();
  }, 120_000);
});

/** Changes one byte of a text on the disk. */
const breakByte = (file: string, text: string): void => {
  const bytes = readFileSync(file);
  const at = bytes.indexOf(text);
  if (at < 0) throw new Error(`${text} is not in ${file}`);
  bytes[at] = bytes[at]! ^ 0x20;
  writeFileSync(file, bytes);
};
