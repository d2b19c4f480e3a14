import fc from 'fast-check';
import { erfc, exp } from '#kernel';
import { profileColumn } from '../profile/column-profile';
import { WindowProfile } from '../profile/window-profile';
import { benjaminiHochberg } from './benjamini-hochberg';
import { statisticOfCells, type CellStatistic } from './cells';
import { compareSamples, statisticOf } from './compare-samples';
import { kolmogorovSmirnovP } from './kolmogorov-smirnov';
import { pairSamples } from './paired-sample';
import { automaticStatistic, numberType, type DriftStatistic } from './rules';
import { chiSquareTail } from './special/gamma';
import { kolmogorovTail } from './special/kolmogorov';

const column = fc.oneof(
  fc.array(fc.integer({ min: -4, max: 9 }), { minLength: 2, maxLength: 25 }),
  fc.array(
    fc.double({ min: -50, max: 50, noNaN: true }).map((x) => x + 0),
    { minLength: 2, maxLength: 25 },
  ),
);
const value = (statistic: DriftStatistic, a: number[], b: number[]): number | null =>
  statisticOf(statistic, pairSamples(a, b), 'numerical').value;

const share = (of: readonly number[], holds: (x: number) => boolean): number =>
  of.filter(holds).length / of.length;
const mean = (of: readonly number[]): number => of.reduce((sum, x) => sum + x, 0) / of.length;
const pairs = (a: readonly number[], b: readonly number[]): number[] =>
  a.flatMap((x) => b.map((y) => Math.abs(x - y)));
const near = (found: number | null, expected: number): void =>
  expect(Math.abs(found! - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(expected)));

/** Every way to draw as many as `a` has out of both together. */
const splits = (all: readonly number[], size: number): [number[], number[]][] => {
  if (size === 0) return [[[], [...all]]];
  if (all.length < size) return [];
  const [first, ...rest] = all;
  return [
    ...splits(rest, size - 1).map(([a, b]): [number[], number[]] => [[first!, ...a], b]),
    ...splits(rest, size).map(([a, b]): [number[], number[]] => [a, [first!, ...b]]),
  ];
};
const few = fc.uniqueArray(fc.integer({ min: 0, max: 1000 }), { minLength: 5, maxLength: 9 });

