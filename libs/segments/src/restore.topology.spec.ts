import { EnvelopeTemplate, HEADERS, TOPICS, qualify } from '#contracts';
import {
  FoldRunner,
  NoControl,
  checksumOf,
  createMemoryLog,
  perRecord,
  readTopic,
  type EventLog,
  type Fold,
  type LogProducer,
} from '#eventlog';
import { MovableClock, TransientFailure, formatPosition } from '#kernel';
import { settle } from '#testing';
import { cutPartition } from './cut';
import { restoreInbox, restoreTopic, sealedTopics, type RestoreContext } from './restore';
import { openSegmentedLog } from './segmented-log';
import { AT, NAMESPACE, NAME, SealedWorld, TOPIC, contentOf, recordOf } from './segments.testing';

const onto = (world: SealedWorld, log: EventLog): RestoreContext => ({
  log,
  artifacts: world.artifacts,
  namespace: NAMESPACE,
  now: () => world.now,
});

const restoreAll = async (context: RestoreContext) => {
  const reports = [];
  for (const topic of await sealedTopics(context.artifacts))
    reports.push(...(await restoreTopic(context, topic)));
  return reports;
};

describe('restoring', () => {
  const sealedWorld = async (): Promise<SealedWorld> => {
    const world = await SealedWorld.make(3);
    for (const partition of [0, 1]) await world.append(0, 250 - 30 * partition, partition);
    for (const partition of [0, 1]) await world.seal('end', world.context(), { topic: TOPIC, partition });
    return world;
  };

  it('brings back offsets, append times and bytes to an empty broker, from labels alone', async () => {
    const world = await sealedWorld();
    const whole = await Promise.all(
      [0, 1].map((partition) => contentOf(world.log, 0, 220, { topic: TOPIC, partition })),
    );
    world.now += 86_400_000;
    const log = createMemoryLog({ now: () => world.now });
    const reports = await restoreAll(onto(world, log));
    expect(reports.map(({ partition, compared, faults }) => [partition, compared, faults])).toEqual([
      [0, 250, []],
      [1, 220, []],
      [2, 0, []],
    ]);
    expect(await log.ends(TOPIC)).toEqual([
      { partition: 0, start: 0, end: 250 },
      { partition: 1, start: 0, end: 220 },
      { partition: 2, start: 0, end: 0 },
    ]);
    expect(
      await Promise.all([0, 1].map((partition) => contentOf(log, 0, 220, { topic: TOPIC, partition }))),
    ).toEqual(whole);
    await log.ensureTopics([{ name: TOPIC, partitions: 3 }]); // stamps by itself again
    expect(await restored(world, log)).toEqual(await restored(world, world.log));
  });

  it('begins where the first segment begins', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 130);
    await world.log.deleteRecords(AT, 40);
    await world.seal('end');
    const log = createMemoryLog({ now: () => world.now });
    await restoreAll(onto(world, log));
    expect(await log.ends(TOPIC)).toEqual([{ partition: 0, start: 40, end: 130 }]);
    expect(await contentOf(log, 40, 130)).toEqual(await contentOf(world.log, 40, 130));
  });

  it('killed at any step and begun again gives the same', async () => {
    const world = await sealedWorld();
    for (let step = 1; step <= 7; step++) {
      const log = createMemoryLog({ now: () => world.now });
      let sends = 0;
      const killed = Object.assign(Object.create(log) as EventLog, {
        producer: (): LogProducer => {
          const producer = log.producer();
          return {
            close: () => producer.close(),
            send: async (records) => {
              const positions = await producer.send(records);
              if (++sends === step) throw new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'killed');
              return positions;
            },
          };
        },
      });
      await expect(restoreAll(onto(world, killed))).rejects.toMatchObject({ disposition: 'retry' });
      await restoreAll(onto(world, log));
      expect(await contentOf(log, 0, 250)).toEqual(await contentOf(world.log, 0, 250));
    }
  });

  it('begun again goes past the topics that are back, and refuses one that went on', async () => {
    const world = await sealedWorld();
    const log = createMemoryLog({ now: () => world.now });
    await restoreAll(onto(world, log));
    const sends: string[] = [];
    const watched = Object.assign(Object.create(log) as EventLog, {
      producer: (): LogProducer => {
        const producer = log.producer();
        return {
          close: () => producer.close(),
          send: (records) => {
            sends.push(records[0]!.topic);
            return producer.send(records);
          },
        };
      },
    });
    const reports = await restoreAll(onto(world, watched));
    expect(reports.map(({ compared, faults }) => [compared, faults])).toEqual([
      [250, []],
      [220, []],
      [0, []],
    ]);
    expect(sends).toEqual([]);
    await log.producer().send([recordOf(250)]);
    await expect(restoreAll(onto(world, log))).rejects.toMatchObject({ code: 'PLAYHEAD_CONFLICT' });
  });

  it('refuses a topic that holds records, a range without a segment, and markers of transactions', async () => {
    const world = await sealedWorld();
    await world.append(250, 251);
    await expect(restoreAll(onto(world, world.log))).rejects.toMatchObject({ code: 'PLAYHEAD_CONFLICT' });
    const [sealed] = await sealedTopics(world.artifacts);
    const gap = { ...sealed!, ranges: sealed!.ranges.filter(({ first }) => first !== 100) };
    const log = createMemoryLog();
    await expect(restoreTopic(onto(world, log), gap)).rejects.toMatchObject({ code: 'PLAYHEAD_LOG_HOLE' });
    const other = await SealedWorld.make();
    await other.append(0, 5);
    other.log.appendPassed(AT, 1);
    await other.seal('end');
    await expect(restoreAll(onto(other, log))).rejects.toThrow('5 were markers of transactions');
  });

  it('makes the inbox of a stream go on behind what was decided', async () => {
    const world = await SealedWorld.make(2);
    const template = new EnvelopeTemplate({ type: 't', source: TOPICS.inbox('s') });
    await world.log.ensureTopics([{ name: qualify(NAMESPACE, TOPICS.rejections('s')), partitions: 2 }]);
    const producer = world.log.producer();
    const outcome = (topic: string, partition: number, offset: number) => ({
      topic: qualify(NAMESPACE, topic),
      partition,
      key: null,
      value: null,
      headers: template.headers(formatPosition(partition, offset), '2026-01-01T00:00:00.000Z'),
    });
    await producer.send([outcome(NAME, 0, 6), outcome(TOPICS.rejections('s'), 0, 8), outcome(NAME, 1, 3)]);
    await producer.close();
    const inbox = qualify(NAMESPACE, TOPICS.inbox('s'));
    const killed = Object.assign(Object.create(world.log) as EventLog, {
      deleteRecords: () => Promise.reject(new TransientFailure('PLAYHEAD_LOG_UNAVAILABLE', 'killed')),
    });
    await expect(restoreInbox({ log: killed, namespace: NAMESPACE }, 's', 'group', {})).rejects.toThrow(
      'killed',
    );
    expect(await restoreInbox({ log: world.log, namespace: NAMESPACE }, 's', 'group', {})).toEqual([9, 4]);
    expect(await restoreInbox({ log: world.log, namespace: NAMESPACE }, 's', 'group', {})).toEqual([]);
    await world.log.ensureTopics([{ name: inbox, partitions: 2 }]); // stamps by itself again
    expect(await world.log.ends(inbox)).toEqual([
      { partition: 0, start: 9, end: 9 },
      { partition: 1, start: 4, end: 4 },
    ]);
    expect([...(await world.log.committed('group', inbox))].map(([, { offset }]) => offset)).toEqual([9, 4]);
  });
});

