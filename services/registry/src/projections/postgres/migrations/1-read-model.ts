import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Everything here can be dropped and is rebuilt from `registry.inputs` (law L8). */
export class ReadModel1767225600000 implements MigrationInterface {
  readonly name = 'ReadModel1767225600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table read_position (topic text primary key, next integer not null)`);
    await runner.query(
      `create table definition (kind text, name text, revision integer, newest boolean not null, document jsonb not null,
        primary key (kind, name, revision))`,
    );
    await runner.query(
      `create table run (run text primary key, model text not null, status text not null, position integer not null, document jsonb not null)`,
    );
    await runner.query(`create index run_by_model on run (model, position desc)`);
    await runner.query(
      `create table model_version (model text, version integer, passed boolean not null, document jsonb not null, primary key (model, version))`,
    );
    await runner.query(
      `create table alias (model text, alias text, version integer not null, primary key (model, alias))`,
    );
    await runner.query(
      `create table deployment (name text primary key, model text not null, state text not null, document jsonb not null)`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['deployment', 'alias', 'model_version', 'run', 'definition', 'read_position']) {
      await runner.query(`drop table ${table}`);
    }
  }
}
