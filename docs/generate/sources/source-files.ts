import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The code below some folders of the project, without tests: path -> text. */
export const sourceFiles = (root: string, ...folders: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    folders
      .flatMap((folder) => below(root, folder))
      .filter((path) => /\.(ts|cjs)$/.test(path) && !/\.(spec|testing|conformance)\.ts$|\.d\.ts$/.test(path))
      .map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );

const below = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? below(root, `${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    )
    .sort();
