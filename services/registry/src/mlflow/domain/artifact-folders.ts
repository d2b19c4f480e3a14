import type { StoredFile } from './entities';
import type { FactOf } from './facts';
import { invalid } from './refusal';
import { DONE, type Outcome } from './outcome';

/** A file or a folder as a listing names it. */
export interface Listed {
  /** The whole path below the store's root. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly size?: number;
}

/** What lies under `mlflow-artifacts:/`, by folder (of a run, of a logged model) and path in it. */
export class ArtifactFolders {
  private readonly files = new Map<string, Map<string, StoredFile>>();

  get(path: string): StoredFile | undefined {
    const { folder, rest } = splitArtifactPath(path);
    return this.files.get(folder)?.get(rest);
  }

  put({ folder, path, artifact, size }: FactOf<'artifact-logged'>): Outcome {
    let inFolder = this.files.get(folder);
    if (!inFolder) this.files.set(folder, (inFolder = new Map<string, StoredFile>()));
    inFolder.set(path, { artifact, size });
    return DONE;
  }

  remove({ folder, path }: FactOf<'artifact-deleted'>): Outcome {
    const inFolder = this.files.get(folder);
    for (const file of inFolder?.keys() ?? []) if (isWithin(file, path)) inFolder!.delete(file);
    if (inFolder?.size === 0) this.files.delete(folder);
    return DONE;
  }

  /** Folders that a path lies in or that lie in it, for a deletion of all that is there. */
  foldersAt(path: string): { folder: string; path: string }[] {
    const { folder, rest } = splitArtifactPath(path);
    if (this.files.has(folder)) return [{ folder, path: rest }];
    return [...this.files.keys()]
      .filter((each) => isWithin(each, path))
      .map((each) => ({ folder: each, path: '' }));
  }

  /** What lies directly in a path, folders included; nothing in a file. */
  list(path: string): Listed[] {
    const found = new Map<string, Listed>();
    for (const [folder, files] of this.files) {
      if (!isWithin(folder, path) && !isWithin(path, folder)) continue;
      for (const [file, { size }] of files) addChild(found, path, `${folder}/${file}`, size);
    }
    return [...found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  *rows(): Generator<readonly [string, unknown]> {
    for (const [folder, files] of this.files)
      for (const [path, { artifact, size }] of files) yield [`artifact ${folder}/${path}`, [artifact, size]];
  }
}

/** Adds the entry directly in `path` on the way to `file`. */
export const addChild = (
  found: Map<string, Listed>,
  path: string,
  file: string,
  size: number | undefined,
): void => {
  if (path !== '' && !file.startsWith(`${path}/`)) return;
  const below = path === '' ? file : file.slice(path.length + 1);
  const slash = below.indexOf('/');
  const child = path === '' ? below : `${path}/${below}`;
  if (slash < 0) found.set(child, { path: child, isFolder: false, size });
  else {
    const folder = child.slice(0, child.length - (below.length - slash));
    found.set(folder, { path: folder, isFolder: true });
  }
};

const isWithin = (file: string, folder: string): boolean =>
  folder === '' || file === folder || file.startsWith(`${folder}/`);

/** The folder of a run or a logged model goes up to the name `artifacts`; elsewhere it is the first name. */
export const splitArtifactPath = (path: string): { folder: string; rest: string } => {
  const names = path.split('/');
  const end = names.indexOf('artifacts', 1);
  const count = end < 0 ? 1 : end + 1;
  return { folder: names.slice(0, count).join('/'), rest: names.slice(count).join('/') };
};

const LONGEST_PATH = 1_024;

/**
 * A path as a client gives it, without slashes at its ends. @throws RefusedByMlflow where it could lead out of the store, also after being
 * unescaped again, and where it has a `#`: the client would refuse to list the folder of such a file.
 */
export const safePath = (path: string): string => {
  const trimmed = path.replace(/^\/+|\/+$/g, '');
  if (trimmed === '') return '';
  const spellings = unescapedAgain(trimmed);
  if (trimmed.length > LONGEST_PATH || !spellings.every(isPlain)) throw invalid('Invalid path');
  return trimmed;
};

const isPlain = (path: string): boolean =>
  !/[\0-\x1f\x7f\\#]/.test(path) &&
  !path.split('/').some((name) => name === '' || name === '.' || name === '..');

/** What it may be taken for by whoever unescapes it once more than others did. */
const unescapedAgain = (path: string): string[] => {
  const spellings = [path];
  for (let last = path; spellings.length < 8;) {
    let next: string;
    try {
      next = decodeURIComponent(last);
    } catch {
      break;
    }
    if (next === last) break;
    spellings.push((last = next));
  }
  return spellings;
};
