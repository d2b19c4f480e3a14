import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { FrozenContract } from './check-contracts';

/** `schemas/<type>/<version>.json`: the published copies, kept for ever. */
export const readFrozen = (folder: string): readonly FrozenContract[] => {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) =>
      readdirSync(join(folder, name))
        .filter((file) => file.endsWith('.json'))
        .map((file) => join(folder, name, file)),
    )
    .map((path) => JSON.parse(readFileSync(path, 'utf8')) as FrozenContract);
};

export const writeFrozen = (folder: string, contract: FrozenContract): string => {
  const path = join(folder, contract.type, `${contract.version}.json`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(contract, null, 2)}\n`);
  return path;
};
