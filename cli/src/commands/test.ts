import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { Command } from 'commander';

/** The levels, their sums and `--help` are in test/run.cjs, which also runs without a build. */
export const addTest = (program: Command): void => {
  program
    .command('test')
    .description('run all that CI runs; see `playhead test --help`')
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .argument('[args...]')
    .action((args: string[]) => {
      const root = resolve(__dirname, '..', '..', '..', '..');
      const { status } = spawnSync(process.execPath, [resolve(root, 'test', 'run.cjs'), ...args], {
        stdio: 'inherit',
      });
      process.exitCode = status ?? 1;
    });
};
