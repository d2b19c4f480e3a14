#!/usr/bin/env node
import { CommanderError } from 'commander';
import { complain, exitCodeOf } from './options';
import { createProgram } from './program';

const run = async (): Promise<number> => {
  const json = process.argv.includes('--json');
  try {
    await createProgram().parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has said what is wrong itself; its own exits (help, version) are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    complain(error, json);
    return exitCodeOf(error);
  }
};

// Whoever reads may stop reading, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));

/** What was written last has gone: a pipe takes no more than its reader, and ending the process would cut it off. */
const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => stream.write('', () => resolve()));

void run().then(async (code) => {
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  process.exit(code);
});
