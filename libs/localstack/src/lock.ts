import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { identityOf, isRunning, type ProcessIdentity } from './processes';

const ownerOf = (content: string): ProcessIdentity | undefined => {
  try {
    return JSON.parse(content) as ProcessIdentity;
  } catch {
    return undefined;
  }
};

const contentOf = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** A hard link appears with its content or not at all, so nobody ever sees a lock without an owner. */
const tryLock = (path: string, content: string): boolean => {
  const mine = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(mine, content, { mode: 0o600 });
  try {
    linkSync(mine, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(mine, { force: true });
  }
};

/** Moves a dead owner's lock away. Whoever moved a living one instead, because it came between, puts it back. */
const breakStale = (path: string, stale: string): void => {
  const aside = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    renameSync(path, aside);
    if (contentOf(aside) !== stale) linkSync(aside, path);
  } catch {
    // Somebody else was quicker; the next attempt sees what they did.
  } finally {
    rmSync(aside, { force: true });
  }
};

/**
 * Runs `work` while no other process holds the lock file. A lock whose owner has died is taken over. `waiting` is called once
 * when somebody else holds it. Not reentrant.
 */
export const withLock = async <T>(path: string, work: () => Promise<T>, waiting?: () => void): Promise<T> => {
  mkdirSync(dirname(path), { recursive: true });
  // The nonce tells two holders in one process apart.
  const content = JSON.stringify({ ...identityOf(process.pid), nonce: randomBytes(6).toString('hex') });
  let said = false;
  while (!tryLock(path, content)) {
    const held = contentOf(path);
    if (held === undefined) continue;
    if (!isRunning(ownerOf(held))) {
      breakStale(path, held);
      continue;
    }
    if (!said) waiting?.();
    said = true;
    await sleep(50);
  }
  try {
    return await work();
  } finally {
    if (contentOf(path) === content) rmSync(path, { force: true });
  }
};
