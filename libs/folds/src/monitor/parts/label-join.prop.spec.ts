import * as fc from 'fast-check';
import { BinaryPerformance } from '#drift';
import { watchedKey } from '../event-window';
import { LabelJoin, type JoinedLabel, type JoinedPrediction } from './label-join';
import type { MeasuredPart } from './measured-part';
import type { Passed } from './profile-state';
import { mergePerformance, restorePerformance, storePerformance, type Performance } from './performance-part';

const HOUR = 3_600_000;
const MATURITY = 2 * HOUR;

type Step =
  | { readonly type: 'prediction'; readonly id: string; readonly prediction: JoinedPrediction }
  | { readonly type: 'label'; readonly id: string; readonly label: JoinedLabel }
  | { readonly type: 'tick' | 'restart' };

const id = fc.integer({ min: 0, max: 12 }).map((n) => `tx-${n}`);
const prediction = fc.record({
  time: fc.integer({ min: 0, max: 20 * HOUR }),
  score: fc.double({ min: 0, max: 1, noNaN: true }),
  version: fc.integer({ min: 1, max: 2 }),
});
const label = fc.record({
  value: fc.constantFrom(0, 1, null),
  knownAt: fc.integer({ min: 0, max: 24 * HOUR }),
  partition: fc.integer({ min: 0, max: 1 }),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(id, prediction).map(([event, made]): Step => ({
      type: 'prediction',
      id: event,
      prediction: { ...made, threshold: 0.5, windowMs: HOUR, maturityMs: MATURITY },
    })),
  },
  {
    weight: 5,
    arbitrary: fc
      .tuple(id, label)
      .map(([event, said]): Step => ({ type: 'label', id: event, label: { ...said, offset: 0 } })),
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ type: 'tick' }, { type: 'restart' }) },
);

/** Offsets rise along each partition of the label stream. */
const numbered = (steps: readonly Step[]): Step[] =>
  steps.map((each, offset) => (each.type === 'label' ? { ...each, label: { ...each.label, offset } } : each));

/** At the end both inputs are so far on that every window is mature. */
const END: readonly Step[] = [30, 36, 42].flatMap((hour): Step[] => [
  {
    type: 'prediction',
    id: `end-${hour}`,
    prediction: {
      time: hour * HOUR,
      version: 1,
      threshold: 0.5,
      score: 0.5,
      windowMs: HOUR,
      maturityMs: MATURITY,
    },
  },
  {
    type: 'label',
    id: `other-${hour}`,
    label: { value: 1, knownAt: hour * HOUR, partition: 0, offset: 1_000 + hour },
  },
]);

const fold = (steps: readonly Step[]): Passed<MeasuredPart>[] => {
  let join = new LabelJoin('binary');
  return steps.flatMap((each) => {
    switch (each.type) {
      case 'prediction':
        return join.foldPrediction(each.id, each.prediction) ?? [];
      case 'label':
        return join.foldLabel(each.id, each.label) ?? [];
      case 'tick':
        return join.tick() ?? [];
      case 'restart':
        join = LabelJoin.decode(join.encode(), 'binary');
        return [];
    }
  });
};

/** All parts of a window, through the form that they have on the log. */
const addedUp = (parts: readonly MeasuredPart[]): Record<string, unknown> => {
  const windows = new Map<string, Performance>();
  for (const { watched, performance } of parts) {
    const stored = JSON.parse(JSON.stringify(storePerformance(performance))) as ReturnType<
      typeof storePerformance
    >;
    const part = restorePerformance(stored);
    const whole = windows.get(watchedKey(watched));
    if (whole) mergePerformance(whole, part);
    else windows.set(watchedKey(watched), part);
  }
  return reports(new Map([...windows].map(([key, { counts }]) => [key, counts as BinaryPerformance])));
};

const reports = (windows: ReadonlyMap<string, BinaryPerformance>): Record<string, unknown> =>
  Object.fromEntries(
    [...windows]
      .map(([key, performance]) => [key, performance.report()] as const)
      .filter(([, { rows }]) => rows > 0)
      .sort(([a], [b]) => a.localeCompare(b)),
  );

/** The slow, obvious way: the first prediction of each event with the assertion that holds in the end. */
const oracle = (steps: readonly Step[]): Record<string, unknown> => {
  const predictions = new Map<string, JoinedPrediction>();
  const labels = new Map<string, JoinedLabel>();
  for (const each of steps) {
    if (each.type === 'prediction' && !predictions.has(each.id)) predictions.set(each.id, each.prediction);
    if (each.type !== 'label') continue;
    const other = labels.get(each.id);
    const { partition, knownAt } = each.label;
    const wins =
      !other ||
      (other.partition === partition
        ? true
        : knownAt > other.knownAt || (knownAt === other.knownAt && partition > other.partition));
    if (wins) labels.set(each.id, each.label);
  }
  const windows = new Map<string, BinaryPerformance>();
  for (const [event, { time, version, score }] of predictions) {
    const value = labels.get(event)?.value;
    if (value === undefined || value === null) continue;
    const start = Math.floor(time / HOUR) * HOUR;
    const key = watchedKey({ version, threshold: 0.5, window: { start, end: start + HOUR } });
    const performance = windows.get(key) ?? new BinaryPerformance(0.5);
    windows.set(key, performance);
    performance.observe(score!, value === 1);
  }
  return reports(windows);
};

it('measures what a join of everything at the end gives, whatever came first, was corrected, or was restarted', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (random) => {
      const steps = [...numbered(random), ...END];
      expect(addedUp(fold([...steps, { type: 'tick' }]).flatMap(({ parts }) => parts))).toEqual(
        oracle(steps),
      );
    }),
    { numRuns: 300 },
  );
});

it('gives the same after a restart as without one, so that what is given again is the same', () => {
  const given = (steps: readonly Step[]): unknown =>
    fold(steps).map(({ parts, through }) => [
      through,
      parts.map(({ watched, performance }) => [watched, storePerformance(performance)]),
    ]);
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (random) => {
      const steps = [...numbered(random), ...END];
      expect(given(steps)).toEqual(given(steps.filter(({ type }) => type !== 'restart')));
    }),
    { numRuns: 200 },
  );
});