describe('two samples', () => {
  it('Wasserstein is the area between the distribution functions over the deviation', () => {
    fc.assert(
      fc.property(column, column, (a, b) => {
        const places = [...new Set([...a, ...b])].sort((x, y) => x - y);
        const area = places.slice(1).reduce((sum, to, at) => {
          const from = places[at]!;
          return sum + (to - from) * Math.abs(share(a, (x) => x <= from) - share(b, (x) => x <= from));
        }, 0);
        const deviation = Math.sqrt(mean(a.map((x) => (x - mean(a)) * (x - mean(a)))));
        near(value('wasserstein', a, b), area / Math.max(deviation, 0.001));
      }),
    );
  });

  it('the squared energy distance is twice the mean distance across less those within', () => {
    fc.assert(
      fc.property(column, column, (a, b) => {
        const expected = 2 * mean(pairs(a, b)) - mean(pairs(a, a)) - mean(pairs(b, b));
        const found = value('energy', a, b)!;
        near(found * found, expected);
      }),
    );
  });

  it('Cramer-von Mises without ties is the sum of the squared gaps, its p-value the share of splits that are as far apart', () => {
    fc.assert(
      fc.property(few, (all) => {
        const [n, m] = [3, all.length - 3];
        const distance = (a: readonly number[], b: readonly number[]): number =>
          ((n * m) / (all.length * all.length)) *
          [...a, ...b].reduce((sum, at) => {
            const gap = share(a, (x) => x <= at) - share(b, (x) => x <= at);
            return sum + gap * gap;
          }, 0);
        fc.pre(m >= 2);
        const found = statisticOf(
          'cramer_von_mises',
          pairSamples(all.slice(0, n), all.slice(n)),
          'numerical',
        );
        const own = distance(all.slice(0, n), all.slice(n));
        near(found.value, own);
        near(found.pValue, mean(splits(all, n).map(([a, b]) => (distance(a, b) >= own - 1e-9 ? 1 : 0))));
      }),
    );
  });

  it('the exact p-value of Kolmogorov-Smirnov is the share of splits that are as far apart', () => {
    fc.assert(
      fc.property(few, fc.integer({ min: 2, max: 4 }), (all, n) => {
        const distance = (a: number[], b: number[]): number => value('kolmogorov_smirnov', a, b)!;
        const own = distance(all.slice(0, n), all.slice(n));
        const naive = mean(splits(all, n).map(([a, b]) => (distance(a, b) >= own - 1e-9 ? 1 : 0)));
        near(kolmogorovSmirnovP(own, n, all.length - n), naive);
      }),
    );
  });

  it('Anderson-Darling is equation 7 of Scholz and Stephens', () => {
    fc.assert(
      fc.property(column, column, (a, b) => {
        const all = [...a, ...b];
        const places = [...new Set(all)];
        fc.pre(places.length > 1);
        const rows = all.length;
        const count = (of: readonly number[], holds: (x: number) => boolean): number =>
          of.filter(holds).length;
        const distance = [a, b].reduce(
          (sum, side) =>
            sum +
            places.reduce((inner, z) => {
              const ties = count(all, (x) => x === z);
              const below = count(all, (x) => x < z) + ties / 2;
              const own = count(side, (x) => x < z) + count(side, (x) => x === z) / 2;
              const gap = rows * own - below * side.length;
              return inner + ((ties / rows) * gap * gap) / (below * (rows - below) - (rows * ties) / 4);
            }, 0) /
              side.length,
          0,
        );
        const found = value('anderson_darling', a, b)!;
        const deviation = (((rows - 1) / rows) * distance - 1) / found;
        // The deviation depends on the sizes alone; with 1000 rows on both sides it is near that of the limit, sqrt(2 (pi^2 - 9) / 3).
        expect(deviation).toBeGreaterThan(0.4);
        expect(deviation).toBeLessThan(1.2);
      }),
    );
    const [a, b] = [
      Array.from({ length: 1000 }, (_, i) => i),
      Array.from({ length: 1000 }, (_, i) => i + 0.5),
    ];
    expect(statisticOf('anderson_darling', pairSamples(a, b), 'numerical')).toEqual({
      value: expect.closeTo(-1 / Math.sqrt((2 * (Math.PI * Math.PI - 9)) / 3), 2),
      pValue: 0.25,
    });
  });

  it('chi-square and Z are their formulas over the values', () => {
    const small = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(small, small, (a, b) => {
        const keys = [...new Set([...a, ...b])].sort((x, y) => x - y);
        const sum = keys.reduce((total, key) => {
          const expected = share(a, (x) => x === key) * b.length;
          const gap = b.filter((x) => x === key).length - expected;
          return total + (gap * gap) / expected;
        }, 0);
        const chi = statisticOf('chi_square', pairSamples(a, b), 'categorical');
        if (sum === Infinity) expect(chi).toEqual({ value: Infinity, pValue: 0 });
        else near(chi.value, sum);
        const [p, q] = [share(a, (x) => x !== keys[0]), share(b, (x) => x !== keys[0])];
        const pooled = share([...a, ...b], (x) => x !== keys[0]);
        const z =
          pooled === 0 ? 0 : (p - q) / Math.sqrt(pooled * (1 - pooled) * (1 / a.length + 1 / b.length));
        const found = statisticOf('z_test', pairSamples(a, b), 'categorical');
        near(found.value, z);
        near(found.pValue, erfc(Math.abs(z) / Math.SQRT2));
      }),
    );
  });
});

describe('distributions', () => {
  it('chi-square has its closed forms', () => {
    for (const x of [0, 0.1, 1, 3, 12, 60, 300]) {
      near(chiSquareTail(x, 1), erfc(Math.sqrt(x / 2)));
      near(chiSquareTail(x, 2), exp(-x / 2));
      near(chiSquareTail(x, 6), exp(-x / 2) * (1 + x / 2 + (x * x) / 8));
    }
  });

  // scipy.stats.kstwo.sf, SciPy 1.17.1, on either side of every change of formula.
  it.each([
    [1, 0.7, 0.6000000000000001],
    [5, 0.31304951684997057, 0.6124416388294681],
    [140, 0.06339084821313744, 0.6042609889732011],
    [141, 0.12463970123620957, 0.022835637726981273],
    [500, 0.022360679774997897, 0.959154992904892],
    [5000, 0.012727922061357854, 0.389495678020637],
    [20000, 0.0106, 0.022184044084964192],
    [100000, 0.0015811388300841897, 0.963608000716019],
  ])('the tail of Kolmogorov at %d rows from %d', (rows, d, expected) => {
    expect(Math.abs(kolmogorovTail(rows, d) / expected - 1)).toBeLessThan(1e-8);
    expect(Math.abs(kolmogorovTail(rows, d, 10_000) / expected - 1)).toBeLessThan(1e-4);
  });
});

