import fc from 'fast-check';
import { createMemoryLog } from '#eventlog';
import { seekNear } from './seek-near';

it('finds the first output at or above a source, whatever was given up or stands there twice', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.boolean(), { maxLength: 400 }),
      fc.nat(30),
      fc.nat(420),
      fc.nat(50),
      async (kept, zero, target, repeated) => {
        const log = createMemoryLog();
        await log.ensureTopics([{ name: 't', partitions: 1 }]);
        const sources = kept.flatMap((is, index) => (is ? [zero + index] : []));
        const wire = [...sources, ...sources.slice(Math.max(0, sources.length - repeated))];
        await log.producer().send(
          wire.map((source) => ({
            topic: 't',
            partition: 0,
            key: null,
            value: null,
            headers: [['ce_id', `0-${source}`]],
          })),
        );
        const [ends] = await log.ends('t');
        const first = wire.findIndex((source) => source >= target);
        expect(await seekNear(log, 't', ends!, target, zero)).toBe(first < 0 ? wire.length : first);
      },
    ),
  );
});
