import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReplayFolder, listReplays, replaysIn } from './replay-folder';

it('lists what began, whatever else lies there', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'replays-'));
  try {
    expect(await listReplays(dataDir)).toEqual([]);
    await ReplayFolder.create(dataDir, 'verify-2', {});
    await ReplayFolder.create(dataDir, 'verify-1', {});
    await mkdir(join(replaysIn(dataDir), 'verify-0')); // killed before its request was written
    await writeFile(join(replaysIn(dataDir), 'notes.txt'), '');
    expect(await listReplays(dataDir)).toEqual(['verify-1', 'verify-2']);
  } finally {
    await rm(dataDir, { recursive: true });
  }
});
