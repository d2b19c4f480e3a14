import { Rng } from '#kernel';
import { averagePrecision, rowMajor, trainerOf } from '#learn';
import { fitTrial, TRIAL_SHARE, type TrialJob } from './fit-trial';
import { pickRows, type Part } from './part';

const part = (rows: number, seed: number): Part => {
  const rng = new Rng(seed);
  const column = Float64Array.from({ length: rows }, () => rng.uniform());
  return {
    partitions: Float64Array.from({ length: rows }, (_, row) => Math.floor((row * 2) / rows)),
    columns: [column],
    labels: column.map((value) => (value + rng.uniform() > 1.2 ? 1 : 0)),
    times: Float64Array.from({ length: rows }, (_, row) => row),
  };
};

const job = (over: Partial<TrialJob> = {}): TrialJob => ({
  request: {
    task: 'binary',
    trainer: { kind: 'gbdt', parameters: { trees: 5, depth: 3 } },
    seed: 3,
    gates: [],
  },
  features: ['amount'],
  train: part(1_000, 1),
  metric: 'average_precision',
  rows: 1,
  ...over,
});

const byHand = (
  { request, features, train }: TrialJob,
  learned: number[],
  judged: number[],
): number | null => {
  const [rows, others] = [pickRows(train, learned), pickRows(train, judged)];
  const { columns, labels } = rows;
  const model = trainerOf('gbdt').fit(
    { featureNames: features, columns, labels },
    request.trainer.parameters,
    {
      task: 'binary',
      seed: 3,
    },
  );
  return averagePrecision(others.labels, model.predict(rowMajor(others.columns)));
};

const rowsOf = (ranges: readonly (readonly [number, number])[]): number[] =>
  ranges.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i));

const LEARNED = rowsOf([
  [0, 400],
  [500, 900],
]);
const JUDGED = rowsOf([
  [400, 500],
  [900, 1_000],
]);

it('judges by the latest training rows of each partition, which it does not learn from', () => {
  expect(TRIAL_SHARE).toBe(0.2);
  expect(fitTrial(job())).toBe(byHand(job(), LEARNED, JUDGED));
});

it('learns from a share of the rows, and is judged by all that judge', () => {
  const every = LEARNED.filter((_, i) => i % 4 === 0);
  expect(fitTrial(job({ rows: 0.25 }))).toBe(byHand(job(), every, JUDGED));
});

it('is the mean over the folds that are asked for', () => {
  const folded = job({ request: { ...job().request, evaluate: { folds: 2 } } });
  const thirds = [
    [rowsOf([[0, 334]]), rowsOf([[334, 667]])],
    [rowsOf([[0, 667]]), rowsOf([[667, 1_000]])],
  ] as const;
  const values = thirds.map(([learned, judged]) => byHand(job(), [...learned], [...judged])!);
  expect(fitTrial(folded)).toBeCloseTo((values[0]! + values[1]!) / 2, 12);
});

it('has no value where the metric has none', () => {
  const labels = part(1_000, 1).labels.map((label, row) => (row % 500 < 400 ? label : 0));
  expect(fitTrial(job({ train: { ...part(1_000, 1), labels } }))).toBeNull();
  expect(fitTrial(job({ train: pickRows(part(1_000, 1), [0, 1, 2, 3]) }))).toBeNull();
});