describe('choice', () => {
  it.each([
    ['numerical', 1000, 6, 'kolmogorov_smirnov'],
    ['numerical', 1000, 5, 'chi_square'],
    ['numerical', 1000, 2, 'z_test'],
    ['categorical', 1000, 30, 'chi_square'],
    ['categorical', 10, 1, 'z_test'],
    ['numerical', 1001, 6, 'wasserstein'],
    ['numerical', 1001, 5, 'jensen_shannon'],
    ['categorical', 1001, 30, 'jensen_shannon'],
  ] as const)('%s of %d rows and %d values: %s', (type, referenceRows, distinct, expected) => {
    expect(automaticStatistic({ type, referenceRows, distinct })).toBe(expected);
  });

  it('whole numbers of at most ten values are categories', () => {
    expect([numberType(true, 10), numberType(true, 11), numberType(false, 2)]).toEqual([
      'categorical',
      'numerical',
      'numerical',
    ]);
  });

  it('equality falls on the side where Evidently has it', () => {
    const sample = pairSamples([1, 2, 3, 4, 5, 6], [1, 2, 3, 4, 5, 9]);
    for (const [statistic, drifted] of [
      ['wasserstein', true],
      ['psi', true],
      ['energy', false],
      ['kolmogorov_smirnov', true],
      ['cramer_von_mises', true],
      ['chi_square', false],
      ['z_test', false],
    ] as const) {
      const { value: figure, pValue } = compareSamples(sample, { type: 'numerical', statistic });
      const threshold = pValue ?? figure!;
      expect([
        statistic,
        compareSamples(sample, { type: 'numerical', statistic, threshold }).drifted,
      ]).toEqual([statistic, drifted]);
    }
  });

  it('Benjamini-Hochberg rejects up to the last rank that stays below its line', () => {
    const list = fc.array(fc.oneof(fc.constant(null), fc.double({ min: 0, max: 1, noNaN: true })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(list, fc.double({ min: 0.01, max: 0.5, noNaN: true }), (ps, alpha) => {
        const sorted = ps.filter((p) => p !== null).sort((x, y) => x - y);
        const last = sorted.findLastIndex((p, at) => (p * sorted.length) / (at + 1) <= alpha);
        const { rejected } = benjaminiHochberg(ps, alpha);
        expect(rejected).toEqual(ps.map((p) => p !== null && last >= 0 && p <= sorted[last]!));
      }),
    );
  });
});

describe('cells', () => {
  const integers = fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 3, maxLength: 40 });

  it('of single values, all of them known, give the figures of the columns', () => {
    fc.assert(
      fc.property(integers, integers, (a, more) => {
        const b = more.map((x) => a[x % a.length]!);
        const reference = profileColumn(a);
        const window = WindowProfile.of(reference.bins, b);
        const sample = pairSamples(a, b);
        for (const statistic of [
          ...['psi', 'kl', 'jensen_shannon', 'hellinger', 'chi_square', 'z_test'],
          ...['kolmogorov_smirnov', 'wasserstein'],
        ] as CellStatistic[]) {
          const found = statisticOfCells(statistic, reference, window);
          const expected = statisticOf(statistic, sample, 'categorical');
          near(found.value, expected.value!);
          if (expected.pValue !== null) near(found.pValue, expected.pValue);
        }
      }),
    );
  });

  it('place unseen values by their mean', () => {
    const reference = profileColumn([1, 2, 3]);
    const window = WindowProfile.of(reference.bins, [1, 2, 7]);
    const { value: found } = statisticOfCells('wasserstein', reference, window);
    near(found, value('wasserstein', [1, 2, 3], [1, 2, 7])!);
  });

  it('of intervals never exceed the gap of the columns, and miss at most a cell of it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 97 }),
        fc.double({ min: -3, max: 3, noNaN: true }),
        (step, shift) => {
          const a = Array.from({ length: 200 }, (_, i) => ((i * 37) % 101) / 10);
          const b = Array.from({ length: 150 }, (_, i) => ((i * step) % 97) / 10 + shift);
          const reference = profileColumn(a, { method: 'quantile', intervals: 10 });
          const window = WindowProfile.of(reference.bins, b);
          const found = statisticOfCells('kolmogorov_smirnov', reference, window);
          const exact = statisticOf('kolmogorov_smirnov', pairSamples(a, b), 'numerical');
          const widest = Math.max(
            ...reference.counts.map((count) => count / 200),
            ...window.counts.map((count) => count / 150),
          );
          expect(found.value!).toBeLessThanOrEqual(exact.value! + 1e-12);
          expect(found.value!).toBeGreaterThanOrEqual(exact.value! - widest - 1e-12);
          expect(found.pValue!).toBeGreaterThanOrEqual(exact.pValue! - 1e-12);
          const distance = statisticOfCells('wasserstein', reference, window).value!;
          expect(Math.abs(distance - value('wasserstein', a, b)!)).toBeLessThan(0.25);
        },
      ),
    );
  });
});
