import { readReferenceProfile } from '#drift';
import { Rng, sha256 } from '#kernel';
import { evaluate } from '#learn';
import { fitModel, type FitJob, type Part } from './fit-model';

const part = (rows: number, seed: number): Part => {
  const rng = new Rng(seed);
  const column = (): Float64Array => Float64Array.from({ length: rows }, () => rng.uniform());
  const columns = [column(), column().map((value) => (value < 0.2 ? Number.NaN : value))];
  const labels = Float64Array.from(columns[0]!, (value) => (value + 0.3 * rng.uniform() > 0.8 ? 1 : 0));
  return {
    partitions: Float64Array.from({ length: rows }, (_, row) => (row < rows / 3 ? 0 : 1)),
    columns,
    labels,
  };
};

const jobOf = (request: Partial<FitJob['request']> = {}, train = part(600, 1)): FitJob => ({
  request: {
    task: 'binary',
    trainer: { kind: 'gbdt', parameters: { trees: 10, depth: 3 } },
    seed: 7,
    gates: [],
    ...request,
  },
  features: ['amount', 'gap'],
  train,
  holdout: part(200, 2),
});

it('gives the same bytes for the same job', () => {
  const [a, b] = [fitModel(jobOf()), fitModel(jobOf())];
  expect([sha256(a.onnx), a.profile, a.metrics]).toEqual([sha256(b.onnx), b.profile, b.metrics]);
});

it('judges at the threshold and k of each gate, under the name by which the gate is judged', () => {
  const { metrics } = fitModel(
    jobOf({
      gates: [
        { metric: 'f1', threshold: 0.2, min: 0.1 },
        { metric: 'precision_at_k', k: 5, min: 0.1 },
        { metric: 'roc_auc', min: 0.5 },
      ],
    }),
  );
  expect(Object.keys(metrics.holdout).sort()).toEqual(
    [
      ...Object.keys(evaluate('binary', Float64Array.of(0, 1), Float64Array.of(0, 1))),
      'f1@0.2',
      'precision_at_k@5',
    ].sort(),
  );
  expect(metrics.holdout['f1@0.2']).not.toBe(metrics.holdout['f1']);
  expect(metrics.holdout['roc_auc']).toBeGreaterThan(0.9);
});

it('profiles the training rows and the scores of the hold-out', () => {
  const { profile } = fitModel(jobOf());
  const { features, score } = readReferenceProfile(profile);
  expect(features.map(({ name, rows }) => [name, rows])).toEqual([
    ['amount', 600],
    ['gap', 600],
  ]);
  expect(features[1]!.missing).toBeGreaterThan(50);
  expect(score.rows).toBe(200);
});

it('profiles what varies without drift: chunks, importance, calibration, metrics and errors', () => {
  const { profile, metrics } = fitModel(jobOf({ gates: [{ metric: 'f1', threshold: 0.2, min: 0.1 }] }));
  const { features, score, calibration, performance, errors } = readReferenceProfile(profile);
  expect(features.map(({ chunks }) => chunks.length)).toEqual([10, 10]);
  expect(features[0]!.importance! + features[1]!.importance!).toBeCloseTo(1, 12);
  expect(features[0]!.importance).toBeGreaterThan(0.9);
  expect(score.chunks).toHaveLength(4);
  expect(calibration!.y.length).toBeGreaterThan(1);
  expect(errors).toBeUndefined();
  expect(performance).toMatchObject({ chunks: 4, rows: 50 });
  const { accuracy } = performance!.metrics;
  expect(accuracy!.mean).toBeCloseTo(metrics.holdout['accuracy']!, 12);
  expect(performance!.metrics['f1@0.2']!.std).toBeGreaterThan(0);
});

it('profiles the error to expect of a regression', () => {
  const job = jobOf({ task: 'regression' });
  const { errors, calibration } = readReferenceProfile(fitModel(job).profile);
  expect(errors!.leaves.reduce((rows, leaf) => rows + leaf.rows, 0)).toBe(200);
  expect(calibration).toBeUndefined();
});

it('profiles the latest rows as the last chunk', () => {
  const job = jobOf();
  const late = Float64Array.from({ length: 600 }, (_, row) => (row < 300 ? 600 + row : row));
  const { features } = readReferenceProfile(
    fitModel({ ...job, train: { ...job.train, times: late } }).profile,
  );
  const plain = readReferenceProfile(fitModel(job).profile);
  const chunks = plain.features[0]!.chunks;
  expect(features[0]!.chunks).toEqual([...chunks.slice(5), ...chunks.slice(0, 5)]);
});

it('stops early by the latest training rows of each partition, and leaves the hold-out unseen', () => {
  const parameters = { trees: 400, depth: 6, early_stopping_rounds: 5 };
  const seen: number[] = [];
  const job = jobOf({ trainer: { kind: 'gbdt', parameters } });
  const fitted = fitModel(job, { onProgress: ({ iteration }) => seen.push(iteration) });
  expect(seen.length).toBeLessThan(400);
  const swapped = fitModel({ ...job, holdout: part(300, 9) });
  expect(sha256(swapped.onnx)).toBe(sha256(fitted.onnx));
});

it.each([
  [
    'a parameter that is unknown',
    jobOf({ trainer: { kind: 'gbdt', parameters: { n_estimators: 9 } } }),
    'did you mean "trees"',
  ],
  ['a trainer that is unknown', jobOf({ trainer: { kind: 'gbtd', parameters: {} } }), 'did you mean "gbdt"'],
  ['a task that nobody learns', jobOf({ task: 'anomaly' }), 'not anomaly'],
  ['labels of one class', jobOf({}, { ...part(50, 1), labels: new Float64Array(50) }), 'all 50 labels are 0'],
  [
    'a label that is missing',
    jobOf({}, { ...part(50, 1), labels: new Float64Array(50).fill(Number.NaN, 3) }),
    'the label of row 3 is missing',
  ],
])('refuses %s', (_, job, why) => {
  expect(() => fitModel(job)).toThrow(why);
});

it('ends when it is told to', () => {
  let iterations = 0;
  const watch = { onProgress: () => void iterations++, shouldStop: () => iterations >= 3 };
  expect(() => fitModel(jobOf(), watch)).toThrow('cancelled');
  expect(iterations).toBe(3);
});
