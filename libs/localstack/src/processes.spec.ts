import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { getPriority, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { withLock } from './lock';
import {
  endProcess,
  identityOf,
  isRunning,
  processesWorkingIn,
  startOfStat,
  startProcess,
  type StartedProcess,
} from './processes';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'playhead-processes-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const startNode = (script: string, nice?: number): Promise<StartedProcess> =>
  startProcess({
    command: process.execPath,
    args: ['-e', script],
    cwd: folder,
    env: {},
    log: join(folder, 'process.log'),
    nice,
  });

describe('startOfStat', () => {
  const rest = Array.from({ length: 18 }, (_, index) => index).join(' ');

  it('finds the start behind any command name', () => {
    expect(startOfStat(`12 (java) S ${rest} 4711 0 0`)).toBe('4711');
    expect(startOfStat(`12 (a) Z (b c) S ${rest} 4711 0 0`)).toBe('4711');
  });

  it('takes a process that only waits to be reaped for gone', () => {
    expect(startOfStat(`12 (java) Z ${rest} 4711 0 0`)).toBeUndefined();
  });
});

describe('a started process', () => {
  it('gives way where it is told to', async () => {
    const { identity } = await startNode('console.log("hello"); setInterval(() => {}, 1000)', 5);
    while (!readFileSync(join(folder, 'process.log'), 'utf8').includes('hello'))
      await new Promise(setImmediate);
    expect(getPriority(identity.pid)).toBe(getPriority() + 5);
    await endProcess(identity, [['SIGKILL', 5_000]]);
  });

  it('is known, found by its folder, writes to its log, and ends when it is told to', async () => {
    const { identity } = await startNode('console.log("hello"); setInterval(() => {}, 1000)');
    expect(isRunning(identity)).toBe(true);
    if (process.platform === 'linux') {
      expect(processesWorkingIn(folder, basename(process.execPath))).toEqual([identity]);
      expect(processesWorkingIn(folder, 'java')).toEqual([]);
    }
    while (!readFileSync(join(folder, 'process.log'), 'utf8').includes('hello'))
      await new Promise(setImmediate);
    expect(await endProcess(identity, [['SIGTERM', 5000]])).toBe(true);
    expect(isRunning(identity)).toBe(false);
  });

  it('that is deaf to the polite signal is killed', async () => {
    const script = 'process.on("SIGTERM", () => {}); console.log("deaf"); setInterval(() => {}, 1000)';
    const { identity } = await startNode(script);
    while (!readFileSync(join(folder, 'process.log'), 'utf8').includes('deaf'))
      await new Promise(setImmediate);
    const ended = await endProcess(identity, [
      ['SIGTERM', 50],
      ['SIGKILL', 5000],
    ]);
    expect(ended).toBe(true);
  });

  it('that has another start time under the same pid is left alone', async () => {
    const own = identityOf(process.pid);
    expect(isRunning(own)).toBe(true);
    expect(await endProcess({ pid: process.pid, started: 'long ago' }, [['SIGKILL', 0]])).toBe(true);
  });
});

describe('withLock', () => {
  it('lets one in at a time', async () => {
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    };
    const lock = join(folder, 'lock');
    await Promise.all(Array.from({ length: 4 }, () => withLock(lock, work)));
    expect(most).toBe(1);
  });

  it('takes over the lock of a process that died', async () => {
    const lock = join(folder, 'lock');
    const { identity } = await startNode('setInterval(() => {}, 1000)');
    writeFileSync(lock, JSON.stringify(identity));
    await endProcess(identity, [['SIGKILL', 5000]]);
    expect(await withLock(lock, async () => 'done')).toBe('done');
  });

  it('is free again after a failure', async () => {
    const lock = join(folder, 'lock');
    await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(lock, async () => 'done')).toBe('done');
  });
});
