import { MigrationInterface, QueryRunner } from 'typeorm';
import { createLogger } from '../logger';
import { Postgres } from './postgres';

class Notes1 implements MigrationInterface {
  readonly name = 'Notes1';
  up(runner: QueryRunner): Promise<unknown> {
    return runner.query('create table note (id integer primary key, text text not null)');
  }
  down(runner: QueryRunner): Promise<unknown> {
    return runner.query('drop table note');
  }
}

const logger = createLogger({ service: 'registry', instance: 'test', level: 'silent' });
const open = (url: string, namespace: string): Postgres =>
  new Postgres({ url, namespace, service: 'registry', entities: [], migrations: [Notes1 as never], logger });

it('rejects soon, as a transient failure, while the server is away', async () => {
  const postgres = open('postgresql://user:password@127.0.0.1:9/playhead', 'test');
  await expect(postgres.ping()).rejects.toMatchObject({
    code: 'PLAYHEAD_POSTGRES_UNAVAILABLE',
    disposition: 'retry',
  });
  await postgres.close();
});

const url = process.env['POSTGRES_URL'];
(url ? describe : describe.skip)('against a real server (POSTGRES_URL)', () => {
  const namespace = `test-${process.pid}`;

  it('makes the schema once, also when two processes start at once, and takes it down', async () => {
    const [one, other] = [open(url!, namespace), open(url!, namespace)];
    await Promise.all([one.ping(), other.ping()]);
    await one.transaction((manager) => manager.query(`insert into note values (1, 'first')`));
    expect(await other.read((manager) => manager.query('select text from note'))).toEqual([
      { text: 'first' },
    ]);
    await expect(
      one.transaction(async (manager) => {
        await manager.query(`insert into note values (2, 'second')`);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    expect(await other.read((manager) => manager.query('select count(*)::int as n from note'))).toEqual([
      { n: 1 },
    ]);
    await other.close();
    await one.drop();
    await one.ping();
    expect(await one.read((manager) => manager.query('select count(*)::int as n from note'))).toEqual([
      { n: 0 },
    ]);
    await one.drop();
  });
});
