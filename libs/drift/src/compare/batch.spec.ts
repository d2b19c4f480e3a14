import { jensenShannon, psi } from './batch';

const floats = (n: number, a: number, m: number, d: number, from: number) =>
  Array.from({ length: n }, (_, i) => ((i * a) % m) / d + from);
const integers = (n: number, a: number, m: number, d: number, from: number) =>
  Array.from({ length: n }, (_, i) => Math.floor(((i * a) % m) / d) + from);
const repeat = (...runs: [number, number][]) =>
  runs.flatMap(([value, times]) => Array<number>(times).fill(value));

describe('psi and jensenShannon equal those of Evidently 0.7.23 (numpy 2.4.6, pandas 2.3.3)', () => {
  it.each<[string, number[], number[], number, number]>([
    [
      'floats',
      floats(500, 7919, 1009, 10, 0),
      floats(400, 104729, 1013, 9, 3),
      0.6725506257913897,
      0.19290027619046876,
    ],
    [
      'columns far apart',
      floats(300, 7919, 1009, 10, 0),
      floats(300, 104729, 1013, 9, 500),
      16.974023795408772,
      0.8325546111576977,
    ],
    [
      '512 rows',
      floats(300, 7919, 1009, 10, 0),
      floats(212, 104729, 1013, 9, 1),
      0.734201935657152,
      0.1942672817042368,
    ],
    [
      'integers',
      integers(500, 7919, 1009, 10, 0),
      integers(400, 104729, 1013, 9, 3),
      0.6742805210313594,
      0.19344976961762808,
    ],
    [
      '20 distinct values',
      integers(500, 7919, 1009, 51, 0),
      integers(400, 104729, 1013, 30, 3),
      3.9469855089837087,
      0.49798342872785456,
    ],
    [
      '21 distinct values',
      integers(500, 7919, 1009, 49, 0),
      integers(400, 104729, 1013, 30, 3),
      3.354919039890134,
      0.44965538183235226,
    ],
    [
      'a rare value',
      repeat([0, 20000], [1, 1]),
      repeat([0, 300], [1, 7], [2, 1]),
      0.19785676689859502,
      0.09447938312570406,
    ],
    ['flags', repeat([0, 90], [1, 10]), repeat([0, 50], [1, 50]), 0.8788898309344878, 0.31898154347735663],
    [
      'a constant reference',
      repeat([4.5, 10]),
      repeat([4.5, 8], [5.5, 2]),
      1.5640491119253044,
      0.27364532084863846,
    ],
  ])('%s', (_, reference, current, expectedPsi, expectedDistance) => {
    expect(Math.abs(psi(reference, current) / expectedPsi - 1)).toBeLessThan(1e-11);
    expect(Math.abs(jensenShannon(reference, current) / expectedDistance - 1)).toBeLessThan(1e-11);
  });
});

describe('psi', () => {
  it('makes bins of integers at least 1 wide, as numpy does, unless pandas would hold them as floats for a missing one', () => {
    const reference = Array.from({ length: 400_000 }, (_, i) => ((i * 7919) % 1009) % 21);
    const current = Array.from({ length: 200_000 }, (_, i) => ((i * 104729) % 1013) % 19);
    expect(psi(reference, current)).toBeCloseTo(0.6614163710548172, 12);
    expect(psi([...reference, null], current)).toBeCloseTo(0.5949179778203059, 12);
    expect(psi([...reference, null], current, { integer: true })).toBeCloseTo(0.6614163710548172, 12);
  });

  it('leaves missing values out', () => {
    const [reference, current] = [floats(500, 7919, 1009, 10, 0), floats(400, 104729, 1013, 9, 3)];
    expect(psi([null, ...reference, Number.NaN], [...current, Infinity])).toBe(psi(reference, current));
  });

  it('is zero between a column and itself', () => {
    const column = floats(500, 7919, 1009, 10, 0);
    expect(psi(column, column)).toBe(0);
    expect(jensenShannon(column, column)).toBe(0);
  });

  it('needs values on both sides', () => {
    expect(() => psi([null], [1])).toThrow('the reference column has no values');
    expect(() => jensenShannon([1], [])).toThrow('the current column has no values');
  });
});
