import fc from 'fast-check';
import { BruteForce, type Expected, type OracleFeature } from './brute-force.testing';
import type { AggregateFeature, FeatureDefinition, FeatureEvent, ViewDefinition } from './definition';
import { compileView, type FeatureEngine, type FeatureState, type FeatureValues } from './engine';
import { streamOf, tameEvents, wildEvents } from './events.testing';
import { calendarStart } from './windowing';

/** Three hours: 150 units are 18 days. */
const UNIT = 3 * 3_600_000;
const DAY = 8 * UNIT;

type Kind = Omit<AggregateFeature, 'name' | 'window'>;
const amount = ({ amount }: FeatureEvent): number | null => amount as number | null;
const isFlagged = ({ flag }: FeatureEvent): boolean => flag === true;
const FLAGGED = { where: 'flag == true' };
const AMOUNT: OracleFeature = { of: amount, scale: 100 };
const FLAGGED_AMOUNT: OracleFeature = { ...AMOUNT, where: isFlagged };

/** Every aggregate with what its expressions mean. */
const KINDS: readonly (readonly [Kind, OracleFeature])[] = [
  [{ aggregate: 'count', ...FLAGGED }, { where: isFlagged }],
  [
    { aggregate: 'count', of: 'shop', ...FLAGGED },
    { of: ({ shop }) => shop as string, where: isFlagged },
  ],
  [{ aggregate: 'sum', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'max', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'std', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'last', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'mean', of: 'amount' }, AMOUNT],
  [{ aggregate: 'first', of: 'amount' }, AMOUNT],
  [{ aggregate: 'first', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'last_k', of: 'amount', k: 3 }, AMOUNT],
  [{ aggregate: 'lag', of: 'amount' }, AMOUNT],
  [{ aggregate: 'lag', of: 'score', n: 4, empty: -1 }, { of: ({ score }) => score as number }],
  [{ aggregate: 'lag', of: 'amount', n: 2, ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'time_since_last' }, {}],
  [{ aggregate: 'time_since_last', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'ratio', ...FLAGGED }, { where: isFlagged }],
  [{ aggregate: 'ratio', of: 'amount', ...FLAGGED, empty: 0 }, FLAGGED_AMOUNT],
  [{ aggregate: 'ewma', of: 'amount', halfLife: 5 * UNIT }, AMOUNT],
  [{ aggregate: 'quantile', of: 'amount', q: 0.5, accuracy: 'sketch' }, AMOUNT],
];
/** Those that need a window. */
const WINDOWED: readonly (readonly [Kind, OracleFeature])[] = [
  [{ aggregate: 'count_distinct', of: 'shop' }, { of: ({ shop }) => shop as string | null }],
  [{ aggregate: 'count_distinct', of: 'event_time' }, { of: ({ event_time }) => event_time as string }],
  [{ aggregate: 'count_distinct', of: 'amount', ...FLAGGED }, FLAGGED_AMOUNT],
  [{ aggregate: 'top_k', of: 'amount', k: 2 }, AMOUNT],
  [{ aggregate: 'top_k', of: 'amount', k: 3, by: 'frequency' }, AMOUNT],
  [{ aggregate: 'quantile', of: 'amount', q: 0.5 }, AMOUNT],
  [{ aggregate: 'quantile', of: 'score', q: 0.9 }, { of: ({ score }) => (score as number) + 0 }],
];
const TILED: readonly (readonly [Kind, OracleFeature])[] = [
  ...KINDS.filter(([{ aggregate }]) =>
    ['count', 'sum', 'max', 'std', 'last', 'mean', 'first', 'ratio'].includes(aggregate),
  ),
  [{ aggregate: 'min', of: 'amount' }, AMOUNT],
  [{ aggregate: 'variance', of: 'amount' }, AMOUNT],
  [{ aggregate: 'quantile', of: 'amount', q: 0.9 }, AMOUNT],
];

