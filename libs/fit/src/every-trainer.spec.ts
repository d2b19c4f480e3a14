import { Rng, sha256 } from '#kernel';
import { TRAINERS, type Task } from '#learn';
import { fitModel, type FitJob, type Part } from './fit-model';
import { readEvaluation } from './report';
import { verifyAndTime } from './verify-model';

/** Two ids and an amount; `label` says what a task learns. */
const part = (rows: number, seed: number, task: Task): Part => {
  const rng = new Rng(seed);
  const user = Float64Array.from({ length: rows }, () => rng.below(8));
  const item = Float64Array.from({ length: rows }, () => rng.below(6));
  const amount = Float64Array.from({ length: rows }, () => rng.uniform());
  const level = (row: number): number => Math.floor(3 * ((amount[row]! + item[row]! / 6) / 2));
  const label: Readonly<Record<Task, (row: number) => number>> = {
    binary: (row) => (level(row) > 1 ? 1 : 0),
    multiclass: level,
    regression: (row) => amount[row]! + item[row]!,
    anomaly: (row) => (row % 3 === 0 ? Number.NaN : amount[row]! > 0.9 ? 1 : 0),
    ranking: level,
  };
  return {
    partitions: new Float64Array(rows),
    columns: [user, item, amount],
    labels: Float64Array.from({ length: rows }, (_, row) => label[task](row)),
    times: Float64Array.from({ length: rows }, (_, row) => row * 3_600_000),
  };
};

const SMALL: Readonly<Record<string, FitJob['request']['trainer']['parameters']>> = {
  gbdt: { trees: 5, depth: 3 },
  'isolation-forest': { trees: 10 },
  bandit: { arm: 'item' },
  'matrix-factorisation': { user: 'user', item: 'item' },
};

const cases = Object.values(TRAINERS).flatMap((trainer) =>
  trainer.tasks.map((task) => [trainer.kind, task] as const),
);

it.each(cases)(
  '%s for %s is fitted, judged, explained and answers alike in ONNX Runtime',
  async (kind, task) => {
    const job: FitJob = {
      request: {
        task,
        trainer: { kind, parameters: SMALL[kind] ?? {} },
        seed: 3,
        gates: [],
        evaluate: { folds: 2, slices: ['item'], bootstrap: 20 },
        split: { by: 'time', holdout_ms: 1, gap_ms: 0 },
        ...(task === 'ranking' && { query: 'user' }),
      },
      features: ['user', 'item', 'amount'],
      train: part(240, 1, task),
      holdout: part(90, 2, task),
    };
    const [fitted, again] = [fitModel(job), fitModel(job)];
    expect([sha256(fitted.onnx), fitted.evaluation]).toEqual([sha256(again.onnx), again.evaluation]);
    const report = readEvaluation(Buffer.from(fitted.evaluation));
    expect(Object.values(report.metrics.holdout).filter((value) => value !== null).length).toBeGreaterThan(0);
    expect(report.importance.permutation?.features.map(({ feature }) => feature)).toEqual(job.features);
    expect(report.folds!.folds.filter(({ refused }) => refused !== undefined)).toEqual([]);
    const { latency } = await verifyAndTime(fitted, task, job.features.length);
    expect(latency.p99).toBeGreaterThanOrEqual(latency.p50);
  },
);
