import fc from 'fast-check';
import { cellCount, cellOf, chooseBins, sortedValues, sturgesEdges, type Bins } from './bins';

const modular = (n: number) => Array.from({ length: n }, (_, i) => ((i * 7919) % 1009) / 10);

describe('chooseBins', () => {
  it('gives a column of few values a cell for each, whatever their order', () => {
    expect(chooseBins([3, null, 1, -0, 3, Number.NaN, 0, Infinity])).toEqual({
      kind: 'values',
      values: [0, 1, 3],
    });
    expect(chooseBins([])).toEqual({ kind: 'values', values: [] });
    expect(chooseBins([1, 2, 3], { maxValues: 2 }).kind).toBe('intervals');
  });

  it('puts equally many rows between quantiles', () => {
    const values = Array.from({ length: 1000 }, (_, i) => i * i);
    expect(chooseBins(values, { method: 'quantile' })).toEqual({
      kind: 'intervals',
      edges: [0, 1e4, 4e4, 9e4, 16e4, 25e4, 36e4, 49e4, 64e4, 81e4, 998001],
    });
  });

  it('makes one interval where quantiles fall together', () => {
    const values = [...Array<number>(500).fill(0), ...Array.from({ length: 500 }, (_, i) => i + 1)];
    expect(chooseBins(values, { method: 'quantile' })).toEqual({
      kind: 'intervals',
      edges: [0, 1, 101, 201, 301, 401, 500],
    });
  });

  it("sets numpy's edges by Sturges's rule", () => {
    const edges = [0, 10.059999999999999, 20.119999999999997, 30.179999999999996, 40.239999999999995, 50.3, 60.35999999999999, 70.41999999999999, 80.47999999999999, 90.53999999999999, 100.6]; // prettier-ignore
    expect(chooseBins(modular(500))).toEqual({ kind: 'intervals', edges });
    expect(sturgesEdges(sortedValues([0, 1, 2, 3, 4]), true)).toEqual([0, 1, 2, 3, 4]);
  });

  it('refuses fewer than two intervals', () => {
    expect(() => chooseBins(modular(500), { method: 'quantile', intervals: 1 })).toThrow('from 2');
  });
});

describe('cellOf', () => {
  it('counts intervals as [a, b), the last one closed, with a cell on either side', () => {
    const bins: Bins = { kind: 'intervals', edges: [0, 1, 2] };
    expect([-1, 0, 0.5, 1, 1.5, 2, 2.1].map((value) => cellOf(bins, value))).toEqual([0, 1, 1, 2, 2, 2, 3]);
    expect(cellCount(bins)).toBe(4);
  });

  it('counts an unknown value in the last cell', () => {
    const bins: Bins = { kind: 'values', values: [0, 1, 5] };
    expect([0, 1, 5, 0.5, -1, 6].map((value) => cellOf(bins, value))).toEqual([0, 1, 2, 3, 3, 3]);
    expect(cellOf({ kind: 'values', values: [] }, 1)).toBe(0);
  });

  it('agrees with a look at every cell', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -20, max: 20 }), { minLength: 2, maxLength: 12 }),
        fc.integer({ min: -50, max: 50 }),
        (edges, half) => {
          edges.sort((a, b) => a - b);
          const value = half / 2;
          const inside = edges
            .slice(1)
            .findIndex(
              (upper, i) =>
                value >= edges[i]! && (value < upper || (value === upper && i === edges.length - 2)),
            );
          const expected = value < edges[0]! ? 0 : inside < 0 ? edges.length : inside + 1;
          expect(cellOf({ kind: 'intervals', edges }, value)).toBe(expected);
          expect(cellOf({ kind: 'values', values: edges }, value)).toBe(
            edges.includes(value) ? edges.indexOf(value) : edges.length,
          );
        },
      ),
    );
  });
});
