import { readFileSync, readdirSync } from 'node:fs';

/** What a program and everything that it started use. */
export interface TreeUsage {
  /** Processor time so far; of processes that have ended only where their parent has waited for them. */
  readonly cpuSeconds: number;
  /** Resident memory, a page that two processes share counted twice. */
  readonly rssBytes: number;
}

const TICKS_A_SECOND = 100;
const PAGE = 4_096;

interface Stat {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

/** Of `/proc/<pid>/stat`; the name in parentheses may hold spaces and parentheses. */
export const statOf = (pid: number, stat: string): Stat => {
  const fields = stat
    .slice(stat.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  return {
    pid,
    parent: fields[1]!,
    session: fields[3]!,
    // utime, stime, and those of the children that have been waited for.
    cpuSeconds: (fields[11]! + fields[12]! + fields[13]! + fields[14]!) / TICKS_A_SECOND,
    rssBytes: fields[21]! * PAGE,
  };
};

const everyStat = (): Stat[] =>
  readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        return [statOf(Number(entry), readFileSync(`/proc/${entry}/stat`, 'utf8'))];
      } catch {
        return []; // It has ended meanwhile.
      }
    });

/** The processes of a program: itself, what it started, and what runs in its session. */
export const treeOf = (root: number, stats: readonly Stat[] = everyStat()): Stat[] => {
  const members = new Set(
    stats.filter(({ pid, session }) => pid === root || session === root).map(({ pid }) => pid),
  );
  for (let before = -1; before < members.size;) {
    before = members.size;
    for (const { pid, parent } of stats) if (members.has(parent)) members.add(pid);
  }
  return stats.filter(({ pid }) => members.has(pid));
};

/** Linux only. */
export const usageOf = (root: number): TreeUsage => {
  const tree = treeOf(root);
  const sum = (pick: (stat: Stat) => number): number => tree.reduce((total, stat) => total + pick(stat), 0);
  return { cpuSeconds: sum((stat) => stat.cpuSeconds), rssBytes: sum((stat) => stat.rssBytes) };
};
