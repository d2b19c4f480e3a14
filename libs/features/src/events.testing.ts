import fc from 'fast-check';
import type { FeatureEvent, StreamDefinition } from './definition';

/** Streams whose times are whole multiples of `unit` ms from 2018-04-01 on, with every kind of disorder. */
export const LATENESS = 15;

export const streamOf = (unit: number): StreamDefinition => ({
  name: 'payments',
  time: 'event_time',
  lateness: LATENESS * unit,
  jump: 60 * unit,
  fields: [
    { name: 'customer', type: 'string' },
    { name: 'event_time', type: 'timestamp' },
    { name: 'amount', type: 'number', decimals: 2 },
    { name: 'score', type: 'number' },
    { name: 'flag', type: 'boolean' },
    { name: 'shop', type: 'string' },
  ],
});

const payload = fc.record({
  customer: fc.constantFrom('a', 'a', 'a', 'b', 'b', null),
  amount: fc.option(
    fc
      .oneof(fc.integer({ min: -50_000, max: 50_000 }), fc.integer({ min: 1, max: 5 }), fc.constant(2 ** 52))
      .map((cents) => cents / 100),
  ),
  score: fc.oneof(
    fc.double({ min: -1e3, max: 1e3, noNaN: true }).map((score) => (Math.abs(score) < 1e-100 ? 0 : score)),
    fc.constantFrom(0.1, 0.2, 0.3, -0, 1e16, -1e16, 1e-9),
  ),
  flag: fc.option(fc.boolean()),
  shop: fc.option(fc.constantFrom('x', 'y', '', 'half \ud800')),
});

const timed = (unit: number, events: readonly [FeatureEvent, number][]): FeatureEvent[] =>
  events.map(([event, units]) => ({
    ...event,
    event_time: new Date(Date.UTC(2018, 3, 1) + units * unit).toISOString(),
  }));

/** Any times at all: ties, late, later than the lateness, far ahead. */
export const wildEvents = (unit: number): fc.Arbitrary<FeatureEvent[]> =>
  fc
    .array(
      fc.tuple(
        payload,
        fc.oneof({ weight: 9, arbitrary: fc.nat(150) }, { weight: 1, arbitrary: fc.nat(2000) }),
      ),
      { maxLength: 35 },
    )
    .map((events) => timed(unit, events));

/** Time goes on, with ties and events that are late within the lateness. */
export const tameEvents = (unit: number, minLength = 0): fc.Arbitrary<FeatureEvent[]> =>
  fc
    .array(fc.tuple(payload, fc.nat(6), fc.constantFrom(0, 0, 0, 1, 5, LATENESS)), {
      minLength,
      maxLength: 60,
    })
    .map((steps) => {
      let now = 0;
      return timed(
        unit,
        steps.map(([event, step, late]): [FeatureEvent, number] => [
          event,
          Math.max(0, (now += step) - late),
        ]),
      );
    });
