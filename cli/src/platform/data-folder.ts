import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refused } from '#kernel';

/** The release that this command is of; `package.json` says the same. */
export const RELEASE = '0.1.0';

/** What `version.json` in the data folder says. */
export interface FolderVersion {
  /** How things lie in the folder: 1, 2, ... */
  readonly layout: number;
  /** Of the Playhead that opened it last. */
  readonly release: string;
}

/** Brings a folder from the layout before to `to`. Doing it a second time, after a crash in the middle, must do no harm. */
export interface Migration {
  readonly to: number;
  /** One line for whoever waits. */
  readonly what: string;
  readonly run: (dataDir: string) => void | Promise<void>;
}

/**
 * In order, each one layout further. Kafka and Postgres bring their own files along themselves; what stands on the log needs no
 * migration, since every frozen contract stays readable.
 */
export const MIGRATIONS: readonly Migration[] = [
  // Before, a folder did not say its layout; nothing in it lay otherwise.
  { to: 1, what: 'the folder says its layout', run: () => undefined },
];

const path = (dataDir: string): string => join(dataDir, 'version.json');

export interface OpenOptions {
  readonly progress: (line: string) => void;
  readonly release?: string;
  readonly migrations?: readonly Migration[];
}

/**
 * Makes a data folder ready for this release, before anything is started from it: a new one is marked, an older one is migrated step by
 * step, each step noted when it is done. Refuses a folder of a newer Playhead, and changes nothing in it.
 */
export const openDataFolder = async (
  dataDir: string,
  { progress, release = RELEASE, migrations = MIGRATIONS }: OpenOptions,
): Promise<void> => {
  const newest = migrations.at(-1)?.to ?? 0;
  const known = versionOf(dataDir);
  if (known && known.layout > newest)
    throw new Refused(
      'PLAYHEAD_DATA_FOLDER_NEWER',
      `${dataDir} was opened by Playhead ${known.release} and has layout ${known.layout}; this is ${release}, which knows layouts up to ${newest}: use that release or a later one, or another --data-dir`,
      { details: { layout: known.layout, known: newest, release: known.release } },
    );
  const layout = known?.layout ?? (isNew(dataDir) ? newest : 0);
  for (const { to, what, run } of migrations.filter((migration) => migration.to > layout)) {
    progress(`${dataDir}: layout ${to}, ${what}`);
    await run(dataDir);
    write(dataDir, { layout: to, release });
  }
  if (layout === newest && known?.release !== release) write(dataDir, { layout, release });
};

/** A folder whose data were removed begins anew. */
export const forgetVersion = (dataDir: string): void => rmSync(path(dataDir), { force: true });

/** Undefined where the folder does not say. */
const versionOf = (dataDir: string): FolderVersion | undefined => {
  if (!existsSync(path(dataDir))) return undefined;
  const found = parse(readFileSync(path(dataDir), 'utf8'));
  if (found) return found;
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `${path(dataDir)} is not what Playhead writes; restore it, or write {"layout": N, "release": "X"} of the release that made this folder`,
  );
};

const parse = (text: string): FolderVersion | undefined => {
  try {
    const { layout, release } = JSON.parse(text) as Partial<FolderVersion>;
    return Number.isInteger(layout) && typeof release === 'string' ? { layout: layout!, release } : undefined;
  } catch {
    return undefined;
  }
};

const isNew = (dataDir: string): boolean => !existsSync(dataDir) || readdirSync(dataDir).length === 0;

const write = (dataDir: string, version: FolderVersion): void => {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  writeFileSync(`${path(dataDir)}.new`, `${JSON.stringify(version)}\n`);
  renameSync(`${path(dataDir)}.new`, path(dataDir));
};
