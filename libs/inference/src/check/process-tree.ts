import { readFile, readdir } from 'node:fs/promises';

interface ProcessStat {
  readonly id: number;
  readonly parent: number;
  readonly session: number;
}

/**
 * Resident bytes of a session and of whatever its members started, 0 where there is no /proc. Pages that several share are counted once
 * where it matters: shares are asked for when the plain sum is above `limit`.
 */
export const memoryOfSession = async (session: number, limit: number): Promise<number> => {
  const members = membersOf(session, await processes());
  const plain = await sum(members, (id) => kilobytes(`/proc/${id}/status`, 'VmRSS'));
  if (plain <= limit || members.length === 1) return plain;
  return sum(members, (id) => kilobytes(`/proc/${id}/smaps_rollup`, 'Pss'));
};

/** Kills every process that carries the mark in its environment, wherever it has gone. */
export const killMarked = async (mark: string): Promise<void> => {
  for (const id of await processIds()) {
    const environment = await readFile(`/proc/${id}/environ`, 'latin1').catch(() => '');
    if (!environment.includes(`PLAYHEAD_PROCESS_MARK=${mark}`)) continue;
    try {
      process.kill(id, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
};

const membersOf = (session: number, all: readonly ProcessStat[]): number[] => {
  const members = new Set(all.filter((each) => each.session === session).map(({ id }) => id));
  // One that began a session of its own is still a child of somebody.
  for (let before = -1; before !== members.size;) {
    before = members.size;
    for (const { id, parent } of all) if (members.has(parent)) members.add(id);
  }
  return [...members];
};

const processes = async (): Promise<ProcessStat[]> => {
  const stats = await Promise.all((await processIds()).map(statOf));
  return stats.filter((each) => each !== undefined);
};

const processIds = async (): Promise<number[]> =>
  (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name)).map(Number);

/** proc(5): `pid (name) state ppid pgrp session ...`; the name may hold anything, also brackets. */
const statOf = async (id: number): Promise<ProcessStat | undefined> => {
  const text = await readFile(`/proc/${id}/stat`, 'latin1').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.length < 4 ? undefined : { id, parent: Number(fields[1]), session: Number(fields[3]) };
};

const sum = async (ids: readonly number[], of: (id: number) => Promise<number>): Promise<number> =>
  (await Promise.all(ids.map(of))).reduce((total, each) => total + each, 0);

const kilobytes = async (path: string, name: string): Promise<number> => {
  const text = await readFile(path, 'latin1').catch(() => '');
  return 1024 * Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(text)?.[1] ?? 0);
};
