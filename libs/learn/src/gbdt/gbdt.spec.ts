import { sha256 } from '#kernel';
import { onnx } from 'onnx-proto';
import { rowMajor, type Task } from '../data-set';
import { evaluate } from '../evaluate';
import { runOnnx } from '../onnx/onnx-runtime.testing';
import { awkwardData } from '../trainer.conformance';
import type { FitProgress } from '../trainer';
import { gbdt } from './gbdt';

const binary = awkwardData('binary', 2000);

// A change of these digests is a change of what is learned: raise the engine's version with it.
it('gives these bytes on every engine', () => {
  const digestOf = (task: Task, parameters = {}): string =>
    sha256(gbdt.fit(awkwardData(task, 500), { trees: 20, ...parameters }, { task, seed: 42 }).toOnnx());
  expect({
    binary: digestOf('binary'),
    regression: digestOf('regression'),
    sampled: digestOf('binary', { subsample: 0.5, feature_fraction: 0.6, leaves: 9 }),
    multiclass: digestOf('multiclass', { class_weights: { '2': 3 }, min_samples_leaf: 5 }),
    ranking: digestOf('ranking', { monotone: { signal: 1 } }),
    categorical: digestOf('regression', { categorical: ['gaps', 'large'] }),
  }).toEqual({
    binary: '573eb5467754a1d32c168b706cb9fd14a20f5f1904c9a2ace2cedede60409bae',
    regression: '68b6ca7fc93d94b0f0c050d1529634a05b6fc51c0c6bc53be865876043f6378c',
    sampled: '6016b8c8cd4bedd8b728492c596698c31fa6a95ed6d896e05c88465b04fc77a7',
    multiclass: '6daf6e0f8b49faf1e81e05fc640814f2bee3a9465f91ac622f84ecc1d3ba3346',
    ranking: '597cdbc723f0c2bd4839571930f3a2d085b723db38c1361a2e4217029444e757',
    categorical: '49dccc7703c38d46337861b012da35202503cd096af97f703626af43384bb1e5',
  });
});

it('another seed gives another model only where something is drawn', () => {
  const digestOf = (seed: number, parameters = {}): string =>
    sha256(gbdt.fit(binary, { trees: 5, ...parameters }, { task: 'binary', seed }).toOnnx());
  expect(digestOf(1)).toBe(digestOf(2));
  expect(digestOf(1, { subsample: 0.5 })).not.toBe(digestOf(2, { subsample: 0.5 }));
  expect(digestOf(1, { subsample: 0.5, feature_fraction: 0.5 })).toBe(
    digestOf(1, { subsample: 0.5, feature_fraction: 0.5 }),
  );
});

it('agrees with ONNX Runtime on thresholds and on their float32 neighbours', async () => {
  const model = gbdt.fit(binary, { trees: 30 }, { task: 'binary', seed: 1 });
  const width = binary.columns.length;
  const { graph } = onnx.ModelProto.decode(model.toOnnx());
  const trees = graph!.node!.find(({ opType }) => opType === 'TreeEnsembleRegressor')!;
  const attribute = (name: string) => trees.attribute!.find((candidate) => candidate.name === name)!;
  const thresholds = attribute('nodes_values_as_tensor').t!.doubleData!;
  const columns = attribute('nodes_featureids').ints!.map(Number);
  const firstRow = rowMajor(binary.columns).subarray(0, width);
  const bits = new Int32Array(1);
  const float = new Float32Array(bits.buffer);
  const rows = thresholds.flatMap((threshold, node) =>
    [-1, 0, 1].flatMap((step) => {
      float[0] = threshold;
      bits[0]! += step;
      const row = [...firstRow];
      row[columns[node]!] = float[0]!;
      return row;
    }),
  );
  const input = Float32Array.from(rows);
  const { answers } = await runOnnx(model.toOnnx(), input, width);
  const expected = model.predict(input);
  expect(Math.max(...answers.map((answer, row) => Math.abs(answer - expected[row]!)))).toBeLessThan(1e-6);
});

it('learns a function that no straight line can', () => {
  const { labels, columns } = awkwardData('binary', 4000, 9);
  const x = columns[0]!;
  const y = columns[6]!;
  const xor = labels.map((_, row) => (x[row]! > 0 === y[row]! > 1.7e9 + 500 ? 1 : 0));
  const data = { featureNames: ['x', 'y'], columns: [x, y], labels: xor };
  const model = gbdt.fit(data, { trees: 60, depth: 3 }, { task: 'binary', seed: 1 });
  expect(evaluate('binary', xor, model.predict(rowMajor(data.columns))).roc_auc).toBeGreaterThan(0.99);
});

it('stops early and keeps the trees up to the best', () => {
  const validation = awkwardData('binary', 500, 77);
  const seen: FitProgress[] = [];
  const options = { task: 'binary', seed: 1, validation } as const;
  const parameters = { trees: 200, depth: 6, learning_rate: 0.3, l2: 0, min_child_weight: 0 };
  const stopped = gbdt.fit(
    binary,
    { ...parameters, early_stopping_rounds: 5 },
    { ...options, onProgress: (p) => seen.push(p) },
  );
  const losses = seen.map((progress) => progress.validation!);
  const best = losses.indexOf(Math.min(...losses)) + 1;
  expect(seen.length).toBe(best + 5);
  expect(sha256(stopped.toOnnx())).toBe(
    sha256(gbdt.fit(binary, { ...parameters, trees: best }, options).toOnnx()),
  );
});

it('refuses early stopping without a validation set', () => {
  expect(() => gbdt.fit(binary, { early_stopping_rounds: 5 }, { task: 'binary', seed: 1 })).toThrow(
    'early_stopping_rounds needs a validation set',
  );
});

it('stops between trees when it is told to', () => {
  let asked = 0;
  const seen: number[] = [];
  expect(() =>
    gbdt.fit(
      binary,
      {},
      {
        task: 'binary',
        seed: 1,
        onProgress: ({ iteration }) => seen.push(iteration),
        shouldStop: () => ++asked > 4,
      },
    ),
  ).toThrow('the training run was cancelled');
  expect(seen).toEqual([1, 2, 3]);
});

it('sends a value that was never missing to the heavier side when it is', () => {
  const x = Float64Array.from({ length: 100 }, (_, i) => i);
  const labels = x.map((value) => (value < 20 ? 1 : 0));
  const model = gbdt.fit(
    { featureNames: ['x'], columns: [x], labels },
    { depth: 1, trees: 20 },
    { task: 'binary', seed: 1 },
  );
  const [missing, heavy, light] = model.predict(Float32Array.of(NaN, 99, 0));
  expect(missing).toBe(heavy);
  expect(missing).not.toBe(light);
});

it('learns from a value being missing', () => {
  const x = Float64Array.from({ length: 200 }, (_, i) => (i % 2 === 0 ? NaN : 5));
  const labels = x.map((value) => (Number.isNaN(value) ? 1 : 0));
  const model = gbdt.fit(
    { featureNames: ['x'], columns: [x], labels },
    { trees: 50 },
    { task: 'binary', seed: 1 },
  );
  const [missing, present] = model.predict(Float32Array.of(NaN, 5));
  expect(missing).toBeGreaterThan(0.9);
  expect(present).toBeLessThan(0.1);
});
