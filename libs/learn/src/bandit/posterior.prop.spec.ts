import fc from 'fast-check';
import { Rng } from '#kernel';
import { solveSymmetric } from '../linear/solve';
import { addRow, drawWeights, emptySums, posteriorOf, product } from './posterior';

const rows = fc.array(
  fc.record({
    context: fc.tuple(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -5, max: 5 })),
    reward: fc.integer({ min: 0, max: 9 }),
    weight: fc.constantFrom(0.5, 1, 4),
  }),
  { maxLength: 20 },
);

it('weights solve the weighted ridge regression, and the root gives the variance', () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(0.5, 1, 10), (table, l2) => {
      const sums = emptySums(3, l2);
      const a = new Float64Array(9);
      const b = new Float64Array(3);
      for (let i = 0; i < 3; i++) a[i * 3 + i] = l2;
      for (const { context, reward, weight } of table) {
        const x = [...context, 1];
        addRow(sums, Float64Array.from(x), reward, weight);
        x.forEach((xi, i) => {
          b[i]! += weight * xi * reward;
          x.forEach((xj, j) => (a[i * 3 + j]! += weight * xi * xj));
        });
      }
      const { weights, root } = posteriorOf(sums);
      solveSymmetric(Float64Array.from(a), b).forEach((weight, i) =>
        expect(weights[i]).toBeCloseTo(weight, 8),
      );
      const x = Float64Array.of(1, -2, 1);
      const variance = product(root, x).reduce((sum, part) => sum + part * part, 0);
      const inverse = solveSymmetric(Float64Array.from(a), x);
      expect(variance).toBeCloseTo(
        x.reduce((sum, xi, i) => sum + xi * inverse[i]!, 0),
        8,
      );
    }),
  );
});

it('drawn weights have the mean and the variance of the posterior', () => {
  const sums = emptySums(2, 1);
  for (let row = 0; row < 10; row++) addRow(sums, Float64Array.of(row % 3, 1), row % 2, 1);
  const posterior = posteriorOf(sums);
  const rng = new Rng(5);
  const draws = Array.from({ length: 20_000 }, () => drawWeights(posterior, 2, rng));
  const inverse = [Float64Array.of(1, 0), Float64Array.of(0, 1)].map((unit) =>
    product(posterior.root, unit).reduce((sum, part) => sum + part * part, 0),
  );
  for (const i of [0, 1]) {
    const mean = draws.reduce((sum, draw) => sum + draw[i]!, 0) / draws.length;
    const variance = draws.reduce((sum, draw) => sum + (draw[i]! - mean) ** 2, 0) / draws.length;
    expect(Math.abs(mean - posterior.weights[i]!)).toBeLessThan(0.02);
    expect(variance / (4 * inverse[i]!)).toBeCloseTo(1, 1);
  }
});
