import fc from 'fast-check';
import { Rng, sha256 } from '#kernel';
import { rowMajor, type DataSet } from '../data-set';
import { runOnnx } from '../onnx/onnx-runtime.testing';
import { awkwardData } from '../trainer.conformance';
import type { FitProgress } from '../trainer';
import { gbdt } from './gbdt';

/** Two numbers and a category, and a label that follows all of them, with noise. */
const madeData = (rows: number, categories: number, seed: number): DataSet => {
  const rng = new Rng(seed);
  const fill = (next: () => number): Float64Array => Float64Array.from({ length: rows }, next);
  const [x, y] = [fill(() => rng.below(20) - 10), fill(() => rng.uniform())];
  const city = fill(() => (rng.below(12) === 0 ? NaN : rng.below(categories)));
  const effect = Array.from({ length: categories }, () => 3 * rng.uniform());
  const labels = x.map((value, row) => 0.2 * value + (effect[city[row]!] ?? 1) + 2 * rng.uniform());
  return { featureNames: ['x', 'y', 'city'], columns: [x, y, city], labels };
};

it('keeps answers monotone in the features that must be', () => {
  const cases = fc.record({
    rows: fc.integer({ min: 20, max: 120 }),
    seed: fc.nat(),
    x: fc.constantFrom(1, -1),
    y: fc.constantFrom(1, -1, 0),
    task: fc.constantFrom('regression' as const, 'binary' as const),
  });
  fc.assert(
    fc.property(cases, ({ rows, seed, x, y, task }) => {
      const made = madeData(rows, 6, seed);
      const middle = made.labels.slice().sort()[rows >> 1]!;
      const labels = task === 'binary' ? made.labels.map((label) => (label > middle ? 1 : 0)) : made.labels;
      const parameters = {
        trees: 8,
        depth: 4,
        learning_rate: 0.5,
        monotone: { x, y },
        categorical: ['city'],
      };
      const model = gbdt.fit({ ...made, labels }, parameters, { task, seed: 1 });
      const rng = new Rng(seed);
      for (let probe = 0; probe < 20; probe++) {
        const [other, city] = [rng.uniform(), rng.below(7)];
        const along = (values: number[], row: (value: number) => number[], direction: number): void => {
          const answers = [...model.predict(Float32Array.from(values.flatMap(row)))];
          answers.forEach((answer, i) => {
            if (i > 0) expect(direction * (answer - answers[i - 1]!)).toBeGreaterThanOrEqual(0);
          });
        };
        along([-20, -10, -7, -3, -1, 0, 2, 5, 8, 11], (value) => [value, other, city], x);
        along([-1, 0.1, 0.3, 0.5, 0.6, 0.9, 2], (value) => [rng.below(1) + other, value, city], y);
      }
    }),
    { numRuns: 20 },
  );
});

it('answers for categories as ONNX Runtime does: known, never seen, between two, missing, and the rarest', async () => {
  for (const [categories, max_bins] of [
    [5, 255],
    [40, 255],
    [300, 255],
    [40, 10],
  ] as const) {
    const made = madeData(1000, categories, categories);
    const data = { ...made, columns: [...made.columns.slice(0, 2), made.columns[2]!.map((c) => c - 3)] };
    const parameters = { trees: 10, categorical: ['city', 'x'], max_bins };
    const model = gbdt.fit(data, parameters, { task: 'regression', seed: 1 });
    const probes = [NaN, -3, 0, -0, 1, 1.5, 31, 32, 33, 63, 64, 65, 290, 1e9, -1e9, Infinity, -Infinity];
    const rows = Float32Array.from([
      ...rowMajor(data.columns),
      ...probes.flatMap((city) => probes.flatMap((x) => [x, 0.4, city])),
    ]);
    const expected = model.predict(rows);
    const { answers } = await runOnnx(model.toOnnx(), rows, 3);
    const differences = answers.map((answer, row) => Math.abs(answer - expected[row]!));
    expect(Math.max(...differences)).toBeLessThan(1e-6);
  }
});

it('learns from categories what it cannot from their numbers', () => {
  const rng = new Rng(3);
  const city = Float64Array.from({ length: 4000 }, () => rng.below(60));
  const labels = city.map((c) => ((c * 37) % 60 < 30 ? 1 : 0));
  const data = { featureNames: ['city'], columns: [city], labels };
  const lossWith = (categorical: string[]): number => {
    let last: FitProgress | undefined;
    const parameters = { trees: 3, depth: 2, learning_rate: 1, categorical, min_child_weight: 0 };
    gbdt.fit(data, parameters, { task: 'binary', seed: 1, onProgress: (progress) => (last = progress) });
    return last!.train;
  };
  expect(lossWith(['city'])).toBeLessThan(0.1);
  expect(lossWith([])).toBeGreaterThan(0.4);
});

it('a weight of a class is as many copies of its rows', () => {
  for (const task of ['binary', 'multiclass'] as const) {
    const data = awkwardData(task, 400);
    const copies = [...data.labels.keys()].flatMap((row) =>
      data.labels[row] === 1 ? [row, row, row] : [row],
    );
    const repeated = {
      featureNames: data.featureNames,
      columns: data.columns.map((column) => Float64Array.from(copies, (row) => column[row]!)),
      labels: Float64Array.from(copies, (row) => data.labels[row]!),
    };
    // Few bins would be cut elsewhere by other numbers of rows.
    const options = { task, seed: 1 };
    const names = ['gaps', 'constant'];
    const only = (all: DataSet): DataSet => ({
      ...all,
      featureNames: names,
      columns: names.map((name) => all.columns[all.featureNames.indexOf(name)]!),
    });
    const weighted = gbdt.fit(only(data), { trees: 10, class_weights: { '1': 3 } }, options);
    const copied = gbdt.fit(only(repeated), { trees: 10 }, options);
    const rows = rowMajor(only(data).columns);
    const expected = copied.predict(rows);
    weighted.predict(rows).forEach((answer, at) => expect(answer).toBeCloseTo(expected[at]!, 6));
  }
});

it('stops early in every task, and keeps all trees of the best round', () => {
  for (const task of ['multiclass', 'regression', 'ranking'] as const) {
    const [data, validation] = [awkwardData(task, 400), awkwardData(task, 200, 77)];
    const parameters = { trees: 150, depth: 6, learning_rate: 0.5, l2: 0, min_child_weight: 0 };
    const seen: number[] = [];
    const options = { task, seed: 1, validation };
    const stopped = gbdt.fit(
      data,
      { ...parameters, early_stopping_rounds: 4 },
      { ...options, onProgress: (progress) => seen.push(progress.validation!) },
    );
    const best = seen.indexOf(Math.min(...seen)) + 1;
    expect([task, seen.length]).toEqual([task, best + 4]);
    expect(sha256(stopped.toOnnx())).toBe(
      sha256(gbdt.fit(data, { ...parameters, trees: best }, options).toOnnx()),
    );
  }
});

it('says which parameters do not go together', () => {
  expect(gbdt.faults('regression', { monotone: { a: 0.5, b: 1 }, categorical: ['b'] })).toEqual([
    'parameter "monotone": "a" is 1, -1 or 0, not 0.5',
    '"b" is categorical and cannot be monotone',
  ]);
  expect(gbdt.faults('multiclass', { monotone: { a: 1 } })).toEqual([
    'parameter "monotone" is for one answer, not for the probabilities of several classes',
  ]);
  expect(gbdt.faults('ranking', { class_weights: { '1': 2 } })).toEqual([
    'parameter "class_weights" is for classes, not for ranking',
  ]);
});
