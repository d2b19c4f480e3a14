import fc from 'fast-check';
import type { Bins } from './bins';
import { mergeColumnProfiles, profileColumn } from './column-profile';
import { WindowProfile } from './window-profile';

const value = fc.oneof(
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(null, Number.NaN, Infinity, -0, 1e300, 1e-300, 3e38, 0.1),
);
const parts = fc.array(fc.array(value, { maxLength: 30 }), { minLength: 1, maxLength: 6 });
const bins: Bins = { kind: 'intervals', edges: [-1000, -1, 0, 0.1, 2, 5000] };
const stored = (profile: WindowProfile): string => JSON.stringify(profile);

describe('WindowProfile', () => {
  it('of parts merged in any order equals that of the whole, to the byte', () => {
    fc.assert(
      fc.property(parts, fc.infiniteStream(fc.nat()), (lists, choices) => {
        const whole = WindowProfile.of(bins, lists.flat());
        const profiles = lists.map((list) => WindowProfile.of(bins, list));
        while (profiles.length > 1) {
          const [from] = profiles.splice(choices.next().value % profiles.length, 1);
          const into = profiles[choices.next().value % profiles.length]!;
          into.merge(WindowProfile.fromJSON(bins, JSON.parse(stored(from!))));
        }
        expect(stored(profiles[0]!)).toBe(stored(whole));
      }),
    );
  });

  it('equals a naive count', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 60 }), (values) => {
        const present = values.filter((x): x is number => x !== null && Math.abs(x) <= 3.5e38);
        const floats = present.map(Math.fround);
        const profile = WindowProfile.of(bins, values).toJSON();
        const [a, b, c, d, e, f] = bins.edges as [number, number, number, number, number, number];
        const tests = [
          (x: number) => x < a,
          (x: number) => x >= a && x < b,
          (x: number) => x >= b && x < c,
          (x: number) => x >= c && x < d,
          (x: number) => x >= d && x < e,
          (x: number) => x >= e && x <= f,
          (x: number) => x > f,
        ];
        expect(profile).toMatchObject({
          rows: values.length,
          missing: values.length - present.length,
          counts: tests.map((test) => present.filter(test).length),
          min: present.length === 0 ? null : Math.min(...present) + 0,
          max: present.length === 0 ? null : Math.max(...present) + 0,
        });
        const n = present.length;
        const mean = floats.reduce((sum, x) => sum + x / n, 0);
        const scale = Math.max(1, ...present.map(Math.abs));
        if (n === 0) expect(profile.mean).toBeNull();
        else expect(Math.abs(profile.mean! - mean) / scale).toBeLessThan(1e-12);
        if (n < 2) return expect(profile.std).toBeNull();
        const std = Math.sqrt(floats.reduce((sum, x) => sum + ((x - mean) * (x - mean)) / (n - 1), 0));
        expect(Math.abs(profile.std! - std) / scale).toBeLessThan(1e-12);
      }),
    );
  });
});

describe('profileColumn', () => {
  it('counts every reference row inside its bins', () => {
    fc.assert(
      fc.property(
        fc.array(value, { maxLength: 200 }),
        fc.constantFrom('quantile' as const, 'sturges' as const),
        (values, method) => {
          const profile = profileColumn(values, { method, maxValues: 5 });
          expect(profile.counts.reduce((sum, count) => sum + count, 0)).toBe(profile.rows - profile.missing);
          expect(profile.counts.at(-1)).toBe(0);
          if (profile.bins.kind === 'intervals') expect(profile.counts[0]).toBe(0);
          expect(JSON.parse(JSON.stringify(profile))).toEqual(profile);
        },
      ),
    );
  });

  it('of parts with the same bins can be merged; with others it is refused', () => {
    const values = Array.from({ length: 100 }, (_, i) => i / 7);
    const whole = profileColumn(values);
    const part = (from: number, to: number) => ({
      bins: whole.bins,
      ...WindowProfile.of(whole.bins, values.slice(from, to)).toJSON(),
    });
    expect(mergeColumnProfiles(part(40, 100), part(0, 40))).toEqual(whole);
    const refusal = expect.objectContaining({ code: 'PLAYHEAD_DRIFT_INVALID' }) as Error;
    expect(() => mergeColumnProfiles(whole, profileColumn(values.slice(1)))).toThrow(refusal);
    expect(() => WindowProfile.fromJSON(bins, { ...whole, counts: [1] })).toThrow(refusal);
  });
});
