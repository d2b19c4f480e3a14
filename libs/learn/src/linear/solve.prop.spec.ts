import fc from 'fast-check';
import { dot, solveSymmetric } from './solve';

const vectors = fc
  .record({ n: fc.integer({ min: 1, max: 6 }), rows: fc.integer({ min: 1, max: 12 }) })
  .chain(({ n, rows }) =>
    fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: n + 1, maxLength: n + 1 }), {
      minLength: rows,
      maxLength: rows,
    }),
  );

it('solves the normal equations of any table, also where columns repeat or are missing', () => {
  fc.assert(
    fc.property(vectors, (table) => {
      const n = table[0]!.length - 1;
      const matrix = new Float64Array(n * n);
      const vector = new Float64Array(n);
      for (const row of table) {
        for (let i = 0; i < n; i++) {
          vector[i]! += row[i]! * row[n]!;
          for (let j = 0; j < n; j++) matrix[i * n + j]! += row[i]! * row[j]!;
        }
      }
      const x = solveSymmetric(Float64Array.from(matrix), vector);
      const size = 1 + Math.max(...x.map(Math.abs)) * Math.max(1, ...matrix.map(Math.abs));
      for (let i = 0; i < n; i++) {
        const left = [...x].reduce((sum, value, j) => sum + value * matrix[i * n + j]!, 0);
        expect(Math.abs(left - vector[i]!) / size).toBeLessThan(1e-7);
      }
    }),
  );
});

it('a dot product is the sum of products', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: -99, max: 99 }), fc.integer({ min: -99, max: 99 }))),
      (pairs) => {
        const a = Float64Array.from(pairs, ([x]) => x);
        const b = Float64Array.from(pairs, ([, y]) => y);
        expect(dot(a, b, pairs.length)).toBe(pairs.reduce((sum, [x, y]) => sum + x * y, 0) + 0);
      },
    ),
  );
});
