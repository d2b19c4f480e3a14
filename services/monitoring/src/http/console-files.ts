import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { basename, extname, join, relative, resolve, sep } from 'node:path';
import { gzipSync } from 'node:zlib';

export interface ConsoleFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly gzip: Buffer;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml; charset=utf-8',
};

/** Where `npm run build:console` writes: `dist/console`, for the built service and for tests that run the sources. */
export const consoleFolder = (here: string = __dirname): string => {
  const above = resolve(here, '..', '..', '..', '..');
  return join(basename(above) === 'dist' ? above : join(above, 'dist'), 'console');
};

/**
 * All files of the built console by their path below the folder, read once: a few hundred kilobytes, and no path of a request ever
 * reaches the file system. Empty where the console is not built.
 */
export const readConsole = (folder: string): ReadonlyMap<string, ConsoleFile> => {
  if (!existsSync(join(folder, 'index.html'))) return new Map();
  return new Map(
    filesIn(folder).flatMap((path): [string, ConsoleFile][] => {
      const type = TYPES[extname(path)];
      if (!type) return [];
      const bytes = readFileSync(path);
      return [[relative(folder, path).split(sep).join('/'), { type, bytes, gzip: gzipSync(bytes) }]];
    }),
  );
};

const filesIn = (folder: string): string[] =>
  readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
