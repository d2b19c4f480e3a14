import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { ClippedText } from './clipped-text';
import { folderSize } from './folder-size';
import { killMarked, memoryOfSession } from './process-tree';

export interface Limits {
  readonly timeoutMs: number;
  /** Resident memory of the program and all that it starts, looked at five times a second. Linux only. */
  readonly memoryBytes: number;
  /** What the folders below `watched` may hold together. */
  readonly outputBytes: number;
}

export interface LimitedProcess {
  /** Program and arguments; a name without `/` is looked for on the PATH of `environment`. */
  readonly run: readonly string[];
  readonly folder: string;
  /** All that the program gets to see; nothing of this process' own environment is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: Limits;
  /** Folders that the program may write to. */
  readonly watched: readonly string[];
  readonly signal?: AbortSignal;
  /** Each whole line of standard output. */
  readonly onLine?: (line: string) => void;
}

/** How it ended. A code above 128 is that of a signal: 128 + its number. */
export type Ending =
  | { readonly by: 'exit'; readonly code: number }
  | { readonly by: 'timeout' | 'memory' | 'output' | 'cancel' };

export interface Ended {
  readonly ending: Ending;
  /** Standard output and standard error, clipped in the middle when they are long. */
  readonly stdout: string;
  readonly stderr: string;
  /** The most memory that was seen, in bytes. */
  readonly peakBytes: number;
}

const LOOK_EVERY_MS = 200;
/** Timers of Node.js beyond this end at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;
const KEPT_OF_EACH = 256 * 1024;

/**
 * Standard input is a pipe that only this process holds: when it ends, for whatever reason, the reader in the background kills the whole
 * group. The kernel takes the program first when memory runs out for all.
 */
export const WATCHDOG = `
exec 3<&0
echo 1000 2>/dev/null >/proc/self/oom_score_adj
ulimit -c 0
"$@" </dev/null 3<&- &
program=$!
( read -r _ <&3
  read -r self _ </proc/self/stat
  for file in $(grep -ls "PLAYHEAD_PROCESS_MARK=$PLAYHEAD_PROCESS_MARK" /proc/[0-9]*/environ); do
    id=\${file#/proc/}; id=\${id%/environ}; [ "$id" = $$ ] || [ "$id" = "$self" ] || kill -9 "$id"
  done
  kill -9 0 ) >/dev/null 2>&1 &
wait $program
`;

/**
 * Runs a program within limits. Whatever it started in its group, or with its mark in the environment, is killed when it ends, is ended, or this process
 * dies; what takes off both on purpose (`env -i setsid`) stays: that needs a container.
 * Resolves however it ends; rejects only where no process can be started at all.
 */
export const runLimited = async (process_: LimitedProcess): Promise<Ended> => {
  const { run, folder, environment, limits, watched, signal, onLine } = process_;
  const mark = randomUUID();
  const child = spawn('/bin/sh', ['-c', WATCHDOG, 'playhead', ...run], {
    cwd: folder,
    env: { ...environment, PLAYHEAD_PROCESS_MARK: mark },
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => undefined);
  const stdout = new ClippedText(KEPT_OF_EACH, onLine);
  const stderr = new ClippedText(KEPT_OF_EACH);
  child.stdout.on('data', (bytes: Buffer) => stdout.add(bytes));
  child.stderr.on('data', (bytes: Buffer) => stderr.add(bytes));
  const ended = whenEnded(child, mark);
  let reason: Exclude<Ending['by'], 'exit'> | undefined;
  let peakBytes = 0;
  const end = (by: typeof reason): void => {
    reason ??= by;
    killGroup(child);
  };
  const cancel = (): void => end('cancel');
  const timer = setTimeout(() => end('timeout'), Math.min(limits.timeoutMs, LONGEST_TIMER_MS));
  const look = async (): Promise<void> => {
    if (child.pid === undefined) return;
    const bytes = await memoryOfSession(child.pid, limits.memoryBytes);
    peakBytes = Math.max(peakBytes, bytes);
    if (bytes > limits.memoryBytes) end('memory');
    if ((await folderSize(watched, limits.outputBytes)) > limits.outputBytes) end('output');
  };
  const looking = everySoOften(look);
  if (signal?.aborted) cancel();
  signal?.addEventListener('abort', cancel);
  try {
    const code = await ended;
    return {
      ending: reason === undefined ? { by: 'exit', code } : { by: reason },
      stdout: stdout.end(),
      stderr: stderr.end(),
      peakBytes,
    };
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', cancel);
    await looking.stop();
    await killMarked(mark);
  }
};

/** The exit code once all pipes are closed; what it left running in its group is killed, so that they close. */
const whenEnded = (child: ChildProcess, mark: string): Promise<number> =>
  new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', () => {
      killGroup(child);
      void killMarked(mark);
      // Whoever threw its mark away may hold the pipes still; what it writes now is nobody's answer.
      setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, 2_000).unref();
    });
    child.once('close', (code, signalName) => resolve(code ?? (signalName === 'SIGKILL' ? 137 : 143)));
  });

const killGroup = ({ pid }: ChildProcess): void => {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of the group is left.
  }
};

/** One look at a time, so that a slow disk makes looks rarer and not more. */
const everySoOften = (look: () => Promise<void>): { readonly stop: () => Promise<void> } => {
  let stopped = false;
  let wake = (): void => undefined;
  const loop = async (): Promise<void> => {
    while (!stopped) {
      await look();
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_EVERY_MS);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const running = loop();
  return {
    stop: () => {
      stopped = true;
      wake();
      return running;
    },
  };
};