const viewOf = (
  kinds: readonly (readonly [Kind, OracleFeature])[],
  windows: readonly AggregateFeature['window'][],
  more: Partial<AggregateFeature> = {},
): readonly (readonly [FeatureDefinition, OracleFeature])[] =>
  windows.flatMap((window, w) =>
    kinds.map(([kind, meaning], i): [FeatureDefinition, OracleFeature] => [
      { ...kind, name: `${kind.aggregate}_${i}_${w}_${more.tile ?? ''}`, ...(window && { window }), ...more },
      meaning,
    ]),
  );

const SLIDING = [7 * UNIT, 40 * UNIT];
const CALENDAR = (['day', 'week', 'month'] as const).map((calendar) => ({ calendar }));
const VALUES: readonly (readonly [FeatureDefinition, OracleFeature])[] = [
  [{ name: 'amount', value: 'amount' }, { value: amount }],
];
const EXACT = [
  ...VALUES,
  ...viewOf(KINDS, [undefined, ...SLIDING, CALENDAR[1]]),
  ...viewOf(WINDOWED, SLIDING),
];
const OVER_CALENDAR = viewOf([KINDS[2]!, KINDS[7]!, WINDOWED[0]!], CALENDAR);
const OVER_TILES = [
  ...viewOf(TILED, [...SLIDING, { calendar: 'week' }], { accuracy: 'tiled', tile: 4 * UNIT }),
  ...viewOf(TILED.slice(0, 4), [{ calendar: 'month' }], { accuracy: 'tiled', tile: DAY }),
];

interface Subject {
  readonly view: ViewDefinition;
  readonly engine: FeatureEngine;
  readonly oracle: () => BruteForce;
}

const BEHIND = 20 * UNIT;

const subject = (
  features: readonly (readonly [FeatureDefinition, OracleFeature])[],
  { ttl, behindMs }: { ttl?: number; behindMs?: number } = {},
): Subject => {
  const view: ViewDefinition = {
    name: 'everything',
    entity: 'customer',
    stream: streamOf(UNIT),
    ...(ttl !== undefined && { ttl }),
    features: features.map(([feature]) => feature),
  };
  const meaning = Object.fromEntries(features.map(([{ name }, own]) => [name, own]));
  const engine = compileView(view, behindMs === undefined ? {} : { readAt: { behindMs } });
  return { view, engine, oracle: () => new BruteForce(view, meaning, behindMs) };
};

const SUBJECTS: readonly (readonly [string, () => Subject])[] = [
  ['exact windows', () => subject(EXACT)],
  ['calendar windows', () => subject(OVER_CALENDAR)],
  ['tiles alone', () => subject(OVER_TILES)],
  ['tiles beside rows', () => subject([...OVER_TILES, ...OVER_CALENDAR, ...VALUES])],
  ['a time to live', () => subject([...EXACT, ...OVER_TILES.slice(0, 6)], { ttl: 9 * UNIT })],
  ['a time to live, and tiles alone', () => subject(OVER_TILES, { ttl: 9 * UNIT })],
];

const wild = wildEvents(UNIT);
const tame = tameEvents(UNIT);
const events = fc.oneof(wild, tame);

/** By name; what the oracle gives a range for counts as equal within it. */
const agree = (names: readonly string[], given: FeatureValues, expected: readonly Expected[]): void => {
  expect(given).toHaveLength(expected.length);
  const wanted = expected.map((want, i) => {
    if (want === null || typeof want === 'number') return want;
    const value = given[i]!;
    return value !== null && Math.abs(value - want.near) <= want.within ? value : want;
  });
  const named = (values: readonly unknown[]): unknown =>
    Object.fromEntries(values.map((value, i) => [names[i]!, value]));
  expect(named(given)).toEqual(named(wanted));
};

const restarted = (engine: FeatureEngine, state: FeatureState): FeatureState => {
  const bytes = engine.encodeState(state);
  const again = engine.decodeState(bytes);
  expect(engine.encodeState(again)).toEqual(bytes);
  return again;
};

