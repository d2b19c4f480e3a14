import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refused } from '#kernel';
import { cacheFolder, findProgram, run, sayingSo, type CommandResult } from './commands';
import type { Environment } from './external';
import { withLock } from './lock';

/**
 * The interpreter of a virtual environment with these packages (as pip spells them), made once and kept in the cache under
 * `name`; made anew when the packages change. For tests and benches: the platform itself needs no Python.
 * @throws Refused PLAYHEAD_STACK_MISSING where there is no python3, or pip cannot have the packages.
 */
export const pythonWith = async (
  name: string,
  packages: readonly string[],
  say: (line: string) => void = () => undefined,
  env: Environment = process.env,
): Promise<string> => {
  const folder = join(cacheFolder(env), `python-${name}`);
  const interpreter = join(folder, 'bin', 'python');
  const isComplete = (): boolean => existsSync(stampOf(folder, packages));
  if (isComplete()) return interpreter;
  const make = async (): Promise<void> => {
    if (isComplete()) return;
    const python = findProgram('python3', env);
    if (python === undefined)
      throw new Refused(
        'PLAYHEAD_STACK_MISSING',
        `python3 is not on PATH; it is needed for ${packages.join(', ')}`,
      );
    // A virtual environment knows its own path, so it is made where it stays; the stamp says that it is whole.
    rmSync(folder, { recursive: true, force: true });
    say(`python: fetching ${packages.join(', ')} (once)`);
    expectDone(await run(python, ['-m', 'venv', folder], { env }), 'python3 -m venv');
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages];
    expectDone(
      await sayingSo(run(interpreter, pip, { env }), (s) => say(`python: still fetching (${s} s)`)),
      'pip',
    );
    writeFileSync(stampOf(folder, packages), '');
  };
  await withLock(`${folder}.lock`, make, () => say(`python: waiting for another process that makes ${name}`));
  return interpreter;
};

const stampOf = (folder: string, packages: readonly string[]): string =>
  join(folder, `complete-${packages.join('+').replace(/[^\w.+=<>-]/g, '_')}`);

const expectDone = ({ code, output }: CommandResult, what: string): void => {
  if (code === 0) return;
  throw new Refused('PLAYHEAD_STACK_MISSING', `${what} failed:\n${output.trim().slice(-2000)}`);
};
