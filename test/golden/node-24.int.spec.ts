/** What Node 20 wrote, Node 24 comes to again, to the bit (law L11): sums are exact, and exp, log and pow are our own. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cacheFolder, cachedFolder, run } from '#localstack';

const ROOT = resolve(__dirname, '..', '..');

const nodeOf = (folder: string): string => join(folder, 'node_modules', 'node', 'bin', 'node');

/** The `node` package of npm, fetched once. */
const node24 = async (): Promise<string> => {
  const home = join(cacheFolder(process.env), 'node-24');
  const folder = await cachedFolder({
    home,
    isComplete: () => existsSync(nodeOf(home)),
    fill: async (into) => {
      const fetched = await run('npm', ['install', '--prefix', into, '--no-audit', '--no-fund', 'node@24'], {
        env: process.env,
      });
      if (fetched.code !== 0) throw new Error(`npm could not have node@24:\n${fetched.output.slice(-2_000)}`);
    },
    waiting: () => undefined,
  });
  return nodeOf(folder);
};

it('replays the golden log and folds any stretch of it to the same bits on Node 24', async () => {
  const node = await node24();
  expect((await run(node, ['--version'], { env: process.env })).output).toMatch(/^v24\./);
  const jest = join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js');
  const suites = [
    'test/golden/golden.spec',
    'libs/features/src/engine.prop',
    'libs/replay/src/verify/verify.prop',
  ];
  const ran = await run(node, [jest, ...suites, '--selectProjects', 'quick', '--runInBand', '--ci'], {
    env: process.env,
    cwd: ROOT,
  });
  expect(ran).toMatchObject({
    code: 0,
    output: expect.stringContaining('Test Suites: 3 passed, 3 total') as string,
  });
}, 300_000);
