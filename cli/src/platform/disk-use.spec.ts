import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskUse, diskWarnings } from './disk-use';

const disk = (freeShare: number) => ({ path: '/data/kafka', totalBytes: 10e9, freeBytes: 10e9 * freeShare });

it('says nothing of a disk with more than a fifth free', () => {
  expect(diskWarnings(disk(0.21), [{ topic: 'a', bytes: 1e9 }])).toEqual([]);
});

it('warns of one that is four fifths full, and names the largest topics', () => {
  const topics = [
    { topic: 'small', bytes: 1e6 },
    { topic: 'unknown' },
    { topic: 'largest', bytes: 5e9 },
    { topic: 'empty', bytes: 0 },
    { topic: 'large', bytes: 2e9 },
  ];
  expect(diskWarnings(disk(0.2), topics)).toEqual([
    'the disk below /data/kafka is 80 % full, 2000.0 MB are free; most of the log: largest 5000.0 MB, large 2000.0 MB, small 1.0 MB. Free some space, or move --data-dir to a larger disk',
  ]);
  expect(diskWarnings(disk(0), [])[0]).toContain('is 100 % full, 0.0 MB are free.');
});

it('measures the disk of a folder that is there', async () => {
  const use = (await diskUse(tmpdir()))!;
  expect(use.freeBytes).toBeGreaterThan(0);
  expect(use.freeBytes).toBeLessThanOrEqual(use.totalBytes);
  expect(await diskUse(join(tmpdir(), 'no-such-folder-of-playhead'))).toBeUndefined();
});
