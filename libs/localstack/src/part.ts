/** What the parts of the stack have in common. */
import { closeSync, openSync, readSync, fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TransientFailure } from '#kernel';
import type { Environment } from './external';
import {
  endProcess,
  processesWorkingIn,
  startProcess,
  type ProcessIdentity,
  type ProcessPlan,
  type StartedProcess,
} from './processes';
import type { StackState } from './state';

/** What a part is started from. Nothing in it changes while it starts. */
export interface StartContext {
  readonly dataDir: string;
  readonly state: StackState;
  readonly env: Environment;
  readonly log: string;
  say(line: string): void;
  /** Called once the process exists and before it is ready, so that it is never forgotten. */
  started(identity: ProcessIdentity): void;
}

/** The end of a log file, for an error message. */
export const tailOf = (log: string, bytes = 2000): string => {
  try {
    const file = openSync(log, 'r');
    try {
      const { size } = fstatSync(file);
      const tail = Buffer.alloc(Math.min(size, bytes));
      readSync(file, tail, 0, tail.length, size - tail.length);
      return tail.toString('utf8').trim();
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
};

/** Thrown when a process ended before it answered: the only failure that another port can mend. */
export class EndedEarly extends TransientFailure {}

/** Asks every 25 ms until the answer is true; throws when the process ends first or `ms` have gone. */
const waitUntilReady = async (
  name: string,
  log: string,
  process: StartedProcess,
  ms: number,
  ask: () => Promise<boolean>,
): Promise<void> => {
  const deadline = performance.now() + ms;
  const seeLog = (): string => `; see ${log}\n${tailOf(log)}`;
  while (!(await ask())) {
    const ending = process.ending();
    if (ending)
      throw new EndedEarly(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `${name} ended while it started (${ending})${seeLog()}`,
      );
    if (performance.now() > deadline) {
      throw new TransientFailure(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `${name} did not answer within ${ms / 1000} s${seeLog()}`,
      );
    }
    await sleep(25);
  }
};

export interface Launch {
  readonly name: string;
  readonly plan: ProcessPlan;
  /** How long it may take until `ask` says true. */
  readonly readyMs: number;
  ask(): Promise<boolean>;
}

/** Starts the process and returns once it answers; one that does not is ended again. */
export const launch = async (context: StartContext, { name, plan, readyMs, ask }: Launch): Promise<void> => {
  const process = await startProcess(plan);
  context.started(process.identity);
  try {
    await waitUntilReady(name, plan.log, process, readyMs, ask);
  } catch (error) {
    await endProcess(process.identity, [['SIGKILL', 5000]]);
    throw error;
  }
};

/** Ends what an earlier start left at work in this folder and nobody wrote down. */
export const endLeftovers = async (folder: string, program: string): Promise<void> => {
  await Promise.all(
    processesWorkingIn(folder, program).map((identity) => endProcess(identity, [['SIGKILL', 5000]])),
  );
};
