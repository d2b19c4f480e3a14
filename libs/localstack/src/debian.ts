import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Refused } from '#kernel';
import { cacheFolder, findProgram, run } from './commands';
import type { Environment } from './external';
import { withLock } from './lock';

/**
 * A program on PATH, or else the one of a Debian package, which is unpacked once into the cache: nothing is installed and no service
 * is started. For tests: the platform itself needs none.
 * @throws Refused PLAYHEAD_STACK_MISSING where there is neither the program nor a package of that name to be had.
 */
export const debianProgram = async (
  name: string,
  debianPackage: string,
  say: (line: string) => void = () => undefined,
  env: Environment = process.env,
): Promise<string> => {
  const found = findProgram(name, env);
  if (found !== undefined) return found;
  const folder = join(cacheFolder(env), `debian-${debianPackage}`);
  const program = join(folder, 'usr', 'bin', name);
  const fetch = async (): Promise<void> => {
    if (existsSync(program)) return;
    mkdirSync(cacheFolder(env), { recursive: true });
    const making = mkdtempSync(join(cacheFolder(env), `${basename(folder)}-`));
    try {
      say(`${name}: fetching Debian's ${debianPackage} (once)`);
      const download = (): Promise<void> => done(['apt-get', 'download', debianPackage], making, env);
      // A machine that is new knows no package yet.
      await download().catch(async () => {
        await done(['apt-get', 'update', '-q'], making, env);
        await download();
      });
      const [archive] = readdirSync(making).filter((file) => file.endsWith('.deb'));
      if (archive === undefined)
        throw new Refused('PLAYHEAD_STACK_MISSING', `apt-get gave no ${debianPackage}`);
      await done(['dpkg', '-x', join(making, archive), join(making, 'whole')], making, env);
      rmSync(folder, { recursive: true, force: true });
      renameSync(join(making, 'whole'), folder);
    } finally {
      rmSync(making, { recursive: true, force: true });
    }
  };
  if (!existsSync(program))
    await withLock(`${folder}.lock`, fetch, () =>
      say(`${name}: waiting for another process that fetches it`),
    );
  return program;
};

const done = async ([command, ...args]: readonly string[], cwd: string, env: Environment): Promise<void> => {
  const { code, output } = await run(command!, args, { cwd, env });
  if (code === 0) return;
  throw new Refused(
    'PLAYHEAD_STACK_MISSING',
    `${command} ${args.join(' ')} failed: ${output.trim().slice(-500)}`,
  );
};
