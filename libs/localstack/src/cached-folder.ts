import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { withLock } from './lock';

export interface CachedFolder {
  /** Where it stands when it is whole; a folder of the cache. */
  readonly home: string;
  readonly isComplete: () => boolean;
  /** Makes the content in a folder of its own, on the same file system. */
  readonly fill: (folder: string) => Promise<void>;
  /** Called when another process is filling the same folder. */
  readonly waiting: () => void;
}

/** A folder that appears whole or not at all, and that two starters at once fill once. */
export const cachedFolder = async ({ home, isComplete, fill, waiting }: CachedFolder): Promise<string> => {
  if (isComplete()) return home;
  const fillOnce = async (): Promise<void> => {
    if (isComplete()) return;
    mkdirSync(dirname(home), { recursive: true });
    const folder = mkdtempSync(join(dirname(home), 'fetching-'));
    try {
      await fill(folder);
      rmSync(home, { recursive: true, force: true });
      renameSync(folder, home);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  await withLock(`${home}.lock`, fillOnce, waiting);
  return home;
};
