/** What a real broker and a bad network do to the adapter: lost and partial answers, recreated topics, restarts. */
import { TransientFailure } from '#kernel';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { Chunk, EventLog } from '../port';
import { readLast, untilAvailable } from '../read';
import { startCluster, type TestBroker, type TestCluster } from './testing/broker.testing';
import { createKafkaLog } from './index';
import { BrokerProxy } from './testing/proxy.testing';
import { chunksOf, numbered, numbers, record, textOf, textsOf } from './testing/records.testing';
import { Cursor, Writer } from './wire/bytes';
import { decodeProduce } from './wire/produce';

let cluster: TestCluster;
let broker: TestBroker;
let proxy: BrokerProxy;
let log: EventLog;
let topicNumber = 0;

const logWith = (options: { requestTimeoutMs?: number; deliveryTimeoutMs?: number } = {}): EventLog =>
  createKafkaLog({ brokers: cluster.addresses, clientId: 'faults', ...options });

beforeAll(async () => {
  cluster = await startCluster(1, { 'group.min.session.timeout.ms': '1000' }, async (port) => {
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

describe('a lost answer', () => {
  it.each([
    ['that never comes', undefined],
    ['with the connection', 'cut' as const],
  ])(
    '%s loses nothing and appends nothing twice',
    async (_, fault) => {
      const topic = await freshTopic(2);
      const producer = log.producer();
      await producer.send([...numbered(topic, 0, 0, 10), ...numbered(topic, 1, 0, 5)]);
      const before = proxy.produced;
      proxy.onNextProduceAnswer(() => fault);
      const first = producer.send([...numbered(topic, 0, 10, 20), ...numbered(topic, 1, 5, 7)]);
      const second = producer.send(numbered(topic, 0, 20, 30));
      expect((await first).map(({ offset }) => offset)).toEqual([
        10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 5, 6,
      ]);
      expect((await second)[0]).toEqual({ topic, partition: 0, offset: 20 });
      expect(proxy.produced - before).toBe(3); // the batch, the same batch again, the second send
      await producer.close();
      expect(await textsOf(log, topic)).toEqual([...numbers(0, 30), ...numbers(0, 7)]);
    },
    30_000,
  );

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
    expect(await textsOf(log, topic)).toEqual(numbers(0, 12));
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
      return new Writer()
        .int32(1)
        .string(topic)
        .int32(1)
        .int32(partition)
        .int16(0)
        .int64(baseOffset)
        .int64(0)
        .int64(0)
        .int32(0)
        .buffer();
    });
    await expect(producer.send([record(topic, 0, 'a'), record(topic, 1, 'b')])).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_SEND_INCOMPLETE',
      disposition: 'retry',
    });
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
    expect(await textsOf(log, topic)).toEqual(['a', 'c', 'b', 'd']);
  });
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
    await expect(producer.send(numbered(topic, 0, 10, 12))).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_REWRITTEN',
      disposition: 'halt',
    });
    const halted = untilAvailable(
      () =>
        reader
          .poll(1_000)
          .then((chunks) =>
            chunks.length > 0
              ? chunks
              : Promise.reject(new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'nothing yet')),
          ),
      () => Promise.resolve(),
    );
    await expect(halted).rejects.toMatchObject({ code: 'PLAYHEAD_LOG_HOLE', disposition: 'halt' });
    await reader.close();
    await producer.close();
  }, 30_000);
});

describe('a group of a topic that does not exist yet', () => {
  it('is to be joined later', async () => {
    const listener = { assigned: () => undefined, rebalancing: () => undefined, lost: () => undefined };
    await expect(log.join({ group: 'early', topics: ['faults.absent'], listener })).rejects.toMatchObject({
      disposition: 'retry',
    });
  });
});

describe('a topic with a small limit', () => {
  it('gets smaller batches, in order; a record beyond the limit is refused', async () => {
    const topic = `faults.${topicNumber++}`;
    await log.ensureTopics([{ name: topic, partitions: 1, config: { 'max.message.bytes': '5000' } }]);
    const producer = log.producer();
    const offsets = (await producer.send(numbered(topic, 0, 0, 1_000))).map(({ offset }) => offset);
    expect(offsets).toEqual(Array.from({ length: 1_000 }, (_, index) => index));
    expect(await textsOf(log, topic)).toEqual(numbers(0, 1_000));
    await expect(producer.send([record(topic, 0, 'x'.repeat(6_000))])).rejects.toMatchObject({
      code: 'PLAYHEAD_REQUEST_TOO_LARGE',
      disposition: 'refuse',
    });
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
      listener: {
        assigned: () => told.push('assigned'),
        rebalancing: () => told.push('rebalancing'),
        lost: () => told.push('lost'),
      },
    });
    const producer = patient.producer();
    for (const value of ['first', 'second', 'third']) await producer.send([record(topic, 0, value)]);
    const reader = patient.reader();
    reader.seek({ topic, partition: 0 }, 3);
    expect(await reader.poll(100)).toEqual([]);

    const hasty: string[] = [];
    const doomed = await patient.join({
      group: 'hasty',
      topics: [topic],
      sessionTimeoutMs: 1_000,
      listener: {
        assigned: () => undefined,
        rebalancing: () => undefined,
        lost: (reason) => hasty.push(reason),
      },
    });

    await broker.stop();
    await expect(patient.ping()).rejects.toThrow(TransientFailure);
    await expect(log.ends(topic)).rejects.toThrow(TransientFailure);
    breakByte(join(broker.partitionDirectory(topic, 0), '00000000000000000000.log'), 'second');
    const sent = producer.send([record(topic, 0, 'fourth')]); // into the void, until the broker is back
    for (const deadline = Date.now() + 20_000; hasty.length === 0 && Date.now() < deadline;)
      await pauseFor(20);
    expect(hasty).toEqual([expect.stringMatching(/^no heartbeat for 2000 ms/)]);
    await expect(doomed.commit([{ topic, partition: 0, offset: 1 }])).rejects.toMatchObject({
      disposition: 'abandon',
    });
    await broker.start();

    expect((await sent)[0]).toEqual({ topic, partition: 0, offset: 3 });
    const pollOnce = async (): Promise<Chunk[]> => {
      const chunks = await reader.poll(500);
      return chunks.length > 0
        ? chunks
        : Promise.reject(new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'nothing yet'));
    };
    const [chunk] = await untilAvailable(pollOnce, pauseFor);
    expect(chunk).toMatchObject({ kind: 'records', nextOffset: 4 });
    await untilAvailable(
      () => membership.commit([{ topic, partition: 0, offset: 4, metadata: 'm' }]),
      pauseFor,
    );
    expect(told).not.toContain('lost');
    expect(
      (await chunksOf(log, topic)).map((found) =>
        found.kind === 'records'
          ? found.records.map(textOf)
          : [found.reason, found.firstOffset, found.lastOffset, found.nextOffset],
      ),
    ).toEqual([['first'], ['BATCH_CORRUPT', 1, 1, 2], ['third', 'fourth']]);
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
