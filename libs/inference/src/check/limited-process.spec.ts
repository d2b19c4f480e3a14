import { transformFileSync } from '@swc/core';
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runLimited, type Ended, type LimitedProcess } from './limited-process';

const MiB = 2 ** 20;
const folder = mkdtempSync(join(tmpdir(), 'playhead-limited-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const limits = { timeoutMs: 20_000, memoryBytes: 512 * MiB, outputBytes: 64 * MiB };

const sh = (script: string, over: Partial<LimitedProcess> = {}): Promise<Ended> =>
  runLimited({
    run: ['sh', '-c', script],
    folder,
    environment: { PATH: process.env['PATH']! },
    limits,
    watched: [folder],
    ...over,
  });

const isAlive = (id: number): boolean => {
  try {
    // A process that ended but was not waited for is a zombie: nobody.
    return readFileSync(`/proc/${id}/stat`, 'latin1').split(') ')[1]?.[0] !== 'Z';
  } catch {
    return false;
  }
};

const until = async (holds: () => boolean): Promise<void> => {
  for (const deadline = Date.now() + 10_000; !holds();) {
    if (Date.now() > deadline) throw new Error('it did not come to that within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

const idIn = (name: string): number => Number(readFileSync(join(folder, name), 'utf8'));
const isWritten = (name: string): boolean =>
  existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8').endsWith('\n');

it('gives the code, what was said, and each line as it comes', async () => {
  const lines: string[] = [];
  const ended = await sh('echo one; echo two >&2; printf three; exit 65', {
    onLine: (line) => lines.push(line),
  });
  expect(ended).toMatchObject({ ending: { by: 'exit', code: 65 }, stdout: 'one\nthree', stderr: 'two\n' });
  expect(lines).toEqual(['one', 'three']);
});

it.each([
  ['a program that is not there', ['no-such-program'], 127],
  ['one that a signal ended', ['sh', '-c', 'kill -11 $$'], 139],
])('says how %s ended', async (_, run, code) => {
  expect((await sh('', { run })).ending).toEqual({ by: 'exit', code });
});

it('shows nothing of this process to the program', async () => {
  process.env['PLAYHEAD_S3_SECRET_KEY'] = 'not for you';
  try {
    const { stdout } = await sh('env | grep -v -e ^PWD= -e ^_= -e ^OLDPWD= -e ^SHLVL= | sed s/=.*// | sort');
    expect(stdout.trim().split('\n')).toEqual(['PATH', 'PLAYHEAD_PROCESS_MARK']);
  } finally {
    delete process.env['PLAYHEAD_S3_SECRET_KEY'];
  }
});

it('keeps both ends of a long speech', async () => {
  const { stdout } = await sh('echo first; yes | head -c 2000000; echo last');
  expect(stdout).toMatch(/^first\n(.|\n)*\n\.\.\. \d+ characters left out \.\.\.\n(.|\n)*last\n$/);
  expect(stdout.length).toBeLessThan(300_000);
});

it('ends it after its time, with all that it started', async () => {
  const { ending } = await sh('sleep 60 & echo $! >sleeper; sleep 60', {
    limits: { ...limits, timeoutMs: 500 },
  });
  expect(ending).toEqual({ by: 'timeout' });
  expect(isAlive(idIn('sleeper'))).toBe(false);
});

it('ends it when it is cancelled', async () => {
  const abort = new AbortController();
  const onLine = (): void => abort.abort();
  expect((await sh('echo started; sleep 60', { signal: abort.signal, onLine })).ending).toEqual({
    by: 'cancel',
  });
});

it('ends it when it writes too much', async () => {
  const { ending } = await sh('while :; do head -c 1000000 /dev/zero >>much; done', {
    limits: { ...limits, outputBytes: 4 * MiB },
  });
  rmSync(join(folder, 'much'));
  expect(ending).toEqual({ by: 'output' });
});

it('ends it when it and its children together take too much memory', async () => {
  const hold = `python3 -c 'import time; x = bytearray(90 << 20); time.sleep(60)'`;
  const { ending, peakBytes } = await sh(`${hold} & ${hold} & wait`, {
    limits: { ...limits, memoryBytes: 128 * MiB },
  });
  expect(ending).toEqual({ by: 'memory' });
  expect(peakBytes).toBeGreaterThan(128 * MiB);
});

it('leaves nobody behind that went to a session of its own', async () => {
  const ended = await sh(
    'setsid sh -c "echo \\$\\$ >runaway; exec sleep 60" & until [ -s runaway ]; do sleep 0.02; done',
  );
  expect(ended.ending).toEqual({ by: 'exit', code: 0 });
  await until(() => !isAlive(idIn('runaway')));
});

it('leaves nobody behind when this process is killed', async () => {
  const inside = join(folder, 'orphans');
  mkdirSync(inside);
  for (const name of readdirSync(__dirname).filter((each) => /^[a-z-]+\.ts$/.test(each)))
    writeFileSync(
      join(inside, name.replace('.ts', '.js')),
      transformFileSync(join(__dirname, name), { module: { type: 'commonjs' } }).code,
    );
  const script = 'setsid sleep 60 & echo $! >../grandchild; sleep 60 & echo $! >../child; sleep 60';
  const job = {
    run: ['sh', '-c', script],
    folder: inside,
    environment: { PATH: process.env['PATH'] },
    limits,
    watched: [],
  };
  const holder = spawn(
    process.execPath,
    ['-e', `require('./limited-process').runLimited(${JSON.stringify(job)})`],
    {
      cwd: inside,
      stdio: 'ignore',
    },
  );
  await until(() => isWritten('child'));
  holder.kill('SIGKILL');
  await until(() => !isAlive(idIn('child')) && !isAlive(idIn('grandchild')));
});

it('gives months where months are allowed', async () => {
  const { ending } = await sh('sleep 0.2', { limits: { ...limits, timeoutMs: 60 * 86_400_000 } });
  expect(ending).toEqual({ by: 'exit', code: 0 });
});
