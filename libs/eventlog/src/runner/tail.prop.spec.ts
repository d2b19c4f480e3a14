import fc from 'fast-check';
import { createMemoryLog } from '../memory';
import { resumeAmong, seekBySource } from './tail';

const TOPIC = 't.totals';

/** Outputs of the sources 0, 1, 2, ...; behind each place in `zombies` a block of those before it stands once more. */
const written = (count: number, zombies: readonly { behind: number; length: number }[]): number[] => {
  const sources: number[] = [];
  for (let source = 0; source < count; source++) {
    sources.push(source);
    for (const { behind, length } of zombies)
      if (behind === source)
        for (let again = Math.max(0, source - length); again <= source - 1; again++) sources.push(again);
  }
  return sources;
};

describe('seeking by source', () => {
  it('finds the first output of a source, however many zombies wrote behind it', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 120 }),
        fc.array(fc.record({ behind: fc.nat(119), length: fc.integer({ min: 1, max: 60 }) }), {
          maxLength: 5,
        }),
        fc.nat(130),
        async (count, zombies, target) => {
          const sources = written(count, zombies);
          const log = createMemoryLog({ now: () => 0 });
          await log.ensureTopics([{ name: TOPIC, partitions: 1 }]);
          await log.producer().send(
            sources.map((source) => ({
              topic: TOPIC,
              partition: 0,
              key: null,
              value: 'x',
              headers: [['ce_id', Buffer.from(`0-${source}`)]] as [string, Buffer][],
            })),
          );
          const [ends] = await log.ends(TOPIC);
          const first = sources.findIndex((source) => source >= target);
          expect(await seekBySource(log, TOPIC, ends!, target)).toBe(first < 0 ? sources.length : first);
        },
      ),
      { numRuns: 200 },
    ));
});

describe('going on by scattered outputs', () => {
  it('begins behind the newest output of the partition that is furthest behind, where all have one', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.array(fc.nat(50)), { minLength: 1, maxLength: 4 }), async (partitions) => {
        const sources = partitions.map((offsets) => [...offsets].sort((a, b) => a - b));
        const log = createMemoryLog({ now: () => 0 });
        await log.ensureTopics([{ name: TOPIC, partitions: sources.length }]);
        const output = (partition: number, id: string, source: string) => ({
          topic: TOPIC,
          partition,
          key: null,
          value: 'x',
          headers: [
            ['ce_id', Buffer.from(id)],
            ['ce_source', Buffer.from(source)],
          ] as [string, Buffer][],
        });
        const records = sources.flatMap((offsets, partition) =>
          // Another source and another of its partitions are nobody's business here.
          offsets.flatMap((offset) => [
            output(partition, `1-${offset}`, 'a.numbers'),
            output(partition, `1-${offset + 7}`, 'a.letters'),
            output(partition, `0-${offset + 9}`, 'a.numbers'),
          ]),
        );
        if (records.length > 0) await log.producer().send(records);
        const newest = sources.map((offsets) => offsets[offsets.length - 1]);
        expect(await resumeAmong(log, TOPIC, { topic: 'a.numbers', partition: 1 })).toBe(
          newest.some((offset) => offset === undefined) ? undefined : Math.min(...(newest as number[])) + 1,
        );
      }),
      { numRuns: 100 },
    ));
});
