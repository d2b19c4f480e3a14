import { readFileSync } from 'node:fs';

/** What a process has used since it started. */
export interface Usage {
  readonly cpuSeconds: number;
  /** The part of it that the collector of garbage took; undefined where the process does not say. */
  readonly gcSeconds?: number;
  readonly peakBytes: number;
}

/** USER_HZ, which Linux keeps at 100 for all programs. */
const TICKS_PER_SECOND = 100;

/** utime and stime of `/proc/<pid>/stat`, in seconds. The name in parentheses may itself hold spaces and parentheses. */
export const cpuSecondsOf = (stat: string): number => {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
};

/** Of `/proc/<pid>/status`. */
export const peakBytesOf = (status: string): number =>
  Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) * 1_024;

/** Sum of `nodejs_gc_seconds_total` over its kinds, from Prometheus text. */
export const gcSecondsOf = (text: string): number | undefined => {
  const values = [...text.matchAll(/^nodejs_gc_seconds_total(?:\{[^}]*\})? (\S+)/gm)].map(([, value]) =>
    Number(value),
  );
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0);
};

/** A process that is measured; `metrics` is the address of its figures, where it has one. */
export interface Measured {
  readonly name: string;
  readonly pid: number;
  readonly metrics?: string;
}

/** Linux only: undefined elsewhere, and for a process that is gone. */
const usageFromProc = (pid: number): Omit<Usage, 'gcSeconds'> | undefined => {
  try {
    return {
      cpuSeconds: cpuSecondsOf(readFileSync(`/proc/${pid}/stat`, 'utf8')),
      peakBytes: peakBytesOf(readFileSync(`/proc/${pid}/status`, 'utf8')),
    };
  } catch {
    return undefined;
  }
};

const scrapeGc = async (url: string | undefined): Promise<number | undefined> => {
  if (url === undefined) return undefined;
  try {
    return gcSecondsOf(await (await fetch(url, { signal: AbortSignal.timeout(5_000) })).text());
  } catch {
    return undefined;
  }
};

/** By name; processor time is read of all at one moment, before anything is asked of anybody. */
export const readUsage = async (processes: readonly Measured[]): Promise<Map<string, Usage>> => {
  const read = processes.map(({ pid }) => usageFromProc(pid));
  const gc = await Promise.all(processes.map(({ metrics }) => scrapeGc(metrics)));
  return new Map(
    processes.flatMap(({ name }, i) => (read[i] ? [[name, { ...read[i], gcSeconds: gc[i] }] as const] : [])),
  );
};

/** What was used between two readings; the peak is that of the second. */
export const usedBetween = (
  before: ReadonlyMap<string, Usage>,
  after: ReadonlyMap<string, Usage>,
): Map<string, Usage> =>
  new Map(
    [...after].map(([name, usage]) => {
      const from = before.get(name);
      return [
        name,
        {
          cpuSeconds: usage.cpuSeconds - (from?.cpuSeconds ?? 0),
          gcSeconds: usage.gcSeconds === undefined ? undefined : usage.gcSeconds - (from?.gcSeconds ?? 0),
          peakBytes: usage.peakBytes,
        },
      ];
    }),
  );
