/** Lineage over a real broker says what it says over the log in memory. */
import { readTopic, type EventLog } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { openTracer, type LineageNode, type Subject } from '#replay';
import { startCluster, type TestCluster } from '../../libs/eventlog/src/kafka/testing/broker.testing';
import { GOLDEN, loadGolden, type GoldenLog } from './golden-log';

let golden: GoldenLog;
let cluster: TestCluster;
let log: EventLog;

beforeAll(async () => {
  [golden, cluster] = await Promise.all([loadGolden('0.1.0'), startCluster()]);
  log = createKafkaLog({ brokers: cluster.addresses, clientId: 'lineage' });
  const topics = Object.entries(golden.topics).filter(([name]) => !name.includes('.monitoring.'));
  await log.ensureTopics(topics.map(([name, partitions]) => ({ name, partitions })));
  const producer = log.producer();
  for (const [name] of topics) {
    const records = (await readTopic(golden.log, name)).map(({ topic, partition, key, value, headers }) => ({
      topic,
      partition,
      key,
      value,
      headers: headers.entries(),
    }));
    if (records.length > 0) await producer.send(records);
  }
  await producer.close();
}, 180_000);

afterAll(async () => {
  await log?.close();
  await cluster?.stop();
}, 60_000);

/** The broker stamps records with its own time. */
const withoutStamps = (node: LineageNode): unknown =>
  JSON.parse(JSON.stringify(node, (name, value: unknown) => (name === 'appended' ? undefined : value)));

it('is the same over Kafka', async () => {
  const [here, there] = [await openTracer(golden.log, GOLDEN), await openTracer(log, GOLDEN)];
  const subjects: Subject[] = [
    { kind: 'prediction', of: 'fraud', id: '0-20' },
    { kind: 'prediction', of: 'fraud', id: '1-60' },
    { kind: 'vector', of: 'fraud', id: '1-100' },
    { kind: 'observation', of: 'transactions', id: 'late' },
    { kind: 'observation', of: 'fraud-labels', id: '0-30' },
  ];
  for (const subject of subjects) {
    const node = withoutStamps(await there.trace(subject));
    expect(node).toEqual(withoutStamps(await here.trace(subject)));
    expect(JSON.stringify(node)).not.toContain('"missing"');
  }
}, 60_000);
