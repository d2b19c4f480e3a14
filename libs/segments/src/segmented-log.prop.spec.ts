import fc from 'fast-check';
import { MemoryArtifactStore } from '#artifacts';
import { createMemoryLog, type Chunk } from '#eventlog';
import { describeEventLog } from '#eventlog/conformance';
import { cutPartition } from './cut';
import { holesIn } from './continuity';
import { openSegmentedLog } from './segmented-log';
import { AT, SealedWorld, TOPIC, contentOf, passedOf, plainOf } from './segments.testing';

describeEventLog('segmented, over the one in memory', () => {
  const live = createMemoryLog({ now: () => Date.now() });
  const log = openSegmentedLog({
    log: live,
    artifacts: new MemoryArtifactStore('n'),
    namespace: 'conformance',
  });
  return Promise.resolve({
    log,
    appendUnreadable: (at, count) => {
      const slot = {
        reason: 'CODEC_UNSUPPORTED' as const,
        message: 'foreign',
        raw: Buffer.from('raw'),
        count,
      };
      live.appendUnreadable(at, slot);
      return Promise.resolve();
    },
    cleanup: () => log.close(),
  });
});

type Step = 'append' | 'markers' | 'foreign' | 'seal' | 'seal all' | 'cut';

const readFrom = async (
  world: SealedWorld,
  from: number,
  to: number,
  maxRecords: number,
): Promise<Chunk[]> => {
  const reader = world.segmented().reader();
  const chunks: Chunk[] = [];
  reader.seek(AT, from);
  for (let next = from; next < to; next = chunks[chunks.length - 1]?.nextOffset ?? next)
    chunks.push(...(await reader.poll(1_000, maxRecords)));
  await reader.close();
  return chunks;
};

describe('a segmented log', () => {
  it('reads as the whole log does that was never sealed or cut, from any offset, in any portions', async () => {
    const step = fc.constantFrom<Step>('append', 'append', 'markers', 'foreign', 'seal', 'seal all', 'cut');
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 14 }),
        fc.integer({ min: 1, max: 150 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        async (steps, portion, where) => {
          const [world, whole] = [await SealedWorld.make(), await SealedWorld.make()];
          let i = 0;
          for (const what of ['append', ...steps, 'append'] satisfies Step[]) {
            for (const { log } of [world, whole]) {
              if (what === 'markers') log.appendPassed(AT, 1 + (i % 3));
              if (what === 'foreign')
                log.appendUnreadable(AT, {
                  reason: 'CODEC_UNSUPPORTED',
                  message: 'm',
                  raw: Buffer.from('r'),
                  count: 2,
                });
            }
            if (what === 'append') {
              await world.append(i, i + 70);
              await whole.append(i, i + 70);
              i += 70;
            }
            if (what === 'seal') await world.seal('whole');
            if (what === 'seal all') await world.seal('end');
            if (what === 'cut') await cutPartition(world.context(), AT, {});
          }
          const [ends] = await world.segmented().ends(TOPIC);
          expect(ends).toEqual((await whole.log.ends(TOPIC))[0]);
          const from = Math.floor(where * ends!.end);
          const chunks = await readFrom(world, from, ends!.end, portion);
          expect(plainOf(chunks)).toEqual(await contentOf(whole.log, from, ends!.end));
          let next = from;
          for (const chunk of chunks) {
            expect(holesIn(chunk, next)).toEqual([]);
            next = chunk.nextOffset;
          }
          const wholeChunks = await readFrom(whole, from, ends!.end, 1_000);
          expect(passedOf(chunks)).toEqual(passedOf(wholeChunks));
        },
      ),
      {
        numRuns: 20,
        examples: [[['append', 'foreign', 'seal', 'cut', 'markers', 'seal all', 'append'], 1, 0]],
      },
    );
  });

  it('goes on from segments when the broker is cut under a reader, and from the broker behind them', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 450);
    const reader = world.segmented().reader();
    reader.seek(AT, 0);
    const chunks = await reader.poll(100, 30);
    await world.seal();
    await cutPartition(world.context(), AT, {});
    expect((await world.log.ends(TOPIC))[0]).toMatchObject({ start: 400 });
    while (chunks[chunks.length - 1]!.nextOffset < 450) chunks.push(...(await reader.poll(1_000, 30)));
    await world.append(450, 460);
    while (chunks[chunks.length - 1]!.nextOffset < 460) chunks.push(...(await reader.poll(1_000, 30)));
    await reader.close();
    const offsets = chunks.flatMap((chunk) =>
      chunk.kind === 'records' ? chunk.records.map(({ offset }) => offset) : [],
    );
    expect(offsets).toEqual(Array.from({ length: 460 }, (_, offset) => offset));
  });

  it('reads several partitions, some from segments and some from the broker, in turn', async () => {
    const world = await SealedWorld.make(3);
    for (const partition of [0, 1, 2]) await world.append(0, 250, partition);
    await world.seal('whole', world.context(), { topic: TOPIC, partition: 1 });
    await cutPartition(world.context(), { topic: TOPIC, partition: 1 }, {});
    const reader = world.segmented().reader();
    for (const partition of [0, 1, 2]) reader.seek({ topic: TOPIC, partition }, 0);
    const counts = [0, 0, 0];
    for (let polls = 0; counts.some((count) => count < 250) && polls < 200; polls++)
      for (const chunk of await reader.poll(1_000, 60))
        if (chunk.kind === 'records') counts[chunk.partition]! += chunk.records.length;
    await reader.close();
    expect(counts).toEqual([250, 250, 250]);
  });

  it('never gives a byte that is another than was sealed: it names the segment, and reads on once it is put right', async () => {
    const world = await SealedWorld.make();
    await world.append(0, 350);
    const [, second] = await world.seal();
    await cutPartition(world.context(), AT, {});
    const repair = world.spoil(second!.artifact);
    const read = async (): Promise<number> => (await contentOf(world.segmented(), 0, 350)).length;
    await expect(read()).rejects.toMatchObject({
      code: 'PLAYHEAD_SEGMENT_CORRUPT',
      disposition: 'halt',
      details: {
        topic: 'ingestion.observations.s',
        partition: 0,
        first: 100,
        last: 199,
        manifest: second!.manifest,
      },
    });
    repair();
    expect(await read()).toBe(350);
  });
});
