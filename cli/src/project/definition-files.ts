import { existsSync } from 'node:fs';
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { DefinitionFile } from '#contracts';
import { Refused } from '#kernel';
import { withProgramFolders } from './program-folders';

/** The file, with the programs that it names put into it, or every `.yaml` and `.yml` below the folder in the order of their names; what is hidden or installed is left out. */
export const readDefinitionFiles = async (path: string): Promise<readonly DefinitionFile[]> => {
  if (!existsSync(path)) throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file or folder ${path}`);
  const paths = (await stat(path)).isDirectory() ? await yamlBelow(path) : [path];
  if (paths.length === 0)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${path} holds no .yaml file; \`playhead init\` writes an example`,
    );
  return Promise.all(
    paths.map(async (file) => withProgramFolders({ path: file, text: await readFile(file, 'utf8') })),
  );
};

const yamlBelow = async (folder: string): Promise<string[]> => {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const paths: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue;
    if (entry.isDirectory()) paths.push(...(await yamlBelow(path)));
    else if (/\.ya?ml$/.test(entry.name)) paths.push(path);
  }
  return paths;
};