describe.each(SUBJECTS)('%s', (_name, make) => {
  const { engine, oracle } = make();

  it('give what brute force gives, to the bit', () => {
    fc.assert(
      fc.property(events, (log) => {
        const slow = oracle();
        const state = engine.createState();
        for (const event of log) agree(engine.names, engine.apply(state, event), slow.apply(event));
      }),
      { numRuns: 40 },
    );
  });

  it('give the same values and bytes from a snapshot at any record', () => {
    fc.assert(
      fc.property(events, (log) => {
        const whole = engine.createState();
        let again = engine.createState();
        for (const event of log) {
          expect(engine.apply(again, event)).toEqual(engine.apply(whole, event));
          again = restarted(engine, again);
        }
        expect(engine.encodeState(whole)).toEqual(engine.encodeState(again));
      }),
      { numRuns: 12 },
    );
  });
});

describe('reading as of a time', () => {
  const { engine, oracle } = subject(
    [...VALUES, ...EXACT, ...OVER_TILES].filter(
      ([{ name }], i, all) => all.findIndex(([other]) => other.name === name) === i,
    ),
    { ttl: 60 * UNIT, behindMs: BEHIND },
  );
  const reads = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: -60, max: 60 })), {
    maxLength: 3,
  });

  it('gives what brute force gives, changes nothing, and survives a restart', () => {
    fc.assert(
      fc.property(events, fc.array(reads, { maxLength: 60 }), (log, readsAfter) => {
        const slow = oracle();
        const [asked, added] = [engine.createState(), engine.createState()];
        let again = engine.createState();
        log.forEach((event, i) => {
          agree(engine.names, engine.apply(asked, event), slow.apply(event));
          engine.add(added, event);
          engine.add(again, event);
          again = restarted(engine, again);
          for (const [key, distance] of readsAfter[i] ?? []) {
            const time = Date.parse(event.event_time as string) + distance * UNIT;
            const expected = slow.readAt(key, time);
            for (const state of [asked, added, again])
              agree(engine.names, engine.readAt(state, key, time), expected);
            expect(engine.readAt(asked, key, time)).toEqual(engine.readAt(again, key, time));
          }
        });
        expect(engine.encodeState(added)).toEqual(engine.encodeState(again));
      }),
      { numRuns: 15 },
    );
  });
});

describe('a sub-range', () => {
  const tiled = viewOf(TILED, SLIDING, { accuracy: 'tiled', tile: 4 * UNIT });
  const { engine } = subject([...viewOf([...KINDS, ...WINDOWED], [...SLIDING, CALENDAR[0]]), ...tiled]);
  const reach = 44 * UNIT;
  let warm = 0;

  it('gives the same from a snapshot, from zero and after a warm-up as long as the widest window', () => {
    const run = (log: readonly FeatureEvent[], state = engine.createState()): FeatureValues[] =>
      log.map((event) => engine.apply(state, event));
    fc.assert(
      fc.property(tameEvents(UNIT, 50), fc.nat(20), (log, cut) => {
        const before = engine.createState();
        run(log.slice(0, cut), before);
        const fromZero = run(log).slice(cut);
        expect(run(log.slice(cut), engine.decodeState(engine.encodeState(before)))).toEqual(fromZero);

        const times = log.map(({ event_time }) => Date.parse(event_time as string));
        const skipped = Math.max(...times.slice(0, cut), -Infinity);
        const isWarm = (_: unknown, i: number): boolean => times[cut + i]! - reach > skipped;
        warm += fromZero.filter(isWarm).length;
        expect(run(log.slice(cut)).filter(isWarm)).toEqual(fromZero.filter(isWarm));
      }),
      { numRuns: 15 },
    );
    expect(warm).toBeGreaterThan(50);
  });
});

it('calendar units begin where Date says', () => {
  const anyTime = fc.integer({ min: Date.UTC(1900, 0, 1), max: Date.UTC(2400, 0, 1) });
  fc.assert(
    fc.property(anyTime, (time) => {
      const date = new Date(time);
      const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth(), date.getUTCDate()];
      expect(calendarStart('day', time)).toBe(Date.UTC(year, month, day));
      expect(calendarStart('week', time)).toBe(Date.UTC(year, month, day - ((date.getUTCDay() + 6) % 7)));
      expect(calendarStart('month', time)).toBe(Date.UTC(year, month, 1));
    }),
    { numRuns: 300 },
  );
});
