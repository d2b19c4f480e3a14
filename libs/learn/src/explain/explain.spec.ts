import { Rng } from '#kernel';
import { meanContributions } from './mean-contributions';
import { permutationImportance } from './permutation';

const rng = new Rng(3);
const rows = 400;
const matrix = Float32Array.from({ length: rows * 3 }, () => rng.uniform());
const labels = Float64Array.from({ length: rows }, (_, row) => 3 * matrix[row * 3]! + matrix[row * 3 + 1]!);
const predict = (input: Float32Array): Float64Array =>
  Float64Array.from({ length: input.length / 3 }, (_, row) => 3 * input[row * 3]! + input[row * 3 + 1]!);

it('a feature matters by what is lost without it, and not at all where it is not looked at', () => {
  const before = matrix.slice();
  const options = { metric: 'rmse', repeats: 4, seed: 1 } as const;
  const importance = permutationImportance(
    'regression',
    { featureNames: ['a', 'b', 'c'], matrix, labels },
    predict,
    options,
  )!;
  expect(importance.map(({ feature }) => feature)).toEqual(['a', 'b', 'c']);
  // The mean squared difference of two independent uniform values is 1/6: rmse 3 sqrt(1/6) and sqrt(1/6).
  expect(importance[0]!.drop).toBeCloseTo(3 * Math.sqrt(1 / 6), 1);
  expect(importance[1]!.drop).toBeCloseTo(Math.sqrt(1 / 6), 1);
  expect(importance[2]).toEqual({ feature: 'c', drop: 0, deviation: 0 });
  expect(matrix).toEqual(before);
});

it('has no answer where the metric has none', () => {
  const one = { featureNames: ['a', 'b', 'c'], matrix: matrix.slice(0, 6), labels: Float64Array.of(1, 1) };
  expect(
    permutationImportance('binary', one, predict, { metric: 'roc_auc', repeats: 2, seed: 1 }),
  ).toBeNull();
});

it('means of contributions leave the base out', () => {
  expect([...meanContributions(Float64Array.of(1, -3, 99, -2, 1, 99), 2)]).toEqual([1.5, 2]);
});
