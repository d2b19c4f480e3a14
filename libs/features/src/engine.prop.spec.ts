import fc from 'fast-check';
import { BruteForce, type Expected, type OracleFeature } from './brute-force.testing';
import type { Aggregate, FeatureDefinition, FeatureEvent, ViewDefinition } from './definition';
import { compileView, type FeatureValues } from './engine';
import { streamOf, tameEvents, wildEvents } from './events.testing';

const AGGREGATES: readonly Aggregate[] = ['count', 'sum', 'mean', 'min', 'max', 'variance', 'std', 'last'];
const WINDOWS = [7, 40, undefined];

const SOURCES: Readonly<Record<string, { of: string; meaning: OracleFeature }>> = {
  amount: { of: 'amount', meaning: { of: ({ amount }) => amount as number | null, scale: 100 } },
  score: { of: 'score', meaning: { of: ({ score }) => score as number } },
  flag: { of: 'flag', meaning: { of: ({ flag }) => (flag === null ? null : Number(flag)) } },
  ratio: {
    of: 'amount / score',
    meaning: {
      of: ({ amount, score }) => {
        if (amount === null) return null;
        const ratio = (amount as number) / (score as number);
        return Math.abs(ratio) < 2 ** 450 ? ratio : null;
      },
    },
  },
};

const aggregates = Object.entries(SOURCES).flatMap(([source, { of, meaning }]) =>
  AGGREGATES.flatMap((aggregate) =>
    WINDOWS.map((window) => ({
      name: `${aggregate}_${source}_${window ?? 'all'}`,
      aggregate,
      of,
      window,
      meaning,
    })),
  ),
);
const FEATURES: FeatureDefinition[] = [
  { name: 'score', value: 'score' },
  { name: 'is_early', value: 'event_time.getMilliseconds() < 30' },
  { name: 'events_7', aggregate: 'count', window: 7 },
  { name: 'events_all', aggregate: 'count' },
  { name: 'shops_40', aggregate: 'count', of: 'shop', window: 40 },
  { name: 'std_or_minus_one', aggregate: 'std', of: 'score', window: 7, empty: -1 },
  ...aggregates.map(({ meaning: _, ...feature }) => feature),
];
const MEANING: Readonly<Record<string, OracleFeature>> = {
  score: { value: ({ score }) => (score as number) + 0 },
  is_early: { value: ({ event_time }) => (new Date(event_time as string).getUTCMilliseconds() < 30 ? 1 : 0) },
  events_7: {},
  events_all: {},
  shops_40: { of: ({ shop }) => (shop === null ? null : 0) },
  std_or_minus_one: SOURCES.score!.meaning,
  ...Object.fromEntries(aggregates.map(({ name, meaning }) => [name, meaning])),
};
const VIEW: ViewDefinition = {
  name: 'everything',
  entity: 'customer',
  stream: streamOf(1),
  features: FEATURES,
};

const wild = wildEvents(1);
const tame = tameEvents(1);

const engine = compileView(VIEW);
const fold = (events: readonly FeatureEvent[], state = engine.createState()): FeatureValues[] =>
  events.map((event) => engine.apply(state, event));
const named = (values: readonly Expected[]): Record<string, Expected> =>
  Object.fromEntries(values.map((value, i) => [engine.names[i]!, value]));

describe('the feature engine', () => {
  it('gives what brute force gives, to the bit', () => {
    fc.assert(
      fc.property(fc.oneof(wild, tame), (events) => {
        const oracle = new BruteForce(VIEW, MEANING);
        expect(fold(events).map(named)).toEqual(events.map((event) => named(oracle.apply(event))));
      }),
      { numRuns: 150 },
    );
  });

  it('goes on from a snapshot at any record with the same values and the same bytes', () => {
    fc.assert(
      fc.property(fc.oneof(wild, tame), (events) => {
        const whole = engine.createState();
        let restarted = engine.createState();
        for (const event of events) {
          expect(engine.apply(restarted, event)).toEqual(engine.apply(whole, event));
          const bytes = engine.encodeState(restarted);
          restarted = engine.decodeState(bytes);
          expect(engine.encodeState(restarted)).toEqual(bytes);
        }
        const straight = engine.createState();
        fold(events, straight);
        expect(engine.encodeState(straight)).toEqual(engine.encodeState(restarted));
        for (const key of ['a', 'b'])
          expect(engine.latest(restarted, key)).toEqual(engine.latest(straight, key));
      }),
      { numRuns: 60 },
    );
  });

  it('says of an event beforehand what it will give, and is none the wiser', () => {
    fc.assert(
      fc.property(fc.oneof(wild, tame), (events) => {
        const state = engine.createState();
        for (const event of events) {
          const before = engine.encodeState(state);
          const beforehand = engine.apply(engine.copyOf(state, event.customer), event);
          expect(engine.encodeState(state)).toEqual(before);
          expect(beforehand).toEqual(engine.apply(state, event));
        }
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same from a snapshot, from zero and after a warm-up as long as the widest window', () => {
    const bounded = compileView({
      ...VIEW,
      features: FEATURES.filter((feature) => 'window' in feature && feature.window !== undefined),
    });
    const run = (events: readonly FeatureEvent[], state = bounded.createState()): FeatureValues[] =>
      events.map((event) => bounded.apply(state, event));
    fc.assert(
      fc.property(tame, fc.nat(59), (events, cut) => {
        const before = bounded.createState();
        run(events.slice(0, cut), before);
        const fromZero = run(events).slice(cut);
        expect(run(events.slice(cut), bounded.decodeState(bounded.encodeState(before)))).toEqual(fromZero);

        const times = events.map(({ event_time }) => Date.parse(event_time as string));
        const skipped = Math.max(...times.slice(0, cut), -Infinity);
        const warm = (_: unknown, i: number): boolean => times[cut + i]! - 40 >= skipped;
        expect(run(events.slice(cut)).filter(warm)).toEqual(fromZero.filter(warm));
      }),
      { numRuns: 60 },
    );
  });

  it('does not let the events of other entities change a value', () => {
    fc.assert(
      fc.property(tame, (events) => {
        const alone = events.filter(({ customer }) => customer === 'a');
        const together = fold(events).filter((_, i) => events[i]!.customer === 'a');
        expect(fold(alone).map(named)).toEqual(together.map(named));
      }),
      { numRuns: 60 },
    );
  });

  it('reads as of any time what brute force gives, and changes nothing by it, also after a restart', () => {
    const behindMs = 20;
    const reading = compileView(VIEW, { readAt: { behindMs } });
    const reads = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: -60, max: 60 })), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(fc.oneof(wild, tame), fc.array(reads, { maxLength: 60 }), (events, readsAfter) => {
        const oracle = new BruteForce(VIEW, MEANING, behindMs);
        const [asked, added] = [reading.createState(), reading.createState()];
        let restarted = reading.createState();
        events.forEach((event, i) => {
          expect(named(reading.apply(asked, event))).toEqual(named(oracle.apply(event)));
          reading.add(added, event);
          reading.add(restarted, event);
          restarted = reading.decodeState(reading.encodeState(restarted));
          for (const [key, distance] of readsAfter[i] ?? []) {
            const time = Date.parse(event.event_time as string) + distance;
            const expected = named(oracle.readAt(key, time));
            for (const state of [asked, added, restarted])
              expect(named(reading.readAt(state, key, time))).toEqual(expected);
          }
        });
        expect(reading.encodeState(added)).toEqual(reading.encodeState(restarted));
      }),
      { numRuns: 60 },
    );
  });
});
