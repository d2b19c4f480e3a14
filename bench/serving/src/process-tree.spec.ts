import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { statOf, treeOf, usageOf } from './process-tree';

const line = (name: string, parent: number, session: number): string =>
  `1 (${name}) S ${parent} 1 ${session} 0 -1 0 0 0 0 0 100 50 30 20 20 0 1 0 5 1000 7 0`;

describe('process tree', () => {
  it('reads a line of /proc whatever the program is called', () => {
    expect(statOf(9, line('a) S (b', 3, 4))).toEqual({
      pid: 9,
      parent: 3,
      session: 4,
      cpuSeconds: 2,
      rssBytes: 7 * 4_096,
    });
  });

  it('holds children, children of children and the session, and nobody else', () => {
    const stats = [
      statOf(10, line('root', 1, 10)),
      statOf(13, line('grandchild', 12, 12)),
      statOf(12, line('child', 10, 12)),
      statOf(14, line('orphan of the session', 1, 10)),
      statOf(15, line('another', 1, 1)),
    ];
    expect(treeOf(10, stats).map(({ pid }) => pid)).toEqual([10, 13, 12, 14]);
  });

  it('measures a process and its child', async () => {
    const busy = 'for (const end = Date.now() + 300; Date.now() < end; );';
    const script = `require("child_process").spawnSync(process.execPath, ["-e", ${JSON.stringify(busy)}]); console.log("done"); setInterval(() => 0, 1000)`;
    const child = spawn(process.execPath, ['-e', script], {
      stdio: ['ignore', 'pipe', 'ignore'],
      detached: true,
    });
    try {
      await once(child.stdout, 'data');
      const { cpuSeconds, rssBytes } = usageOf(child.pid!);
      expect(cpuSeconds).toBeGreaterThan(0.1);
      expect(rssBytes).toBeGreaterThan(10e6);
    } finally {
      process.kill(-child.pid!, 'SIGKILL');
    }
  });
});
