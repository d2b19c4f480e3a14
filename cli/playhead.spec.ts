/** The script at the root, in a small project of its own with an npm that only notes that it was called. */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let root: string;
let bin: string;

const NPM = `#!/bin/sh
echo "$1" >>calls
sleep 0.1
case $1 in
  ci) mkdir -p node_modules && : >node_modules/.package-lock.json ;;
  run) mkdir -p dist/cli/src && echo 'console.log(JSON.stringify(process.argv.slice(2)))' >dist/cli/src/main.js ;;
esac
`;

const program = (name: string, text: string): void => {
  writeFileSync(join(bin, name), text);
  chmodSync(join(bin, name), 0o755);
};

const playhead = (args: readonly string[], script = join(root, 'playhead')): Promise<Ended> =>
  new Promise((resolve) => {
    const child = spawn(script, args, { env: { PATH: `${bin}:/usr/bin:/bin` }, cwd: tmpdir() });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.on('close', (code) => resolve({ code, out, err }));
  });

const calls = (): string[] => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');

const touch = (path: string, secondsFromNow: number): void => {
  const at = Date.now() / 1000 + secondsFromNow;
  utimesSync(join(root, path), at, at);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'playhead script '));
  bin = join(root, 'bin');
  for (const folder of ['bin', 'services', 'libs', 'cli', 'bench', 'console']) mkdirSync(join(root, folder));
  copyFileSync(join(__dirname, '..', 'playhead'), join(root, 'playhead'));
  copyFileSync(join(__dirname, 'doctor.cjs'), join(root, 'cli', 'doctor.cjs'));
  writeFileSync(join(root, 'package-lock.json'), '{}');
  for (const file of ['package.json', '.swcrc', 'cli/main.ts']) writeFileSync(join(root, file), '{}');
  // Files made and stamped within one tick of the file system's clock are not in doubt in real life.
  for (const path of ['services', 'libs', 'cli', 'bench', 'console', 'cli/main.ts', 'package.json', '.swcrc']) touch(path, -60);
  symlinkSync(process.execPath, join(bin, 'node'));
  program('npm', NPM);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('./playhead', () => {
  it('installs and builds at first use, saying so on standard error, and hands the arguments on', async () => {
    const { code, out, err } = await playhead(['status', '--json', 'two words']);
    expect({ code, out }).toEqual({ code: 0, out: '["status","--json","two words"]\n' });
    expect(err).toMatch(/installing packages[^]*building/);
    expect(calls()).toEqual(['ci', 'run']);
    expect(existsSync(join(root, '.setup.lock'))).toBe(false);
  });

  it('does nothing of that the second time, also through a symbolic link', async () => {
    await playhead([]);
    symlinkSync(join(root, 'playhead'), join(bin, 'playhead'));
    expect(await playhead(['x'], join(bin, 'playhead'))).toEqual({ code: 0, out: '["x"]\n', err: '' });
    expect(calls()).toEqual(['ci', 'run']);
  });

  it('builds again when a source changed or went away, installs again when the lock file changed', async () => {
    await playhead([]);
    touch('cli/main.ts', 60);
    await playhead([]);
    expect(calls()).toEqual(['ci', 'run', 'run']);
    touch('cli/main.ts', -60);
    rmSync(join(root, 'cli', 'main.ts'));
    await playhead([]);
    expect(calls()).toEqual(['ci', 'run', 'run', 'run']);
    writeFileSync(join(root, 'package-lock.json'), '{ "new": true }');
    touch('package-lock.json', 60);
    await playhead([]);
    expect(calls()).toEqual(['ci', 'run', 'run', 'run', 'ci']);
  });

  it('lets one of two at once do the work', async () => {
    const both = await Promise.all([playhead(['1']), playhead(['2'])]);
    expect(both.map(({ out }) => out)).toEqual(['["1"]\n', '["2"]\n']);
    expect(calls()).toEqual(['ci', 'run']);
  });

  it('takes over the lock of one that died', async () => {
    const dead = execFileSync('sh', ['-c', 'echo $$'], { encoding: 'utf8' });
    mkdirSync(join(root, '.setup.lock'));
    writeFileSync(join(root, '.setup.lock', 'pid'), dead);
    expect((await playhead(['x'])).out).toBe('["x"]\n');
  });

  it('says what failed, frees the lock, and goes on where it was at the next start', async () => {
    program('npm', '#!/bin/sh\necho "registry away" >&2\nexit 1\n');
    const { code, err } = await playhead([]);
    expect(code).toBe(1);
    expect(err).toMatch(/registry away[^]*npm ci failed/);
    program('npm', NPM);
    expect((await playhead(['x'])).out).toBe('["x"]\n');
  });

  it('refuses an old Node.js, and a missing one, with the remedy', async () => {
    rmSync(join(bin, 'node'));
    program('node', '#!/bin/sh\necho v20.18.9\n');
    expect(await playhead([])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/20\.18\.9: install Node\.js/) as string,
    });
    program('node', '#!/bin/sh\nexit 127\n');
    expect(await playhead([])).toMatchObject({
      code: 1,
      err: expect.stringContaining('install Node.js') as string,
    });
  });

  it('runs the doctor before anything is installed', async () => {
    const { code, out } = await playhead(['doctor', '--help']);
    expect({ code, first: out.split('\n')[0] }).toEqual({
      code: 0,
      first: 'Usage: playhead doctor [--json]',
    });
    expect(existsSync(join(root, 'calls'))).toBe(false);
    expect(existsSync(join(root, 'node_modules'))).toBe(false);
  });
});
