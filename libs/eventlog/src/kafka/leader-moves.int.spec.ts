/** Leaders and coordinators that move between two brokers while everything runs. */
import { setTimeout as pauseFor } from 'node:timers/promises';
import type { AppendedPosition, Chunk, EventLog, LogReader, NewRecord, TopicPartition } from '../port';
import { readTopic } from '../read';
import { startCluster, type TestBroker, type TestCluster } from './testing/broker.testing';
import { Cluster } from './cluster';
import { createKafkaLog } from './index';

const PARTITIONS = 6;
const SETTINGS = {
  'default.replication.factor': '2',
  'offsets.topic.replication.factor': '2',
  'min.insync.replicas': '1',
  // A broker that comes back gets its leaders back after a moment: one more move.
  'leader.imbalance.check.interval.seconds': '1',
};

let cluster: TestCluster;
let log: EventLog;

beforeAll(async () => {
  cluster = await startCluster(2, SETTINGS);
  log = createKafkaLog({
    brokers: cluster.addresses,
    clientId: 'leader-moves',
    requestTimeoutMs: 2_000,
    deliveryTimeoutMs: 60_000,
  });
}, 180_000);

afterAll(async () => {
  await log?.close();
  await cluster?.stop();
}, 60_000);

/** Follows all partitions and keeps what it reads, in order of each partition. */
const follow = (reader: LogReader, topic: string): { seen: string[][]; stop: () => Promise<void> } => {
  const seen = Array.from({ length: PARTITIONS }, (): string[] => []);
  let running = true;
  for (let partition = 0; partition < PARTITIONS; partition++) reader.seek({ topic, partition }, 0);
  const loop = (async () => {
    while (running) {
      for (const chunk of await reader.poll(200).catch((): Promise<Chunk[]> => pauseFor(50, []))) {
        if (chunk.kind === 'records')
          seen[chunk.partition]!.push(...chunk.records.map(({ value }) => value!.toString()));
      }
    }
  })();
  return {
    seen,
    stop: async () => {
      running = false;
      await loop;
    },
  };
};

/** Waits until a broker leads some of the partitions. */
const leads = async ({ plan: { id } }: TestBroker, topic: string): Promise<void> => {
  const observer = new Cluster(cluster.addresses, {
    clientId: 'observer',
    connectionTimeoutMs: 2_000,
    requestTimeoutMs: 2_000,
  });
  try {
    for (
      const deadline = Date.now() + 30_000;
      !(await observer.refresh([topic])).get(topic)?.includes(id);
      await pauseFor(100)
    ) {
      if (Date.now() > deadline) throw new Error(`broker ${id} leads nothing of ${topic}`);
    }
  } finally {
    observer.close();
  }
};

describe('while leaders move', () => {
  it('every acknowledged record is there once, in order, for readers and groups alike', async () => {
    const topic = 'moves';
    await log.ensureTopics([{ name: topic, partitions: PARTITIONS }]);
    const reader = log.reader();
    const following = follow(reader, topic);
    let owned: readonly TopicPartition[] = [];
    const lost: string[] = [];
    const membership = await log.join({
      group: 'moves',
      topics: [topic],
      listener: {
        assigned: (partitions) => (owned = partitions),
        rebalancing: () => (owned = []),
        lost: (reason) => lost.push(reason),
      },
    });

    const producer = log.producer();
    const acknowledged: AppendedPosition[] = [];
    let next = 0;
    let sending = true;
    const work = (async () => {
      while (sending) {
        const number = next++;
        const round = Array.from({ length: PARTITIONS * 3 }, (_, index): NewRecord => ({
          topic,
          partition: index % PARTITIONS,
          key: null,
          value: Buffer.from(`${number}.${Math.floor(index / PARTITIONS)}`),
          headers: [],
        }));
        acknowledged.push(...(await producer.send(round)));
        await pauseFor(5);
      }
    })();

    const second = cluster.brokers[1]!;
    await leads(second, topic);
    await second.stop(); // hands its leaders over
    await pauseFor(1_500);
    await second.start();
    await leads(second, topic);
    await second.kill(); // its leaders are missing until its session ends
    await pauseFor(6_000);
    await second.start();
    await leads(second, topic);
    sending = false;
    await work;

    const expected = Array.from({ length: next }, (_, number) =>
      [0, 1, 2].map((index) => `${number}.${index}`),
    ).flat();
    const read = await readTopic(log, topic);
    for (let partition = 0; partition < PARTITIONS; partition++) {
      expect(
        read.filter((record) => record.partition === partition).map(({ value }) => value!.toString()),
      ).toEqual(expected);
    }
    expect(acknowledged).toHaveLength(expected.length * PARTITIONS);
    const byPosition = new Map(
      read.map((record) => [`${record.partition}-${record.offset}`, record.value!.toString()]),
    );
    acknowledged.forEach(({ partition, offset }, index) =>
      expect(byPosition.get(`${partition}-${offset}`)).toBe(expected[Math.floor(index / PARTITIONS)]),
    );

    for (
      const deadline = Date.now() + 20_000;
      following.seen.some(({ length }) => length < expected.length) && Date.now() < deadline;
    )
      await pauseFor(50);
    await following.stop();
    expect(following.seen).toEqual(Array.from({ length: PARTITIONS }, () => expected));

    for (const deadline = Date.now() + 20_000; owned.length < PARTITIONS && Date.now() < deadline;)
      await pauseFor(50);
    expect([owned.length, lost]).toEqual([PARTITIONS, []]);
    await membership.commit([{ topic, partition: 0, offset: 3 }]);
    expect(await log.committed('moves', topic)).toEqual(new Map([[0, { offset: 3, metadata: '' }]]));
  }, 180_000);
});
