import * as fc from 'fast-check';
import { BinaryPerformance } from '#drift';
import { LabelJoin, type JoinedPrediction } from './label-join';

const HOUR = 3_600_000;

type Step =
  | { readonly type: 'prediction'; readonly id: string; readonly prediction: JoinedPrediction }
  | { readonly type: 'label'; readonly id: string; readonly value: number | null }
  | { readonly type: 'tick' | 'restart' };

const id = fc.integer({ min: 0, max: 12 }).map((n) => `tx-${n}`);
const trial = fc.option(
  fc.record({ name: fc.constantFrom('0-8', '0-20'), route: fc.constantFrom('champion', 'canary') }),
  { nil: undefined },
);
const prediction = fc
  .record({
    time: fc.integer({ min: 0, max: 5 * HOUR }),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    version: fc.integer({ min: 1, max: 2 }),
    trial,
  })
  .map(({ trial: part, ...made }): JoinedPrediction => ({
    ...made,
    threshold: 0.5,
    windowMs: HOUR,
    maturityMs: 30 * 24 * HOUR,
    ...(part && { trial: part }),
  }));
const step: fc.Arbitrary<Step> = fc.oneof(
  fc
    .tuple(id, prediction)
    .map(([event, made]): Step => ({ type: 'prediction', id: event, prediction: made })),
  fc
    .tuple(id, fc.constantFrom(0, 1, null))
    .map(([event, value]): Step => ({ type: 'label', id: event, value })),
  fc.constantFrom<Step>({ type: 'tick' }, { type: 'restart' }),
);

const keyOf = ({ trial: part, version }: JoinedPrediction): string =>
  `${part?.name}#${part?.route}/${version}`;

/** The slow, obvious way: the first prediction and the last label of each event. */
const oracle = (steps: readonly Step[]): Map<string, BinaryPerformance> => {
  const predictions = new Map<string, JoinedPrediction>();
  const labels = new Map<string, number | null>();
  for (const each of steps) {
    if (each.type === 'prediction' && !predictions.has(each.id)) predictions.set(each.id, each.prediction);
    if (each.type === 'label') labels.set(each.id, each.value);
  }
  const counts = new Map<string, BinaryPerformance>();
  for (const [event, made] of predictions) {
    const value = labels.get(event);
    if (!made.trial || value === null || value === undefined) continue;
    const arm = counts.get(keyOf(made)) ?? new BinaryPerformance(0.5);
    arm.observe(made.score!, value === 1);
    counts.set(keyOf(made), arm);
  }
  return counts;
};

const figures = (counts: ReadonlyMap<string, BinaryPerformance>): [string, unknown][] =>
  [...counts]
    .filter(([, performance]) => performance.report().rows !== 0)
    .map(([key, performance]): [string, unknown] => [key, performance.report()])
    .sort(([a], [b]) => (a < b ? -1 : 1));

it('adds up to what all labels say of a trial, corrections and restarts included, long before they are mature', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (drawn) => {
      const steps: readonly Step[] = [...drawn, { type: 'tick' }];
      let join = new LabelJoin('binary');
      const sums = new Map<string, BinaryPerformance>();
      let behind = 0;
      for (const [offset, each] of steps.entries()) {
        if (each.type === 'prediction') join.foldPrediction(each.id, each.prediction);
        else if (each.type === 'label')
          join.foldLabel(each.id, { value: each.value, knownAt: offset, partition: 0, offset });
        else if (each.type === 'restart') join = LabelJoin.decode(join.encode(), 'binary');
        else {
          const { parts, from, to } = join.takeTrials(offset);
          expect([from, to]).toEqual([behind, offset + 1]);
          behind = to;
          for (const { arm, counts } of parts) {
            const key = `${arm.name}#${arm.route}/${arm.version}`;
            const known = sums.get(key);
            if (known) known.merge(counts);
            else sums.set(key, counts);
          }
        }
      }
      expect(figures(sums)).toEqual(figures(oracle(steps)));
    }),
    { numRuns: 200 },
  );
});
