import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryArtifactStore } from '#artifacts';
import { EnvelopeTemplate, TOPICS, encodeEvent } from '#contracts';
import { createMemoryLog, type FollowedTopic, type MemoryLog } from '#eventlog';
import { MovableClock } from '#kernel';
import { killPart, restartPart, startLocalStack, stopLocalStack } from '#localstack';
import { Postgres, ServiceLog, createLogger, createMetrics } from '#runtime';
import { INPUT_CONTRACTS, type Input } from '../domain/inputs';
import type { RegistryState } from '../domain/state';
import { createTopics, followInputs } from '../registry.topology';
import {
  PROJECT,
  apply,
  cancel,
  changedWindow,
  checked,
  note,
  promote,
  removeAlias,
  reportCompleted,
  reportFailed,
  review,
  rollBack,
  train,
  withRollout,
} from '../registry.testing';
import { stateListings, type Listings } from './listings';
import { NotesAndSearch1795305600000 } from './postgres/migrations/2-notes-and-search';
import { parseVersionQuery } from './search/version-query';
import { ENTITIES } from './postgres/entities';
import { ReadModel1767225600000 } from './postgres/migrations/1-read-model';
import { postgresListings } from './postgres/postgres-listings';
import { RegistryProjection } from './postgres/registry-projection';

jest.setTimeout(120_000);

const logger = createLogger({ service: 'registry', instance: 'test', level: 'silent' });
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, Math.min(ms, 50)));

