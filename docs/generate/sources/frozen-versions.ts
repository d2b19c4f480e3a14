import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fieldsOf, type FieldSchema } from '../schema-fields';

/** Event type -> version -> its frozen schema, oldest first. */
export type FrozenVersions = ReadonlyMap<string, ReadonlyMap<number, FieldSchema>>;

/** The frozen copies of all contracts, below `schemas/`. */
export const readFrozenVersions = (root: string): FrozenVersions => {
  const folder = join(root, 'schemas');
  return new Map(
    readdirSync(folder).map((type) => {
      const versions = readdirSync(join(folder, type)).map((name) => {
        const frozen = JSON.parse(readFileSync(join(folder, type, name), 'utf8')) as {
          version: number;
          schema: FieldSchema;
        };
        return [frozen.version, frozen.schema] as const;
      });
      return [type, new Map(versions.sort(([a], [b]) => a - b))];
    }),
  );
};

/** Path of each field -> the first version that has it. */
export const sinceOf = (versions: ReadonlyMap<number, FieldSchema>): ReadonlyMap<string, number> => {
  const since = new Map<string, number>();
  for (const [version, schema] of versions)
    for (const { path } of fieldsOf(schema)) if (!since.has(path)) since.set(path, version);
  return since;
};
