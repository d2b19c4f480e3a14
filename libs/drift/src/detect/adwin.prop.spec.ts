import * as fc from 'fast-check';
import { Adwin } from './adwin';

const detections = (values: readonly number[], delta: number): unknown => {
  const adwin = new Adwin({ delta });
  const at = values.flatMap((value, index) => (adwin.update(value) ? [index] : []));
  return [at, adwin.length, Number(adwin.mean.toPrecision(12))];
};

/** Numbers of a congruential generator that every language can repeat. */
const uniforms = (count: number): number[] => {
  let state = 12345n;
  return Array.from({ length: count }, () => {
    state = (state * 1103515245n + 12345n) % 2147483648n;
    return Number(state) / 2147483648;
  });
};

const u = uniforms(6_000);
const levels = u.map((value, i) => value + (Math.floor(i / 1_000) % 2 === 1 ? 0.5 : 0));
const errors = u.map((value, i) => (value < (Math.floor(i / 1_500) % 2 === 1 ? 0.1 : 0.4) ? 1 : 0));

/** As River 0.26.1 finds them. */
it.each<[string, number, unknown]>([
  ['levels', 0.002, [[1055, 2047, 3039, 4031, 5055], 944, 0.996419793756]],
  ['levels', 0.01, [[1023, 2047, 3039, 4031, 5023], 976, 0.997105438442]],
  ['levels', 0.001, [[1055, 2047, 3039, 4031, 5055], 944, 0.996419793756]],
  ['errors', 0.002, [[1599, 3103, 4607], 1392, 0.0991379310345]],
  ['errors', 0.01, [[1567, 3071, 4575], 1424, 0.0997191011236]],
  ['errors', 0.001, [[1599, 3103, 4607], 1392, 0.0991379310345]],
])('finds the changes of %s at delta %p where River does', (stream, delta, expected) => {
  expect(detections(stream === 'levels' ? levels : errors, delta)).toEqual(expected);
});

const streams = fc
  .array(fc.tuple(fc.double({ min: -10, max: 10, noNaN: true }), fc.integer({ min: 1, max: 120 })), {
    minLength: 1,
    maxLength: 8,
  })
  .map((pieces) =>
    pieces.flatMap(([level, length], piece) =>
      Array.from({ length }, (_, i) => level + 0.3 * u[(piece * 131 + i) % u.length]!),
    ),
  );

it('keeps the sum and the spread of the last values', () => {
  fc.assert(
    fc.property(streams, (values) => {
      const adwin = new Adwin({ delta: 0.01, clock: 8 });
      values.forEach((value, index) => {
        adwin.update(value);
        const window = values.slice(index + 1 - adwin.length, index + 1);
        expect(window.length).toBeGreaterThan(0);
        const mean = window.reduce((sum, each) => sum + each, 0) / window.length;
        expect(adwin.mean).toBeCloseTo(mean, 8);
        const squares = window.reduce((sum, each) => sum + (each - mean) * (each - mean), 0);
        expect(adwin.state()[3]).toBeCloseTo(squares, 6);
      });
    }),
    { numRuns: 15 },
  );
});

it('goes on from a state as if it had never stopped', () => {
  fc.assert(
    fc.property(streams, fc.nat(), (values, cut) => {
      const whole = new Adwin({ clock: 8 });
      const first = new Adwin({ clock: 8 });
      const at = cut % values.length;
      const expected = values.map((value) => whole.update(value));
      const before = values.slice(0, at).map((value) => first.update(value));
      const second = new Adwin({ clock: 8 });
      const state = first.state();
      let next = 0;
      second.restore(() => state[next++]!);
      expect(next).toBe(state.length);
      expect([...before, ...values.slice(at).map((value) => second.update(value))]).toEqual(expected);
      expect(second.state()).toEqual(whole.state());
    }),
    { numRuns: 30 },
  );
});

it('takes a constant stream for one', () => {
  const adwin = new Adwin();
  expect(Array.from({ length: 2_000 }, () => adwin.update(0.1)).some(Boolean)).toBe(false);
  expect(adwin.length).toBe(2_000);
});
