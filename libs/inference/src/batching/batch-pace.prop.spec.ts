import fc from 'fast-check';
import { BatchPace } from './batch-pace';

const some = fc.double({ min: 0.01, max: 50, noNaN: true });

it('learns a cost that is a line, whatever sizes the batches have', () => {
  fc.assert(
    fc.property(
      some,
      some,
      fc.uniqueArray(fc.integer({ min: 1, max: 64 }), { minLength: 2, maxLength: 40 }),
      (fixed, each, sizes) => {
        const pace = new BatchPace();
        for (const rows of sizes) pace.scored(rows, fixed + each * rows);
        for (const rows of [1, 7, 32]) expect(pace.costOf(rows) / (fixed + each * rows)).toBeCloseTo(1, 4);
      },
    ),
  );
});

it('follows a model whose cost changes', () => {
  const pace = new BatchPace();
  for (let k = 0; k < 100; k++) pace.scored(1 + (k % 8), 50);
  for (let k = 0; k < 100; k++) pace.scored(1 + (k % 8), 2);
  expect(pace.costOf(4)).toBeCloseTo(2, 1);
});

it('waits never longer than told, than the fixed cost of a batch, and than a full batch is expected to take', () => {
  fc.assert(
    fc.property(some, some, some, some, fc.integer({ min: 1, max: 31 }), (fixed, each, gap, max, rows) => {
      const pace = new BatchPace();
      for (const size of [1, 32, 5]) pace.scored(size, fixed + each * size);
      for (let k = 0; k < 200; k++) pace.arrived(1, k * gap);
      const delay = pace.delay(rows, 32, max);
      if (gap > 1.001 * fixed) expect(delay).toBe(0);
      else if (gap < 0.999 * fixed) expect(delay / Math.min(max, fixed, gap * (32 - rows))).toBeCloseTo(1, 3);
      expect(pace.delay(32, 32, max)).toBe(0);
      expect(pace.delay(rows, 32, 0)).toBe(0);
    }),
  );
});

it('does not wait when it knows nothing, nor after a pause', () => {
  const pace = new BatchPace();
  expect(pace.delay(1, 32, 100)).toBe(0);
  expect(pace.costOf(5)).toBe(0);
  for (const rows of [1, 8]) pace.scored(rows, 5);
  for (let k = 0; k < 200; k++) pace.arrived(1, k);
  expect(pace.delay(1, 32, 100)).toBeGreaterThan(1);
  pace.arrived(1, 10_000);
  expect(pace.delay(1, 32, 100)).toBe(0);
});
