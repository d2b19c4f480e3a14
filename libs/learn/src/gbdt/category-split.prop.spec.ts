import fc from 'fast-check';
import { BINS, binTable } from './bins';
import { plainKernels } from './kernels/plain-kernels';
import { UNBOUNDED } from './leaf';
import { exactness } from './objectives/objective';
import { bestSplit } from './split';
import type { SplitRules } from './split-rules';

const rules: SplitRules = {
  l2: 0,
  categoricalL2: 0,
  minChildWeight: 0,
  minSamplesLeaf: 1,
  directions: null,
};

const categories = fc.array(
  fc.record({
    value: fc.oneof(fc.integer({ min: -4, max: 4 }), fc.constant(NaN)),
    gradient: fc.double({ min: -1, max: 1, noNaN: true }),
    hessian: fc.double({ min: 0.01, max: 1, noNaN: true }),
  }),
  { minLength: 2, maxLength: 30 },
);

type Rows = readonly { value: number; gradient: number; hessian: number }[];

const splitOf = (rows: Rows, with_: Partial<SplitRules> = {}) => {
  const kernels = plainKernels();
  const { shortener } = exactness(1, rows.length);
  const short = (x: number): number => x + shortener - shortener;
  const gradients = Float64Array.from(
    rows.flatMap(({ gradient, hessian }) => [short(gradient), short(hessian)]),
  );
  const table = binTable([Float32Array.from(rows, ({ value }) => value)], 255, kernels, new Set([0]));
  if (table.features.length === 0) return null;
  const histogram = { sums: new Float64Array(4 * BINS * 2), counts: null };
  const order = Uint32Array.from(rows.keys());
  kernels.addRows(histogram, table, gradients, order, 0, rows.length);
  const part = (p: 0 | 1): number => gradients.reduce((sum, x, i) => sum + (i % 2 === p ? x : 0), 0);
  const node = { gradient: part(0), hessian: part(1), count: rows.length, bounds: UNBOUNDED };
  return { split: bestSplit(histogram, table, [0], node, { ...rules, ...with_ }), table };
};

const scoreOf = (rows: Rows): number => {
  const gradient = rows.reduce((sum, row) => sum + row.gradient, 0);
  return rows.length === 0 ? 0 : (gradient * gradient) / rows.reduce((sum, row) => sum + row.hessian, 0);
};

it('gains as much as the best of all sets of categories', () => {
  fc.assert(
    fc.property(categories, (rows) => {
      const found = splitOf(rows)?.split ?? null;
      const distinct = [...new Set(rows.map(({ value }) => String(value)))];
      let most = 0;
      for (let set = 1; set < 2 ** (distinct.length - 1); set++) {
        const isIn = ({ value }: { value: number }): boolean =>
          ((set >> distinct.indexOf(String(value))) & 1) === 1;
        const gain = scoreOf(rows.filter(isIn)) + scoreOf(rows.filter((row) => !isIn(row))) - scoreOf(rows);
        most = Math.max(most, gain);
      }
      expect(found?.gain ?? 0).toBeCloseTo(most, 9);
    }),
    { numRuns: 60 },
  );
});

it('names the side with fewer categories, and none that is only missing values', () => {
  fc.assert(
    fc.property(categories, fc.constantFrom(0, 10), (rows, categoricalL2) => {
      const found = splitOf(rows, { categoricalL2 });
      if (!found?.split) return;
      const { split, table } = found;
      const { bins, categories: values } = table.features[0]!;
      if (split.categories === null) expect(split).toMatchObject({ bin: bins - 1, missingLeft: false });
      else {
        const left = split.categories.length + (split.missingLeft && table.features[0]!.hasMissing ? 1 : 0);
        expect(split.categories.length).toBeGreaterThan(0);
        expect(left).toBeLessThanOrEqual((values!.length + 1) / 2);
      }
    }),
  );
});

it('never names the bin of the rarest, which has no value', () => {
  const rows = Array.from({ length: 60 }, (_, row) => ({
    value: row < 40 ? row % 2 : row,
    gradient: row < 40 ? -1 : 1,
    hessian: 1,
  }));
  const kernels = plainKernels();
  const table = binTable([Float32Array.from(rows, ({ value }) => value)], 3, kernels, new Set([0]));
  expect([table.features[0]!.bins, [...table.features[0]!.categories!]]).toEqual([3, [0, 1]]);
  const histogram = { sums: new Float64Array(4 * BINS * 2), counts: null };
  const gradients = Float64Array.from(rows.flatMap(({ gradient, hessian }) => [gradient, hessian]));
  kernels.addRows(histogram, table, gradients, Uint32Array.from(rows.keys()), 0, 60);
  const node = { gradient: -20, hessian: 60, count: 60, bounds: UNBOUNDED };
  expect(bestSplit(histogram, table, [0], node, rules)).toMatchObject({
    categories: [0, 1],
    leftGradient: -40,
  });
});
