import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const CACHE =
  process.env.PLAYHEAD_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'playhead');

/** The interpreter of a virtual environment with these packages, made once and kept in the cache; used by tests only. */
export const pythonWith = (name: string, packages: readonly string[]): string => {
  const folder = join(CACHE, `test-python-${name}`);
  const interpreter = join(folder, 'bin', 'python');
  const stamp = join(folder, 'packages.txt');
  if (existsSync(stamp)) return interpreter;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(CACHE, { recursive: true });
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'ignore' });
  execFileSync(
    join(folder, 'bin', 'pip'),
    ['install', '--quiet', '--disable-pip-version-check', ...packages],
    { stdio: 'ignore', timeout: 600_000 },
  );
  writeFileSync(stamp, `${packages.join('\n')}\n`);
  return interpreter;
};
