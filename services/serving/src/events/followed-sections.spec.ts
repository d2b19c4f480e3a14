import { FollowedSections, type FollowedSectionsOptions } from './followed-sections';

describe('the state that is followed', () => {
  it('is not up before each of its partitions is, however soon the first one is', async () => {
    let found = (): void => undefined;
    const later = new Promise<undefined>((resolve) => (found = () => resolve(undefined)));
    const ends = [0, 1].map((partition) => ({ partition, start: 0, end: 0 }));
    const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    const options = {
      fold: 'stage',
      source: 'inputs',
      namespace: 'test',
      sections: [{ definition: 'one', initial: () => ({}) }],
      snapshots: { newest: ({ partition }: { partition: number }) => (partition === 0 ? undefined : later) },
      sleep: turn,
      log: {
        partitionCount: () => Promise.resolve(2),
        ends: () => Promise.resolve(ends),
        reader: () => ({
          seek: () => undefined,
          wake: () => undefined,
          poll: () => turn().then(() => []),
          close: () => Promise.resolve(),
        }),
      },
    };
    const sections = new FollowedSections(options as unknown as FollowedSectionsOptions);
    sections.start();
    for (let i = 0; i < 10; i++) await turn();
    expect(sections.partitions).toBe(1);
    expect(sections.caughtUp).toBe(false);
    found();
    for (let i = 0; i < 10; i++) await turn();
    expect(sections.caughtUp).toBe(true);
    await sections.stop();
  });
});
