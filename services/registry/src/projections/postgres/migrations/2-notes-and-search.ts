import type { MigrationInterface, QueryRunner } from 'typeorm';

const TABLES = ['deployment', 'alias', 'model_version', 'run', 'definition', 'read_position'];

/** Versions say more than they did: what stands there is dropped and built again from `registry.inputs` (law L8). */
export class NotesAndSearch1795305600000 implements MigrationInterface {
  readonly name = 'NotesAndSearch1795305600000';

  async up(runner: QueryRunner): Promise<void> {
    for (const table of TABLES) await runner.query(`delete from ${table}`);
    await runner.query(`alter table model_version add column tags jsonb not null default '{}'`);
    await runner.query(`create index model_version_by_tag on model_version using gin (tags)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table model_version drop column tags`);
  }
}
