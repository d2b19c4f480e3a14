import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientFailure } from '#kernel';

/** A server process that is measured. */
export interface Server {
  readonly pid: number;
  /** Its standard output and error. */
  readonly log: string;
  /** Ends it and all that it started. */
  stop(): Promise<void>;
}

export interface ServerCommand {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** Its working folder; the log is kept here. */
  readonly folder: string;
  /** True once it can be asked. */
  readonly isReady: () => Promise<boolean>;
}

const READY_MS = 120_000;
const POLITE_MS = 10_000;

const isRunning = (group: number): boolean => {
  try {
    process.kill(-group, 0);
    return true;
  } catch {
    return false;
  }
};

const signal = (group: number, name: NodeJS.Signals): void => {
  try {
    process.kill(-group, name);
  } catch {
    // It has ended.
  }
};

/** Starts a program in a process group of its own and waits until it can be asked. */
export const startServer = async ({
  name,
  command,
  args,
  env,
  folder,
  isReady,
}: ServerCommand): Promise<Server> => {
  const log = join(folder, `${name}.log`);
  const output = openSync(log, 'a', 0o600);
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', output, output], detached: true });
  closeSync(output);
  const failed = once(child, 'error').then(([error]) => Promise.reject(error as Error));
  failed.catch(() => undefined);
  const pid = child.pid;
  if (pid === undefined) return failed;
  const stop = async (): Promise<void> => {
    signal(pid, 'SIGTERM');
    for (const until = Date.now() + POLITE_MS; isRunning(pid) && Date.now() < until;) await sleep(50);
    signal(pid, 'SIGKILL');
  };
  for (const until = Date.now() + READY_MS; !(await isReady().catch(() => false)); await sleep(100)) {
    const hasEnded = child.exitCode !== null || child.signalCode !== null;
    if (!hasEnded && Date.now() < until) continue;
    await stop();
    const why = hasEnded ? 'ended' : `was not ready within ${READY_MS / 1_000} s`;
    throw new TransientFailure(
      'PLAYHEAD_STACK_UNAVAILABLE',
      `${name} ${why}; the end of ${log}:\n${readFileSync(log, 'utf8').trim().slice(-2_000)}`,
    );
  }
  return { pid, log, stop };
};

export const answersAt = (url: string) => async (): Promise<boolean> =>
  (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;

export const freePort = (): Promise<number> =>
  new Promise((done, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => done(port));
    });
  });
