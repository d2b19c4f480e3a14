import { readFile, readdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isMap, isPair, isScalar, parseAllDocuments, type Document, type Pair } from 'yaml';
import { MAX_PROGRAM_BYTES, type DefinitionFile } from '#contracts';
import { Refused } from '#kernel';

/**
 * Puts the programs of command trainers into their definitions: `folder: trainers/fraud` becomes `files: {...}` on the same line, so that
 * a definition on the log is whole, and faults keep their line numbers. A folder is looked for beside the file that names it.
 */
export const withProgramFolders = async (file: DefinitionFile): Promise<DefinitionFile> => {
  if (!/\bfolder:/.test(file.text)) return file;
  let { text } = file;
  // From the end, so that the places of the others stay where they are.
  for (const { folder, from, to } of foldersIn(text).reverse()) {
    const files = await programIn(resolve(dirname(file.path), folder), folder);
    text = `${text.slice(0, from)}files: ${JSON.stringify(files)}${text.slice(to)}`;
  }
  return { ...file, text };
};

interface Named {
  readonly folder: string;
  readonly from: number;
  readonly to: number;
}

const foldersIn = (text: string): Named[] =>
  [...parseAllDocuments(text)].flatMap((document) => {
    const command = (document as Document).getIn(['spec', 'trainer', 'command']);
    if (!isMap(command)) return [];
    return command.items.flatMap((pair) => namedIn(pair) ?? []);
  });

const namedIn = (pair: Pair): Named | undefined => {
  const { key, value } = pair;
  if (!isPair(pair) || !isScalar(key) || key.value !== 'folder' || !isScalar(value)) return undefined;
  if (typeof value.value !== 'string' || !key.range || !value.range) return undefined;
  return { folder: value.value, from: key.range[0], to: value.range[1] };
};

const LEFT_OUT = /^\.|^__pycache__$|^node_modules$|\.pyc$/;

/** The text files below the folder by their paths. */
const programIn = async (root: string, named: string): Promise<Record<string, string>> => {
  const files: Record<string, string> = {};
  let bytes = 0;
  const walk = async (below: string): Promise<void> => {
    for (const entry of await entriesOf(join(root, below), named)) {
      if (LEFT_OUT.test(entry.name)) continue;
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) await walk(path);
      else if (entry.isFile()) {
        const content = await readFile(join(root, path));
        bytes += content.length;
        if (bytes > MAX_PROGRAM_BYTES)
          throw new Refused(
            'PLAYHEAD_DEFINITION_INVALID',
            `the files of the folder ${named} have more than ${MAX_PROGRAM_BYTES} bytes together; keep data and environments elsewhere`,
          );
        files[path] = textOf(content, `${named}/${path}`);
      }
    }
  };
  await walk('');
  return files;
};

const entriesOf = async (folder: string, named: string) => {
  try {
    return (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (cause) {
    throw new Refused(
      'PLAYHEAD_DEFINITION_INVALID',
      `there is no folder ${named} beside the definition that names it`,
      { cause },
    );
  }
};

const textOf = (content: Buffer, path: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch (cause) {
    throw new Refused(
      'PLAYHEAD_DEFINITION_INVALID',
      `${path} is no text in UTF-8; a program is made of text files`,
      {
        cause,
      },
    );
  }
};
