import { createMemoryLog } from './memory';
import type { LogProducer, NewRecord } from './port';
import { readTopic } from './read';
import { SharedAppender } from './shared-appender';

const TOPIC = 't.ingestion.inbox.s';
const record = (value: string, partition = 0): NewRecord => ({
  topic: TOPIC,
  partition,
  key: null,
  value: Buffer.from(value),
  headers: [],
});

const world = async (maxQueuedBytes = 10_000) => {
  const log = createMemoryLog();
  await log.ensureTopics([{ name: TOPIC, partitions: 2 }]);
  const sends: number[] = [];
  let release: (() => void)[] = [];
  const producer = (): LogProducer => {
    const inner = log.producer();
    return {
      send: async (records) => {
        sends.push(records.length);
        await new Promise<void>((resolve) => release.push(resolve));
        return inner.send(records);
      },
      close: () => inner.close(),
    };
  };
  const appender = new SharedAppender({ log: { producer }, maxQueuedBytes });
  const letGo = async (): Promise<void> => {
    for (const go of release.splice(0)) go();
    release = [];
    for (let i = 0; i < 20; i++) await Promise.resolve();
  };
  return { log, appender, sends, letGo };
};

it('does not wait when idle, and lets requests share a send under load', async () => {
  const { log, appender, sends, letGo } = await world();
  const first = appender.append([record('a')]);
  expect(sends).toEqual([1]);
  const rest = [appender.append([record('b'), record('c', 1)]), appender.append([record('d')])];
  await letGo();
  expect(await first).toEqual([{ topic: TOPIC, partition: 0, offset: 0 }]);
  expect(sends).toEqual([1, 3]);
  await letGo();
  expect(await Promise.all(rest)).toEqual([
    [
      { topic: TOPIC, partition: 0, offset: 1 },
      { topic: TOPIC, partition: 1, offset: 0 },
    ],
    [{ topic: TOPIC, partition: 0, offset: 2 }],
  ]);
  expect((await readTopic(log, TOPIC)).map(({ value }) => String(value))).toEqual(['a', 'b', 'd', 'c']);
  expect(appender.backlog).toBe(0);
});

it('refuses what would make the queue too long, but never the first request', async () => {
  const { appender, letGo } = await world(200);
  const large = appender.append([record('x'.repeat(500))]);
  await expect(appender.append([record('y')])).rejects.toMatchObject({ code: 'PLAYHEAD_OVERLOADED' });
  await letGo();
  expect(await large).toHaveLength(1);
});

it('fails the requests of a send whose answer was lost, and goes on with a new producer', async () => {
  const { log, appender, letGo } = await world();
  log.injectFault(() => 'append-then-fail');
  const lost = appender.append([record('a')]);
  const after = appender.append([record('b')]);
  const outcome = lost.catch((error: unknown) => error);
  await letGo();
  expect(await outcome).toMatchObject({ code: 'PLAYHEAD_LOG_UNAVAILABLE', disposition: 'retry' });
  log.injectFault(() => 'append');
  await letGo();
  expect(await after).toEqual([{ topic: TOPIC, partition: 0, offset: 1 }]);
});

it('sends what waits before it closes, and takes nothing more', async () => {
  const { appender, letGo } = await world();
  const last = appender.append([record('a')]);
  const closing = appender.close();
  await expect(appender.append([record('b')])).rejects.toMatchObject({ code: 'PLAYHEAD_NOT_READY' });
  await letGo();
  expect(await last).toHaveLength(1);
  await closing;
});
