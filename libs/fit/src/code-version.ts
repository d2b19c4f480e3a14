import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

let version: string | undefined;

/** Version of the platform, from the nearest package.json above: it names the code that fitted a model (law L6). */
export const codeVersion = (): string => (version ??= readVersion(__dirname));

const readVersion = (folder: string): string => {
  try {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
  } catch (error) {
    const above = dirname(folder);
    if (above === folder) throw error;
    return readVersion(above);
  }
};
