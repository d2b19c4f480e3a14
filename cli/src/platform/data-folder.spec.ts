import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createProgram } from '../program';
import { RELEASE, openDataFolder, type Migration } from './data-folder';

let folder: string;
let done: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'playhead-folder-'));
  done = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const step = (to: number, run: () => void = () => undefined): Migration => ({
  to,
  what: `step ${to}`,
  run: () => {
    run();
    done.push(`step ${to}`);
  },
});
const open = (migrations?: readonly Migration[], release?: string): Promise<void> =>
  openDataFolder(folder, { progress: () => undefined, migrations, release });
const version = (): unknown => JSON.parse(readFileSync(join(folder, 'version.json'), 'utf8'));

it('names the release of the package and of the command', () => {
  const { version: packaged } = JSON.parse(
    readFileSync(resolve(__dirname, '../../../package.json'), 'utf8'),
  ) as { version: string };
  expect([RELEASE, createProgram().version()]).toEqual([packaged, packaged]);
});

it('marks a new folder, even one that is not there yet, with the newest layout', async () => {
  rmSync(folder, { recursive: true });
  await open([step(1), step(2)], '0.3.0');
  expect([version(), done]).toEqual([{ layout: 2, release: '0.3.0' }, []]);
});

it('takes a folder of before, which does not say its layout, through every step', async () => {
  writeFileSync(join(folder, 'services.json'), '{}');
  await open();
  expect(version()).toEqual({ layout: 1, release: RELEASE });
});

it('takes an older folder through the steps that it lacks, in order', async () => {
  writeFileSync(join(folder, 'version.json'), JSON.stringify({ layout: 1, release: '0.1.0' }));
  await open([step(1), step(2), step(3)], '0.3.0');
  expect([version(), done]).toEqual([{ layout: 3, release: '0.3.0' }, ['step 2', 'step 3']]);
  await open([step(1), step(2), step(3)], '0.3.0');
  expect(done).toEqual(['step 2', 'step 3']);
});

it('goes on after a step that failed, and does not do those before it again', async () => {
  writeFileSync(join(folder, 'version.json'), JSON.stringify({ layout: 0, release: '0.1.0' }));
  let broken = true;
  const steps = [
    step(1),
    step(2, () => {
      if (broken) throw new Error('the power went');
    }),
  ];
  await expect(open(steps, '0.2.0')).rejects.toThrow('the power went');
  expect(version()).toEqual({ layout: 1, release: '0.2.0' });
  broken = false;
  await open(steps, '0.2.0');
  expect([version(), done]).toEqual([{ layout: 2, release: '0.2.0' }, ['step 1', 'step 2']]);
});

it('notes a later release of the same layout', async () => {
  await open([step(1)], '0.1.0');
  await open([step(1)], '0.1.1');
  expect(version()).toEqual({ layout: 1, release: '0.1.1' });
});

it('refuses a folder of a newer Playhead, says which, and leaves it alone', async () => {
  const text = JSON.stringify({ layout: 7, release: '2.0.0' });
  writeFileSync(join(folder, 'version.json'), text);
  await expect(open()).rejects.toMatchObject({
    code: 'PLAYHEAD_DATA_FOLDER_NEWER',
    disposition: 'refuse',
    message: `${folder} was opened by Playhead 2.0.0 and has layout 7; this is ${RELEASE}, which knows layouts up to 1: use that release or a later one, or another --data-dir`,
  });
  expect(readFileSync(join(folder, 'version.json'), 'utf8')).toBe(text);
});

it('is refused by `up` before anything is started', async () => {
  writeFileSync(join(folder, 'version.json'), JSON.stringify({ layout: 7, release: '2.0.0' }));
  const up = createProgram().parseAsync(['up', '--data-dir', folder, '--port-base', '0'], { from: 'user' });
  await expect(up).rejects.toMatchObject({ code: 'PLAYHEAD_DATA_FOLDER_NEWER' });
  expect(['kafka', 'logs', 'services.json'].some((name) => existsSync(join(folder, name)))).toBe(false);
});

it.each(['', '{"layout": "1", "release": "0.1.0"}', '{"layout": 1}', '[]', 'null'])(
  'refuses a version file that holds %j',
  async (text) => {
    writeFileSync(join(folder, 'version.json'), text);
    await expect(open()).rejects.toMatchObject({ disposition: 'refuse' });
  },
);
