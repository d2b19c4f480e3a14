import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Defect } from '#kernel';

/** The folder of the project, from the sources as from what they are compiled to. */
export const projectRoot = (from: string = __dirname): string => {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (dirname(folder) === folder) throw new Defect(`no package.json above ${from}`);
  }
};
