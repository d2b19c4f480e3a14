import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Environment } from './external';

export interface CommandResult {
  /** Undefined when the program could not be started or was killed. */
  readonly code: number | undefined;
  /** Standard output and standard error as they came. */
  readonly output: string;
}

export interface CommandOptions {
  readonly env: Environment;
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
}

/** Runs a program to its end; never throws. */
export const run = (
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> =>
  new Promise((resolve) => {
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer): number => chunks.push(chunk);
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: undefined, output: error.message }));
    child.once('close', (code) =>
      resolve({ code: code ?? undefined, output: Buffer.concat(chunks).toString('utf8') }),
    );
  });

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** The absolute path of a program on PATH, or undefined. */
export const findProgram = (name: string, env: Environment): string | undefined =>
  (env.PATH ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, name))
    .find(isProgram);

/** What all stacks of one user share: `PLAYHEAD_CACHE`, by default `playhead` in the user's cache folder. */
export const cacheFolder = (env: Environment): string =>
  env.PLAYHEAD_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'playhead');

/** Calls `say` with the seconds gone, every ten of them, until the work is done. */
export const sayingSo = async <T>(work: Promise<T>, say: (seconds: number) => void): Promise<T> => {
  const begun = performance.now();
  const timer = setInterval(() => say(Math.round((performance.now() - begun) / 1000)), 10_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
};
