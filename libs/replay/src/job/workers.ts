import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { PlatformError } from '#kernel';
import type { FromWorker, ToWorker, UnitTask } from './unit-messages';

export interface WorkersOptions {
  readonly count: number;
  readonly onRecords: (unit: string, records: number) => void;
  /** Aborted: units take a checkpoint and stop. */
  readonly signal: AbortSignal;
}

export interface WorkersOutcome {
  readonly finished: boolean;
  readonly warnings: readonly string[];
}

/** As the services run: large rounds die young. */
const NODE_OPTIONS = ['--max-semi-space-size=64', '--enable-source-maps'];

/** Runs units on so many processes, in their order; the first error ends all and is thrown. */
export const runUnits = async (
  tasks: readonly UnitTask[],
  { count, onRecords, signal }: WorkersOptions,
): Promise<WorkersOutcome> => {
  const queue = [...tasks];
  const warnings = new Set<string>();
  const children: ChildProcess[] = [];
  let stopped = false;
  let failure: Error | undefined;
  const tell = (child: ChildProcess, message: ToWorker): void => {
    if (child.connected) child.send(message);
  };
  const stopAll = (): void => {
    stopped = true;
    for (const child of children) tell(child, { type: 'stop' });
  };
  signal.addEventListener('abort', stopAll, { once: true });
  if (signal.aborted) stopAll();

  const runOne = (): Promise<void> =>
    new Promise((resolve) => {
      const child = fork(join(__dirname, 'unit-worker.js'), [], { execArgv: NODE_OPTIONS });
      children.push(child);
      let ending = false;
      const next = (): void => {
        const task = stopped ? undefined : queue.shift();
        if (task) return tell(child, task);
        ending = true;
        tell(child, { type: 'end' });
      };
      child.on('message', (message: FromWorker) => {
        if (message.type === 'progress') return onRecords(message.unit, message.records);
        if (message.type === 'failed') {
          const { code, disposition, message: text, details } = message.error;
          failure ??= new PlatformError(code, disposition, text, { details });
          stopAll();
        } else for (const warning of message.warnings) warnings.add(warning);
        if (message.type === 'stopped') stopped = true;
        next();
      });
      child.on('error', (error) => {
        failure ??= error;
      });
      child.on('exit', (code, killedBy) => {
        if (!ending) {
          failure ??= new PlatformError(
            'PLAYHEAD_DEFECT',
            'halt',
            `a replay worker ended with ${killedBy ?? code}; go on with \`./playhead replay resume\``,
          );
          stopAll();
        }
        resolve();
      });
      next();
    });
  await Promise.all(Array.from({ length: Math.max(1, Math.min(count, tasks.length)) }, runOne));
  signal.removeEventListener('abort', stopAll);
  if (failure !== undefined) throw failure;
  return { finished: !stopped, warnings: [...warnings] };
};
