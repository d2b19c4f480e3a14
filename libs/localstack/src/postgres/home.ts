/**
 * Postgres refuses to run as root, and the user it runs as instead must reach its binaries and its data: neither a clone nor a
 * data folder of mode 700 will do. So for root both lie below a folder of mode 711 under /var/tmp; for everybody else in the
 * data folder.
 */
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Refused } from '#kernel';
import { run } from '../commands';
import type { Environment } from '../external';
import { mirrorTree, packagedBinaries, restoreLinks } from './binaries';

const PREFIX = '/var/tmp/playhead-postgres-';
const OWNER_NOTE = 'belongs-to';

export interface PostgresAccount {
  readonly uid?: number;
  readonly gid?: number;
}

export interface PostgresHome {
  readonly folder: string;
  /** Holds bin, lib and share. */
  readonly native: string;
  readonly account: PostgresAccount;
}

const isRoot = (): boolean => process.getuid?.() === 0;

const idsOf = async (user: string, env: Environment): Promise<Required<PostgresAccount> | undefined> => {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, user], { env })));
  if (uid?.code !== 0 || gid?.code !== 0) return undefined;
  return { uid: Number(uid.output.trim()), gid: Number(gid.output.trim()) };
};

/** The system's `postgres` user, made where there is none; `nobody` where it cannot be made. */
const unprivileged = async (env: Environment): Promise<Required<PostgresAccount>> => {
  const existing = await idsOf('postgres', env);
  if (existing) return existing;
  await run(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'postgres'],
    { env },
  );
  const found = (await idsOf('postgres', env)) ?? (await idsOf('nobody', env));
  if (found) return found;
  throw new Refused(
    'PLAYHEAD_STACK_MISSING',
    'Postgres cannot run as root and there is no user to run it as: useradd --system postgres, or start as another user',
  );
};

/** Whether the remembered folder is one that was made here for this data folder; nothing else is ever used or removed. */
const isOurs = (folder: string, dataDir: string): boolean => {
  const note = join(folder, OWNER_NOTE);
  return folder.startsWith(PREFIX) && existsSync(note) && readFileSync(note, 'utf8') === resolve(dataDir);
};

const makeRootHome = (dataDir: string): string => {
  mkdirSync('/var/tmp', { recursive: true });
  const folder = mkdtempSync(PREFIX);
  chmodSync(folder, 0o711);
  writeFileSync(join(folder, OWNER_NOTE), resolve(dataDir));
  return folder;
};

/** For root the remembered folder, or a new one, which the caller remembers; else a folder in the data folder. */
export const chooseHome = (dataDir: string, remembered: string | undefined): string => {
  if (!isRoot()) return join(dataDir, 'postgres');
  return remembered && isOurs(remembered, dataDir) ? remembered : makeRootHome(dataDir);
};

/** Makes the chosen folder fit to run in. */
export const prepareHome = async (folder: string, env: Environment): Promise<PostgresHome> => {
  const packaged = packagedBinaries();
  restoreLinks(packaged);
  if (!isRoot()) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return { folder, native: packaged, account: {} };
  }
  const native = join(folder, 'native');
  mirrorTree(packaged, native);
  const account = await unprivileged(env);
  return { folder, native, account };
};

/** A folder or file that only the server's user can read. */
export const giveTo = (path: string, account: PostgresAccount): void => {
  if (account.uid !== undefined && account.gid !== undefined) chownSync(path, account.uid, account.gid);
};

export const removeHome = (folder: string | undefined, dataDir: string): void => {
  if (folder && isOurs(folder, dataDir)) rmSync(folder, { recursive: true, force: true });
};
