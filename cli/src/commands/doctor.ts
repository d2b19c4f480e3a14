import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { Command } from 'commander';
import { projectRoot } from '../project/project-root';

/** `./playhead doctor` runs the same file before anything is installed; here it stands for the list of commands. */
export const addDoctor = (program: Command): void => {
  program
    .command('doctor')
    .description(
      'what this machine has, what is missing, and how to get it; `./playhead doctor` needs nothing but Node.js',
    )
    .helpOption(false)
    .allowUnknownOption()
    .allowExcessArguments()
    .argument('[args...]')
    .action((args: string[]) => {
      const { status } = spawnSync(process.execPath, [join(projectRoot(), 'cli', 'doctor.cjs'), ...args], {
        stdio: 'inherit',
      });
      process.exitCode = status ?? 1;
    });
};
