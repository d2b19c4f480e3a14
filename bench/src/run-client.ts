import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Errand, Outcome } from './codec/workload';

/** As the services run. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

/** Lets a client do its errand in a process of its own, for so long at most, and gives what it says of it. */
export const runClient = async (program: string, errand: Errand, timeout: number): Promise<Outcome> => {
  const args = [...NODE_FLAGS, program, JSON.stringify(errand)];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout });
  return JSON.parse(stdout) as Outcome;
};
