import * as fc from 'fast-check';
import { chunksOf, orderInTime } from './chunks';
import { eigenOf } from './eigenvectors';
import { principalComponents, reconstruction } from './principal-components';

const cell = fc.double({ min: -10, max: 10, noNaN: true });
const symmetric = fc
  .integer({ min: 1, max: 6 })
  .chain((n) => fc.array(fc.array(cell, { minLength: n, maxLength: n }), { minLength: n, maxLength: n }))
  .map((rows) => rows.map((row, i) => Float64Array.from(row, (value, j) => value + rows[j]![i]!)));

const dot = (a: ArrayLike<number>, b: ArrayLike<number>): number =>
  Array.from(a).reduce((sum, value, i) => sum + value * b[i]!, 0);

it('finds directions that a symmetric matrix only stretches, at right angles, the largest first', () => {
  fc.assert(
    fc.property(symmetric, (matrix) => {
      const { values, vectors } = eigenOf(matrix);
      const scale = 1 + Math.max(...values.map(Math.abs));
      vectors.forEach((vector, k) => {
        matrix.forEach((row, i) =>
          expect(Math.abs(dot(row, vector) - values[k]! * vector[i]!) / scale).toBeLessThan(1e-9),
        );
        vectors.forEach((other, j) => expect(dot(vector, other)).toBeCloseTo(j === k ? 1 : 0, 9));
        if (k > 0) expect(values[k]).toBeLessThanOrEqual(values[k - 1]!);
      });
    }),
  );
});

it('keeps the fewest components beyond 65 % of the variance, and the error is what they leave', () => {
  const table = fc.array(fc.tuple(cell, cell, fc.option(cell), fc.constant(4)), {
    minLength: 100,
    maxLength: 140,
  });
  fc.assert(
    fc.property(table, (rows) => {
      const columns = [0, 1, 2, 3].map((c) => rows.map((row) => row[c]!));
      const pca = principalComponents(columns, chunksOf(orderInTime(rows.length)));
      if (!pca) return;
      const z = rows.map((row) =>
        row.map((value, c) => (value === null ? 0 : (value - pca.mean[c]!) / pca.std[c]!)),
      );
      const explained = pca.components.map((component) =>
        z.reduce((sum, row) => sum + dot(row, component) ** 2, 0),
      );
      const all = z.reduce((sum, row) => sum + dot(row, row), 0);
      const shares = explained.map(
        (_, k) => explained.slice(0, k + 1).reduce((sum, each) => sum + each, 0) / all,
      );
      expect(shares.at(-1)).toBeGreaterThan(0.65);
      if (shares.length > 1) expect(shares.at(-2)).toBeLessThanOrEqual(0.65 + 1e-12);
      // Pythagoras: what is not along the components is left.
      const reconstruct = reconstruction(pca);
      rows.forEach((row, i) => {
        const left = dot(z[i]!, z[i]!) - pca.components.reduce((sum, each) => sum + dot(z[i]!, each) ** 2, 0);
        expect(reconstruct(row) ** 2).toBeCloseTo(left, 8);
      });
      expect(pca.std[3]).toBe(1);
    }),
    { numRuns: 15 },
  );
});

it('makes nothing of fewer than two features that vary, or too few rows', () => {
  const chunks = (rows: number): readonly Uint32Array[] => chunksOf(orderInTime(rows));
  const line = Array.from({ length: 200 }, (_, row) => row);
  expect(principalComponents([line, line.map(() => 0.1)], chunks(200))).toBeUndefined();
  expect(principalComponents([line.slice(0, 60), line.slice(0, 60)], chunks(60))).toBeUndefined();
  expect(principalComponents([line, line], chunks(200))!.errors).toEqual({ mean: expect.closeTo(0, 9), std: expect.closeTo(0, 9) }); // prettier-ignore
});
