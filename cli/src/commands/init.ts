import { existsSync } from 'node:fs';
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Command } from 'commander';
import { Refused } from '#kernel';
import { printJson } from '../options';
import { projectRoot } from '../project/project-root';

const EXAMPLE = join('examples', 'fraud', 'playhead.yaml');

export const addInit = (program: Command): void => {
  program
    .command('init')
    .description('write a small project to begin with: card payments, what becomes of them, and a model')
    .option('--dir <dir>', 'the folder to write into; made where it is missing', '.')
    .option('--json', 'one JSON object as the last line of standard output, for programs', false)
    .addHelpText('after', '\nExample:\n  ./playhead init --dir my-project\n  ./playhead apply -f my-project')
    .action(async ({ dir, json }: { dir: string; json: boolean }) => {
      const files = await writeProject(dir);
      if (json) return printJson({ dir, files });
      for (const file of files) console.log(`wrote ${join(dir, file)}`);
      console.log(`next: ./playhead up && ./playhead apply -f ${relative('.', dir) || '.'}`);
    });
};

/** @throws Refused PLAYHEAD_CONFLICT where a project stands there already: nothing is ever overwritten. */
export const writeProject = async (dir: string): Promise<readonly string[]> => {
  const definitions = join(dir, 'playhead.yaml');
  if (existsSync(definitions))
    throw new Refused('PLAYHEAD_CONFLICT', `${definitions} is there already; name another folder with --dir`);
  await mkdir(dir, { recursive: true });
  await copyFile(join(projectRoot(), EXAMPLE), definitions);
  if (existsSync(join(dir, '.gitignore'))) return ['playhead.yaml'];
  // The state of `playhead up` lies there, keys of the object store and all.
  await writeFile(join(dir, '.gitignore'), '.playhead/\n');
  return ['playhead.yaml', '.gitignore'];
};
