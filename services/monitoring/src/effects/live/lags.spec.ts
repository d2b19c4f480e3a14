import { DeploymentUpdated } from '#contracts';
import { createMemoryLog } from '#eventlog';
import { readLags, workOf } from './lags';

const deployments = new Map([['fraud', DeploymentUpdated.sample]]);
const TOPICS = [
  'ingestion.inbox.transactions',
  'ingestion.observations.transactions',
  'feature.vectors.fraud',
  'serving.predictions.fraud',
  'registry.inputs',
];

it('knows who reads what by the topics and the deployments in force', () => {
  expect(workOf(TOPICS, deployments).map(({ source, group }) => `${source} <- ${group}`)).toEqual([
    'ingestion.inbox.transactions <- ingestion.inbox.ingestion.inbox.transactions',
    'ingestion.observations.transactions <- feature.vectors.fraud',
    'feature.vectors.fraud <- serving.predictions.fraud',
    'serving.predictions.fraud <- monitoring.profiles-fraud.serving.predictions.fraud',
    'registry.inputs <- registry.decider.registry.inputs',
  ]);
});

it('counts what is appended and not committed, and is silent of who has never committed', async () => {
  const log = createMemoryLog({ now: () => 0 });
  const [inbox, registry] = ['t.ingestion.inbox.transactions', 't.registry.inputs'];
  await log.ensureTopics([
    { name: inbox!, partitions: 2 },
    { name: registry!, partitions: 1 },
  ]);
  const record = (partition: number) => ({ topic: inbox!, partition, key: null, value: 'x', headers: [] });
  await log.producer().send([record(0), record(0), record(1)]);
  await new Promise<void>((assigned) => {
    void log
      .join({
        group: 't.ingestion.inbox.ingestion.inbox.transactions',
        topics: [inbox!],
        listener: { assigned: () => assigned(), rebalancing: () => undefined, lost: () => undefined },
      })
      .then((membership) => membership.commit([{ topic: inbox!, partition: 0, offset: 1 }]))
      .then(() => assigned());
  });
  const lags = async () => readLags(log, 't', ['ingestion.inbox.transactions', 'registry.inputs'], new Map());
  for (let i = 0; i < 200 && (await lags()).length === 0; i++)
    await new Promise((next) => setTimeout(next, 5));
  expect(await lags()).toEqual([
    { service: 'ingestion', source: 'ingestion.inbox.transactions', records: 1 },
  ]);
});
