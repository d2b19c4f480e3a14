import type { EntityManager } from 'typeorm';
import { digestOfState, type StateDigest, type StateRow } from '#runtime';
import { formatPosition } from '#kernel';
import { ENTITIES, ReadPosition } from './entities';

const TABLES = ENTITIES.filter((entity) => entity !== ReadPosition);

/** Every row of every table, at the position up to which they reflect the inputs (exclusive). */
export const digestOfTables = async (manager: EntityManager, next: number): Promise<StateDigest> => {
  const rows: StateRow[] = [];
  for (const entity of TABLES) {
    const { tableName, primaryColumns } = manager.connection.getMetadata(entity);
    for (const row of await manager.find(entity)) {
      const values = row as unknown as Readonly<Record<string, unknown>>;
      const key = primaryColumns.map(({ propertyName }) => values[propertyName]);
      rows.push([JSON.stringify([tableName, ...key]), { ...values }]);
    }
  }
  return digestOfState(next === 0 ? 'before the first' : formatPosition(0, next - 1), rows);
};

export const emptyTables = async (manager: EntityManager): Promise<void> => {
  for (const entity of ENTITIES) await manager.createQueryBuilder().delete().from(entity).execute();
};
