import fc from 'fast-check';
import { ROOT_CONTEXT, SamplingDecision } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { Sampling } from './sampling';
import { hexOf, seedOf, traceWordsOf, wordsOf, type TraceWords } from './trace-ids';

const word = fc.nat({ max: 0xffffffff });

it('draws the same traces as the SDK does', () => {
  fc.assert(
    fc.property(
      fc.tuple(word, word, word, word),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (words, ratio) => {
        const id = hexOf(words);
        fc.pre(/[1-9a-f]/.test(id));
        const theirs = new tracing.TraceIdRatioBasedSampler(ratio).shouldSample(ROOT_CONTEXT, id);
        expect(new Sampling('traceidratio', ratio).begins(words)).toBe(
          theirs.decision === SamplingDecision.RECORD_AND_SAMPLED,
        );
      },
    ),
    { numRuns: 2_000 },
  );
});

it('draws about the share that was asked for, of consecutive positions', () => {
  const seed = seedOf('t.ingestion.inbox.payments');
  for (const ratio of [0.01, 0.25, 0.5]) {
    const sampling = new Sampling('parentbased_traceidratio', ratio);
    let drawn = 0;
    for (let offset = 0; offset < 20_000; offset++)
      if (sampling.begins(traceWordsOf(seed, offset % 4, offset, 1_700_000_000_000 + (offset >> 6)))) drawn++;
    // Five standard deviations.
    expect(Math.abs(drawn - 20_000 * ratio)).toBeLessThan(5 * Math.sqrt(20_000 * ratio * (1 - ratio)));
  }
});

const never: TraceWords = [0xffffffff, 0, 0, 0];
it.each([
  ['always_on', 0, true, true],
  ['always_off', 1, false, false],
  ['traceidratio', 1, false, false],
  ['parentbased_always_on', 1, true, true],
  ['parentbased_always_on', 0, true, false],
  ['parentbased_always_off', 1, false, true],
  ['parentbased_traceidratio', 1, false, true],
  ['parentbased_traceidratio', 0, false, false],
] as const)('%s with parent flags %i: begins %s, continues %s', (name, flags, begins, continues) => {
  const sampling = new Sampling(name, 0.5);
  expect([sampling.begins(never), sampling.continues(flags, () => never)]).toEqual([begins, continues]);
});

it('gives each position its own id, the same each time', () => {
  const seed = seedOf('t.ingestion.inbox.payments');
  const positions = [0, 1, 2].flatMap((partition) =>
    [0, 1, 4294967296, 4294967297].flatMap(
      (offset) =>
        [
          [partition, offset, 1e12],
          [partition, offset, 1e12 + 1],
        ] as const,
    ),
  );
  const idOf = ([partition, offset, timestamp]: (typeof positions)[number]): string =>
    hexOf(traceWordsOf(seed, partition!, offset!, timestamp!));
  const ids = positions.map(idOf);
  expect(new Set(ids).size).toBe(positions.length);
  expect(positions.map(idOf)).toEqual(ids);
  expect(ids.map((id) => hexOf(wordsOf(id)))).toEqual(ids);
  // What stands on a log must not change with the code.
  expect(ids[0]).toBe('2a93c3f14b6fdda2d8763f53605bcb01');
});
