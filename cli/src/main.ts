#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { addDemo } from './commands/demo';
import { addProduce } from './commands/produce';
import { addStatus } from './commands/status';
import { addTest } from './commands/test';
import { addDown, addUp } from './commands/up';
import { complain, exitCodeOf } from './options';

const program = new Command('playhead')
  .description('Playhead: an event-sourced MLOps platform. Every step of a model’s life is a fact on one log and can be played again.')
  .version('0.1.0')
  .exitOverride()
  .showSuggestionAfterError()
  .configureHelp({ sortSubcommands: false });

for (const add of [addUp, addDown, addStatus, addDemo, addProduce, addTest]) add(program);

const run = async (): Promise<number> => {
  const json = process.argv.includes('--json');
  try {
    await program.parseAsync();
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has said what is wrong itself; its own exits (help, version) are no failures.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    complain(error, json);
    return exitCodeOf(error);
  }
};

void run().then((code) => process.exit(code));
