import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { killPart, restartPart, startLocalStack, stopLocalStack } from '#localstack';
import { createLogger } from '../logger';
import { Postgres } from './postgres';

class Notes1767225600000 implements MigrationInterface {
  readonly name = 'Notes1767225600000';
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('create table note (id integer primary key, text text not null)');
  }
  down(runner: QueryRunner): Promise<unknown> {
    return runner.query('drop table note');
  }
}

jest.setTimeout(120_000);

const logger = createLogger({ service: 'registry', instance: 'test', level: 'silent' });
const open = (url: string, namespace: string): Postgres =>
  new Postgres({
    url,
    namespace,
    service: 'registry',
    entities: [],
    migrations: [Notes1767225600000],
    logger,
  });

let dataDir: string;
let url: string;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'playhead-postgres-test-'));
  ({
    postgres: { url },
  } = await startLocalStack({ dataDir, parts: ['postgres'] }));
});
afterAll(async () => {
  await stopLocalStack(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const count = (postgres: Postgres): Promise<unknown> =>
  postgres.read((manager) => manager.query('select count(*)::int as n from note'));

it('makes the schema once, also when two processes start at once, and takes it down', async () => {
  const [one, other] = [open(url, 'replay.1'), open(url, 'replay.1')];
  await Promise.all([one.ping(), other.ping()]);
  await one.transaction((manager) => manager.query(`insert into note values (1, 'first')`));
  expect(await other.read((manager) => manager.query('select text from note'))).toEqual([{ text: 'first' }]);
  await other.close();
  await one.drop();
  await one.ping();
  expect(await count(one)).toEqual([{ n: 0 }]);
  await one.close();
});

it('takes back what a failed transaction did, and keeps namespaces apart', async () => {
  const [one, other] = [open(url, 'one'), open(url, 'other')];
  const failing = one.transaction(async (manager) => {
    await manager.query(`insert into note values (2, 'second')`);
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(await count(one)).toEqual([{ n: 0 }]);
  await one.transaction((manager) => manager.query(`insert into note values (3, 'third')`));
  expect(await count(other)).toEqual([{ n: 0 }]);
  await Promise.all([one.close(), other.close()]);
});

it('rejects soon while the server is away, and goes on by itself when it is back', async () => {
  const away = { code: 'PLAYHEAD_POSTGRES_UNAVAILABLE', disposition: 'retry' };
  const [connected, late] = [open(url, 'away'), open(url, 'late')];
  await connected.ping();
  await killPart(dataDir, 'postgres');
  await expect(connected.ping()).rejects.toMatchObject(away);
  await expect(late.ping()).rejects.toMatchObject(away);
  await restartPart(dataDir, 'postgres');
  await connected.ping();
  await late.ping();
  await Promise.all([connected.close(), late.close()]);
});
