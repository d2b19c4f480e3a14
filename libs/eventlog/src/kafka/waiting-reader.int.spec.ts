/** A reader that has waited for long: its fetch lies with the broker for seconds. */
import type { EventLog, LogReader } from '../port';
import { createKafkaLog } from './index';
import { startCluster, type TestCluster } from './testing/broker.testing';
import { record, recordsOf, textOf } from './testing/records.testing';

/** After so long without a record the fetch in flight may be held for 3.2 s more. */
const LONG_MS = 3_200;
const SOON_MS = 1_500;

let cluster: TestCluster;
let log: EventLog;
let topicNumber = 0;

beforeAll(async () => {
  cluster = await startCluster();
  log = createKafkaLog({ brokers: cluster.addresses, clientId: 'waiting-reader' });
}, 180_000);

afterAll(async () => {
  await log?.close();
  await cluster?.stop();
}, 60_000);

const waitingReader = async (): Promise<{ topic: string; reader: LogReader }> => {
  const topic = `waiting.${topicNumber++}`;
  await log.ensureTopics([{ name: topic, partitions: 2 }]);
  const producer = log.producer();
  await producer.send([record(topic, 1, 'there already')]);
  await producer.close();
  const reader = log.reader();
  reader.seek({ topic, partition: 0 }, 0);
  expect(await reader.poll(LONG_MS)).toEqual([]);
  return { topic, reader };
};

describe('a reader that has waited for long', () => {
  it('gives at once what is appended', async () => {
    const { topic, reader } = await waitingReader();
    const producer = log.producer();
    const waiting = reader.poll(10_000);
    const begun = Date.now();
    await producer.send([record(topic, 0, 'new')]);
    expect(recordsOf(await waiting).map(textOf)).toEqual(['new']);
    expect(Date.now() - begun).toBeLessThan(SOON_MS);
    await producer.close();
    await reader.close();
  }, 30_000);

  it('gives at once what stands in a partition that it is put to', async () => {
    const { topic, reader } = await waitingReader();
    const waiting = reader.poll(10_000);
    const begun = Date.now();
    reader.seek({ topic, partition: 1 }, 0);
    expect(recordsOf(await waiting).map(textOf)).toEqual(['there already']);
    expect(Date.now() - begun).toBeLessThan(SOON_MS);
    const producer = log.producer();
    await producer.send([record(topic, 0, 'new')]);
    expect(recordsOf(await reader.poll(10_000)).map(textOf)).toEqual(['new']);
    await producer.close();
    await reader.close();
  }, 30_000);
});
