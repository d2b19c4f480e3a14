import fc from 'fast-check';
import { RepeatedRows } from './repeated-rows';

/** Every row kept. */
const shareSlowly = (hashes: readonly number[]): number | null =>
  hashes.length === 0 ? null : (hashes.length - new Set(hashes).size) / hashes.length;

const counted = (hashes: readonly number[]): RepeatedRows => {
  const rows = new RepeatedRows();
  for (const hash of hashes) rows.observe(hash);
  return rows;
};

const hash = fc.integer({ min: 0, max: 0xffffffff });

it('is exact up to 1,024 different rows', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(hash, fc.integer({ min: 0, max: 9 })), { maxLength: 300 }), (hashes) => {
      expect(counted(hashes).share).toBe(shareSlowly(hashes));
    }),
  );
});

/** A fair spread of hashes, each number one row, some of them again. */
const spread = (rows: number, again: number): number[] =>
  Array.from({ length: rows }, (_, n) => Math.imul((n % again) + 1, 2654435761) >>> 0);

it('is the same for parts in any order and through JSON as for the whole, also when it samples', () => {
  const rows = spread(9_000, 7_500);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 8_999 }), { maxLength: 4 }),
      fc.boolean(),
      (cuts, reversed) => {
        const edges = [0, ...[...cuts].sort((a, b) => a - b), rows.length];
        const parts = edges.slice(1).map((edge, i) => counted(rows.slice(edges[i], edge)));
        const whole = new RepeatedRows();
        for (const part of reversed ? parts.reverse() : parts)
          whole.merge(
            RepeatedRows.fromJSON(JSON.parse(JSON.stringify(part)) as ReturnType<RepeatedRows['toJSON']>),
          );
        expect(whole.toJSON()).toEqual(counted(rows).toJSON());
      },
    ),
    { numRuns: 20 },
  );
});

it('is near the truth when it samples', () => {
  const rows = spread(40_000, 36_000);
  expect(counted(rows).toJSON().hashes.length).toBeLessThanOrEqual(1_024);
  expect(Math.abs(counted(rows).share! - 0.1)).toBeLessThan(0.03);
});
