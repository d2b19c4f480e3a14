import { MovableClock } from '#kernel';
import { DiskGuard } from './disk-guard';

it('refuses while too little is free and looks once a second', async () => {
  const clock = new MovableClock(0);
  let free: number | Error = 50;
  let looks = 0;
  const freeBytes = (): Promise<number> => (
    looks++,
    free instanceof Error ? Promise.reject(free) : Promise.resolve(free)
  );
  const guard = new DiskGuard({ path: '/broker', minFreeBytes: 100, freeBytes, clock });
  await expect(guard.admit()).rejects.toMatchObject({ code: 'PLAYHEAD_DISK_FULL' });
  free = 150;
  clock.advance(999);
  await expect(guard.admit()).rejects.toMatchObject({ code: 'PLAYHEAD_DISK_FULL' });
  clock.advance(1);
  await Promise.all([guard.admit(), guard.admit()]);
  expect(looks).toBe(2);
  free = new Error('ENOENT');
  clock.advance(1_000);
  await expect(guard.admit()).rejects.toMatchObject({
    message: expect.stringContaining('ENOENT') as unknown,
  });
});

it('watches nothing without a folder', async () => {
  await new DiskGuard({
    path: undefined,
    minFreeBytes: 1,
    freeBytes: () => Promise.reject(new Error('never asked')),
    clock: new MovableClock(),
  }).admit();
});