let dataDir: string;
let url: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playhead-read-model-test-'));
  ({
    postgres: { url },
  } = await startLocalStack({ dataDir, parts: ['postgres'] }));
});
afterAll(async () => {
  await stopLocalStack(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

/** The read model of one instance, over a log that it shares. */
class ReadModel {
  readonly postgres: Postgres;
  readonly inputs: FollowedTopic<RegistryState>;
  readonly projection: RegistryProjection;

  constructor(log: MemoryLog, namespace: string) {
    const ports = {
      log,
      artifacts: new MemoryArtifactStore('t'),
      clock: new MovableClock(),
      sleep,
      logger,
      metrics: createMetrics(),
    };
    const serviceLog = new ServiceLog({ service: 'registry', namespace: 't' }, ports, {
      fail: (_, error) => expect(error).toBeUndefined(),
    });
    this.postgres = new Postgres({
      url,
      namespace,
      service: 'registry',
      entities: ENTITIES,
      migrations: [ReadModel1767225600000, NotesAndSearch1795305600000],
      logger,
    });
    this.inputs = followInputs(serviceLog);
    this.projection = new RegistryProjection({
      log,
      topic: INPUTS,
      inputs: this.inputs,
      postgres: this.postgres,
      sleep,
      logger,
    });
    this.ready = createTopics(serviceLog);
  }
  private readonly ready: Promise<void>;

  async start(): Promise<this> {
    await this.ready;
    await this.inputs.start();
    await this.projection.start();
    return this;
  }

  async stop(): Promise<void> {
    await this.projection.stop();
    await this.inputs.stop();
    await this.postgres.close();
  }

  async reflects(offset: number): Promise<void> {
    const deadline = Date.now() + 20_000;
    while (!this.projection.reflects(offset)) {
      if (Date.now() > deadline) throw new Error(`not there: ${JSON.stringify(this.projection.status())}`);
      await sleep(10);
    }
  }

  /** Both adapters of `Listings`, asked the same. */
  async answers(): Promise<{ postgres: unknown; memory: unknown }> {
    const ask = async (listings: Listings): Promise<unknown> =>
      JSON.parse(
        JSON.stringify([
          await listings.definitions({}),
          await listings.definitions({ kind: 'Stream' }),
          await listings.definitions({ search: 'FRAUD' }),
          await listings.definitions({ search: 'fr%d' }),
          await listings.runs({ limit: 100 }),
          await listings.runs({ limit: 2, model: 'fraud' }),
          await listings.runs({ limit: 100, status: 'failed' }),
          await listings.versions('fraud'),
          ...(await Promise.all(QUERIES.map((query) => listings.search(parseVersionQuery(query, 2))))),
          await listings.deployments(),
        ]),
      ) as unknown;
    return {
      postgres: await ask(postgresListings(this.postgres)),
      memory: await ask(stateListings(this.inputs.state)),
    };
  }
}

const INPUTS = `t.${TOPICS.registryInputs}`;

/** One for each kind of field and operator, and what might be mistaken for a pattern or for a quote. */
const QUERIES = [
  '',
  'fraud',
  'FIRST',
  'chall',
  '"o\'neil, 100%"',
  'r_sk',
  'model=fraud',
  'model~RAU',
  'status=passed',
  'status!=approved',
  'alias=champion',
  'alias!=champion',
  'alias~CHAMP',
  'trainer=gbdt task=binary origin=trained',
  'run~run-0',
  'description~first',
  'description!=x',
  'version>=2',
  'version!=2',
  'tag.team=risk',
  'tag.team!=risk',
  'tag.team~RIS',
  'tag.owner=ada',
  'metric.average_precision=0.6',
  'metric.average_precision!=0.6',
  'metric.average_precision>0.6',
  'metric.average_precision>=0.6 and metric.average_precision<=0.65',
  'metric.average_precision<0.65 alias=champion',
  'metric.none>0',
];

const appendTo = async (log: MemoryLog, inputs: readonly Input[]): Promise<void> => {
  const records = inputs.map(({ type, value }, index) => {
    const contract = INPUT_CONTRACTS[type];
    const headers = new EnvelopeTemplate({ type: contract.type, source: 'test' }).headers(
      `i-${index}`,
      '2026-01-01T00:00:00.000Z',
    );
    return { topic: INPUTS, partition: 0, key: null, value: encodeEvent(contract, value as never), headers };
  });
  const producer = log.producer();
  await producer.send(records);
  await producer.close();
};

const STORY: readonly Input[] = [
  apply(PROJECT),
  train(),
  train(),
  train(),
  reportCompleted(0, 'run-0-1'),
  promote(1),
  apply(changedWindow('7d', withRollout('rollout: { strategy: canary, interval: 1h }'))),
  reportFailed(1, 'run-0-2'),
  cancel('run-0-3'),
  train(),
  reportCompleted(2, 'run-0-9', 0.7),
  promote(2),
  promote(2, 'challenger'),
  note(undefined, { team: 'cards', owner: 'ada' }, 'all of them'),
  note(1, { team: "risk of O'Neil, 100%" }, 'The first'),
  checked(2, 'run-0-9'),
  review(1, 'approved'),
  rollBack(),
  note(1, { team: 'risk' }),
  removeAlias('challenger'),
];

it('answers lists as the fold in memory does, after any part of the story and after being built anew', async () => {
  const log = createMemoryLog();
  const model = await new ReadModel(log, 'alike').start();
  for (const [offset, input] of STORY.entries()) {
    await appendTo(log, [input]);
    await model.reflects(offset);
    const { postgres, memory } = await model.answers();
    expect(postgres).toEqual(memory);
  }
  await model.projection.stop();
  await model.postgres.drop();
  const again = await new ReadModel(log, 'alike').start();
  await again.reflects(STORY.length - 1);
  const { postgres, memory } = await again.answers();
  expect(postgres).toEqual(memory);
  await model.stop();
  await again.stop();
});

it('is dropped and built anew while it is read, to the same digest; a row that was changed by hand is found', async () => {
  const log = createMemoryLog();
  const model = await new ReadModel(log, 'rebuilt').start();
  await appendTo(log, STORY.slice(0, 10));
  await model.reflects(9);
  const at = await model.projection.digest();
  const [{ before, after }] = await Promise.all([model.projection.rebuild(), appendTo(log, STORY.slice(10))]);
  expect(after).toEqual(before);
  expect(before).toEqual(at);
  await model.reflects(STORY.length - 1);
  const right = await model.projection.digest();
  await model.postgres.read((manager) =>
    manager.query(`update alias set version = 77 where alias = 'champion'`),
  );
  await model.postgres.read((manager) => manager.query(`delete from run`));
  const spoilt = await model.projection.rebuild();
  expect(spoilt.before.digest).not.toBe(right.digest);
  expect(spoilt.after).toEqual(right);
  const { postgres, memory } = await model.answers();
  expect(postgres).toEqual(memory);
  await model.stop();
});

it('applies every input once when two instances write at the same time', async () => {
  const log = createMemoryLog();
  const [one, other] = await Promise.all([
    new ReadModel(log, 'two').start(),
    new ReadModel(log, 'two').start(),
  ]);
  for (const input of STORY) await appendTo(log, [input]);
  await Promise.all([one.reflects(STORY.length - 1), other.reflects(STORY.length - 1)]);
  const { postgres, memory } = await one.answers();
  expect(postgres).toEqual(memory);
  await Promise.all([one.stop(), other.stop()]);
});

it('waits while Postgres is away, and catches up when it is back', async () => {
  const log = createMemoryLog();
  const model = await new ReadModel(log, 'away').start();
  await appendTo(log, STORY.slice(0, 5));
  await model.reflects(4);
  await killPart(dataDir, 'postgres');
  await appendTo(log, STORY.slice(5));
  const deadline = Date.now() + 20_000;
  while (model.projection.reasonAway === undefined && Date.now() < deadline) await sleep(10);
  expect(model.projection.reasonAway).toContain('Postgres is away');
  expect(model.projection.reflects(4)).toBe(false);
  await restartPart(dataDir, 'postgres');
  await model.reflects(STORY.length - 1);
  const { postgres, memory } = await model.answers();
  expect(postgres).toEqual(memory);
  await model.stop();
});

it('is built anew over a log that was made anew', async () => {
  const old = createMemoryLog();
  const before = await new ReadModel(old, 'renewed').start();
  await appendTo(old, STORY);
  await before.reflects(STORY.length - 1);
  await before.stop();
  const fresh = createMemoryLog();
  const after = await new ReadModel(fresh, 'renewed').start();
  await appendTo(fresh, STORY.slice(0, 2));
  await after.reflects(1);
  const { postgres, memory } = await after.answers();
  expect(postgres).toEqual(memory);
  await after.stop();
});
