import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A file takes this much at least, so that a million empty ones have a size. */
const LEAST_BYTES = 512;

/** Bytes below the folders; stops counting soon after `enough`. Links are not followed, what vanishes meanwhile counts nothing. */
export const folderSize = async (folders: readonly string[], enough = Infinity): Promise<number> => {
  let bytes = 0;
  const waiting = [...folders];
  for (let folder = waiting.pop(); folder !== undefined && bytes <= enough; folder = waiting.pop()) {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) waiting.push(path);
      const found = await lstat(path).catch(() => undefined);
      if (found)
        bytes += Math.max(LEAST_BYTES, entry.isFile() ? Math.max(found.size, found.blocks * 512) : 0);
    }
  }
  return bytes;
};