const restored = async (world: SealedWorld, log: EventLog): Promise<unknown> =>
  (await openSegmentedLog({ log, artifacts: world.artifacts, namespace: NAMESPACE }).ends(TOPIC)).map(
    ({ start, end }) => [start, end],
  );

describe('a fold over a log that was cut', () => {
  const TOTALS = 'feature.totals';
  const template = new EnvelopeTemplate({ type: 'feature.total.changed', source: NAME });
  const sum: Fold<{ sum: number }, undefined> = {
    name: 'sum',
    initial: () => ({ sum: 0 }),
    process: perRecord((state, record, round) => {
      state.sum += record.offset;
      round.emit({
        topic: qualify(NAMESPACE, TOTALS),
        partition: record.partition,
        key: null,
        value: Buffer.from(String(state.sum)),
        headers: template.headers(
          formatPosition(record.partition, record.offset),
          '2026-01-01T00:00:00.000Z',
          [HEADERS.sourceCrc, checksumOf(record.value)],
        ),
        source: record.offset,
        k: 0,
      });
    }),
    restore: { from: 'source' },
    total: true,
    dropSeen: true,
  };
  const sleep = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));
  const run = async (log: EventLog): Promise<void> => {
    const runner = new FoldRunner({
      log,
      namespace: NAMESPACE,
      service: 'feature',
      fold: sum,
      source: NAME,
      primary: TOTALS,
      control: new NoControl(),
      clock: new MovableClock(1_000),
      sleep,
    });
    await runner.start();
    await settle(log, TOPIC, runner);
    await runner.stop();
  };

  it('takes over although the source record that its tail names is cut, and has its state back from zero', async () => {
    const world = await SealedWorld.make();
    await world.log.ensureTopics([
      { name: qualify(NAMESPACE, TOTALS), partitions: 1 },
      { name: qualify(NAMESPACE, TOPICS.deadLetters('feature')), partitions: 1 },
    ]);
    await world.append(0, 300);
    await run(world.log);
    await world.seal();
    await world.append(300, 302);
    await cutPartition(world.context(), AT, {});
    expect(await world.log.ends(TOPIC)).toEqual([{ partition: 0, start: 300, end: 302 }]);
    await run(world.segmented());
    const totals = (await readTopic(world.log, qualify(NAMESPACE, TOTALS))).map(({ value }) => Number(value));
    expect(totals).toHaveLength(302);
    expect(totals[301]).toBe((301 * 302) / 2);
  });
});
