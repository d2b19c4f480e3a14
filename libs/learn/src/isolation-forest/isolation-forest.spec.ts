import { Rng, sha256 } from '#kernel';
import { rowMajor, type DataSet } from '../data-set';
import { evaluate } from '../evaluate';
import { awkwardData } from '../trainer.conformance';
import { isolationForest } from './isolation-forest';
import { averagePath } from './path-length';

const options = { task: 'anomaly', seed: 1 } as const;

/** Sums of uniforms, near normal; one row of 50 is drawn three times as wide. */
const wide = (rows: number): DataSet => {
  const rng = new Rng(4);
  const labels = Float64Array.from({ length: rows }, (_, row) => (row % 50 === 0 ? 1 : 0));
  const bell = (): number => rng.uniform() + rng.uniform() + rng.uniform() + rng.uniform() - 2;
  const columns = Array.from({ length: 5 }, () => labels.map((strange) => bell() * (strange ? 3 : 1)));
  return { featureNames: ['a', 'b', 'c', 'd', 'e'], columns, labels };
};

it('the average path is that of the paper', () => {
  expect([1, 2, 3, 256].map(averagePath)).toEqual([
    0,
    1,
    expect.closeTo(2 * (Math.log(2) + 0.5772156649) - 4 / 3, 9),
    expect.closeTo(10.2448, 4),
  ]);
});

it('finds rows that are drawn wider than the others', () => {
  const data = wide(5000);
  const scores = isolationForest.fit(data, {}, options).predict(rowMajor(data.columns));
  expect(evaluate('binary', data.labels, scores).roc_auc).toBeGreaterThan(0.9);
});

it('a row alone far away is nearly 1, one in the middle below 0.5', () => {
  const data = wide(2000);
  const [far, middle] = isolationForest
    .fit(data, { trees: 200 }, options)
    .predict(Float32Array.of(50, 50, 50, 50, 50, 0, 0, 0, 0, 0));
  expect(far).toBeGreaterThan(0.75);
  expect(middle).toBeLessThan(0.45);
});

it('a value that is missing where it never is, is strange', () => {
  const data = wide(2000);
  const [first, ...others] = data.columns;
  const gappy = {
    ...data,
    columns: [first!.map((value, row) => (row % 100 === 7 ? NaN : value)), ...others],
  };
  const [missing, present] = isolationForest
    .fit(gappy, { trees: 100, sample_size: 500 }, options)
    .predict(Float32Array.of(NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  expect(missing).toBeGreaterThan(present! + 0.05);
});

it('does not look at labels', () => {
  const data = wide(500);
  const blind = { ...data, labels: data.labels.map(() => NaN) };
  expect(sha256(isolationForest.fit(blind, { trees: 5 }, options).toOnnx())).toBe(
    sha256(isolationForest.fit(data, { trees: 5 }, options).toOnnx()),
  );
});

// A change of this digest is a change of what is learned: raise the engine's version with it.
it('gives these bytes on every engine', () => {
  expect(
    sha256(
      isolationForest.fit(awkwardData('anomaly', 500), { trees: 20 }, { task: 'anomaly', seed: 42 }).toOnnx(),
    ),
  ).toBe('fe91121f74783d4c46aacf488af2aabd2aec4c0f8d55546de126fb087e4d540f');
});
