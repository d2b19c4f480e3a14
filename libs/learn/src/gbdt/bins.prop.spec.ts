import fc from 'fast-check';
import { binTable, sortRows, upperBounds } from './bins';
import { plainKernels } from './kernels/plain-kernels';

const value = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -4, max: 4 }).map((n) => n / 2) },
  { weight: 3, arbitrary: fc.float() },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      NaN,
      -0,
      Infinity,
      -Infinity,
      3.4028234663852886e38,
      1e-45,
      16777216,
      16777217,
    ),
  },
);
const column = fc.array(value, { minLength: 1, maxLength: 80 }).map((values) => Float32Array.from(values));
const maxBins = fc.integer({ min: 2, max: 255 });

it('sorts rows as a comparison sort would, missing last', () => {
  fc.assert(
    fc.property(column, (values) => {
      const { order, present } = sortRows(values);
      const expected = [...values.keys()]
        .filter((row) => !Number.isNaN(values[row]))
        .sort((a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : a - b));
      expect([...order].slice(0, present)).toEqual(expected);
    }),
  );
});

it('the bin number says the same as comparing the value with every bound', () => {
  fc.assert(
    fc.property(column, maxBins, (values, bins) => {
      const table = binTable([values], bins, plainKernels());
      const feature = table.features[0];
      const distinct = new Set([...values].map((v) => (Number.isNaN(v) ? 'missing' : v + 0)));
      expect(feature === undefined).toBe(distinct.size < 2);
      if (feature === undefined) return;
      expect(feature.upper.length).toBeLessThanOrEqual(bins);
      values.forEach((v, row) => {
        const number = table.numbers[0]![row]!;
        const expected = Number.isNaN(v)
          ? feature.upper.length
          : feature.upper.findIndex((bound) => v <= bound);
        expect(number).toBe(expected);
        expect(table.words[row]! & 255).toBe(number);
      });
    }),
  );
});

it('gives each distinct value its own bin when there are few, and no empty bin ever', () => {
  fc.assert(
    fc.property(column, maxBins, (values, bins) => {
      const distinct = new Set([...values].filter((v) => !Number.isNaN(v)).map((v) => v + 0)).size;
      const upper = upperBounds(sortRows(values), bins);
      if (distinct <= bins) expect(upper.length).toBe(distinct);
      const used = new Set(
        [...values].filter((v) => !Number.isNaN(v)).map((v) => upper.findIndex((bound) => v <= bound)),
      );
      expect(used.size).toBe(upper.length);
    }),
  );
});

it('fills bins about equally around a value with very many rows', () => {
  const values = Float32Array.from({ length: 10000 }, (_, i) => (i < 6000 ? 0 : i - 7000));
  const { numbers, features } = binTable([values], 41, plainKernels());
  const sizes = new Array<number>(features[0]!.upper.length).fill(0);
  numbers[0]!.forEach((bin) => sizes[bin]!++);
  expect(sizes.length).toBe(41);
  const others = sizes.filter((size) => size < 6000);
  expect(others.length).toBe(40);
  expect(Math.max(...others)).toBeLessThanOrEqual(120);
  expect(Math.min(...others)).toBeGreaterThanOrEqual(80);
});
