/**
 * Processes that outlive whoever started them. A pid alone proves nothing (it is given away again), so each is kept with the
 * moment it started, and no signal is sent to a pid whose moment differs.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  openSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  renameSync,
  statSync,
} from 'node:fs';
import { basename, sep } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface ProcessIdentity {
  readonly pid: number;
  /** When it started, in whatever form this system tells it; equal for the same process, different for another one. */
  readonly started: string;
}

export interface ProcessPlan {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Standard output and error are appended here. */
  readonly log: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Given way to others so much where processors are short (nice, 1 to 19, for all its threads). */
  readonly nice?: number;
}

export interface StartedProcess {
  readonly identity: ProcessIdentity;
  /** Undefined while it runs; afterwards how it ended. */
  ending(): string | undefined;
}

const LOG_KEPT_BYTES = 32 * 1024 * 1024;

/** Start time (clock ticks since boot) of `/proc/<pid>/stat`, or undefined for a process that only waits to be reaped. */
export const startOfStat = (stat: string): string | undefined => {
  // The command name in parentheses may itself hold spaces and parentheses.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? undefined : fields[19];
};

const quietly = <T>(read: () => T): T | undefined => {
  try {
    return read();
  } catch {
    return undefined;
  }
};

const onLinux = process.platform === 'linux';

const bootId = (): string =>
  quietly(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()) ?? '';

const startedByPs = (pid: number): string | undefined => {
  const line = quietly(() =>
    execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const match = /^\s*(\S+)\s+(.+?)\s*$/.exec(line ?? '');
  return match && !match[1]?.startsWith('Z') ? match[2] : undefined;
};

const startedAt = (pid: number): string | undefined => {
  if (!onLinux) return startedByPs(pid);
  const stat = quietly(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const start = stat === undefined ? undefined : startOfStat(stat);
  return start === undefined ? undefined : `${bootId()}:${start}`;
};

export const identityOf = (pid: number): ProcessIdentity | undefined => {
  const started = startedAt(pid);
  return started === undefined ? undefined : { pid, started };
};

/** Whether exactly this process still runs; another one that was given its pid does not count. */
export const isRunning = (identity: ProcessIdentity | undefined): identity is ProcessIdentity =>
  identity !== undefined && startedAt(identity.pid) === identity.started;

/** Sends a signal to exactly this process; false when it is gone. */
export const signalProcess = (identity: ProcessIdentity, signal: NodeJS.Signals): boolean =>
  isRunning(identity) && quietly(() => process.kill(identity.pid, signal)) === true;

/** Resolves to true once the process is gone, to false after `ms`. */
export const waitForEnd = async (identity: ProcessIdentity, ms: number): Promise<boolean> => {
  const deadline = performance.now() + ms;
  while (isRunning(identity)) {
    if (performance.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
};

/** Goes through the signals, from polite to final, each with its time in ms, until the process is gone. */
export const endProcess = async (
  identity: ProcessIdentity,
  steps: readonly (readonly [NodeJS.Signals, number])[],
): Promise<boolean> => {
  for (const [signal, ms] of steps) {
    if (!signalProcess(identity, signal)) return true;
    if (await waitForEnd(identity, ms)) return true;
  }
  return !isRunning(identity);
};

const rotate = (log: string): void => {
  if ((quietly(() => statSync(log).size) ?? 0) > LOG_KEPT_BYTES) renameSync(log, `${log}.1`);
};

/** Starts a process in a session of its own: neither our end nor a Ctrl-C in our terminal reaches it. */
export const startProcess = async (plan: ProcessPlan): Promise<StartedProcess> => {
  rotate(plan.log);
  const log = openSync(plan.log, 'a', 0o600);
  try {
    const [command, ...args] = plan.nice
      ? ['nice', '-n', String(plan.nice), plan.command, ...plan.args]
      : [plan.command, ...plan.args];
    const child = spawn(command, args, {
      cwd: plan.cwd,
      env: plan.env,
      uid: plan.uid,
      gid: plan.gid,
      detached: true,
      stdio: ['ignore', log, log],
    });
    let ending: string | undefined;
    child.on('exit', (code, signal) => (ending = signal ? `killed by ${signal}` : `exit code ${code}`));
    await new Promise<void>((resolve, reject) => child.once('spawn', resolve).once('error', reject));
    child.unref();
    const pid = child.pid ?? 0;
    return { identity: identityOf(pid) ?? { pid, started: 'ended at once' }, ending: () => ending };
  } finally {
    closeSync(log);
  }
};

/**
 * Processes of one program that work in a folder or below it (Linux only; empty elsewhere): what a starter that was killed
 * between starting a process and writing it down left behind, and the children of a killed Postgres that still hold its memory.
 * The program is compared too, since somebody's shell may stand in that folder.
 */
export const processesWorkingIn = (folder: string, program: string): ProcessIdentity[] => {
  const real = quietly(() => realpathSync(folder));
  if (!onLinux || real === undefined) return [];
  const matches = (pid: string): boolean => {
    const cwd = quietly(() => readlinkSync(`/proc/${pid}/cwd`));
    const executable = quietly(() => readlinkSync(`/proc/${pid}/exe`).replace(/ \(deleted\)$/, ''));
    return (
      cwd !== undefined &&
      executable !== undefined &&
      (cwd === real || cwd.startsWith(real + sep)) &&
      basename(executable) === program
    );
  };
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && matches(name))
    .flatMap((pid) => identityOf(Number(pid)) ?? []);
};
