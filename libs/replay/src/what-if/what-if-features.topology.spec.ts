import { fitModel } from '#fit';
import { loadModel } from '#inference';
import { sha256 } from '#kernel';
import { OBSERVATIONS, projectOf } from '../replay.testing';
import { TrainedHotPath, inThisThread } from '../trained.testing';
import { whatIfFeatures, type WhatIfFeaturesReport, type WhatIfFeaturesRequest } from './what-if-features';
import { whatIfGates } from './what-if-gates';

const PAYMENTS = 90;
const labelOf = (n: number): number => (n * 37) % 11;

let world: TrainedHotPath;
beforeAll(async () => {
  world = await TrainedHotPath.make();
  await world.applyAll();
  await world.deploy(1);
  await world.pay(PAYMENTS);
  await world.run();
  for (let n = 0; n < PAYMENTS; n++) await world.label(n, labelOf(n), '2026-03-01T00:00:00.000Z');
  await world.train(1);
});

const VIEW = `
kind: FeatureView
name: spend
spec:
  stream: payments
  entity: customer
  features:
    - { name: amount, value: amount }
    - { name: count_1d, aggregate: count, window: 1d }
    - { name: sum_9h, aggregate: sum, of: amount, window: 9h }
    - { name: mean_7d, aggregate: mean, of: amount, window: 7d }
`;

const ask = (text: string, over: Partial<WhatIfFeaturesRequest> = {}): Promise<WhatIfFeaturesReport> => {
  const { log, artifacts, namespace } = world;
  return whatIfFeatures(
    { log, artifacts, namespace, fit: inThisThread },
    { deployment: 'risk', files: [{ path: 'view.yaml', text }], threshold: 5, ...over },
  );
};

interface Payment {
  readonly partition: number;
  readonly n: number;
  readonly time: number;
  readonly customer: string;
  readonly amount: number;
}

const HOUR = 3_600_000;

/** The data set of the changed view, slowly: every window looks at every payment. */
const independently = async () => {
  const records = await world.records(OBSERVATIONS);
  const payments = records.map(({ partition, value }): Payment => {
    const { payment, at, customer, amount } = JSON.parse(String(value)) as Record<string, string>;
    return {
      partition,
      n: Number(payment!.slice(2)),
      time: Date.parse(at!),
      customer: customer!,
      amount: Number(amount),
    };
  });
  const within = ({ time, customer }: Payment, hours: number): number[] =>
    payments
      .filter(
        (other) => other.customer === customer && other.time <= time && other.time > time - hours * HOUR,
      )
      .map(({ amount }) => Math.round(amount * 100));
  const sum = (cents: readonly number[]): number => cents.reduce((total, each) => total + each, 0);
  const features = (payment: Payment): number[] => [
    payment.amount,
    within(payment, 24).length,
    sum(within(payment, 9)) / 100,
    sum(within(payment, 168)) / within(payment, 168).length / 100,
  ];
  const newest = Math.max(...payments.map(({ time }) => time));
  const train = payments.filter(({ time }) => time <= newest - 10 * HOUR);
  const holdout = payments.filter(({ time }) => time > newest - 10 * HOUR);
  const part = (rows: readonly Payment[]) => ({
    partitions: Float64Array.from(rows, ({ partition }) => partition),
    columns: [0, 1, 2, 3].map((column) => Float64Array.from(rows, (row) => features(row)[column]!)),
    labels: Float64Array.from(rows, ({ n }) => labelOf(n)),
  });
  const { task, trainer, seed, gates } = world.requestOf();
  const { onnx } = fitModel({
    request: { task, trainer, seed, gates },
    features: ['amount', 'count_1d', 'sum_9h', 'mean_7d'],
    train: part(train),
    holdout: part(holdout),
  });
  const model = await loadModel(onnx, { featureCount: 4 });
  const scores = await model.score(Float32Array.from(holdout.flatMap(features)));
  await model.close();
  const errors = holdout.map(({ n }, row) => Math.abs(scores[row]! - labelOf(n)));
  return {
    digest: sha256(onnx),
    mae: errors.reduce((total, each) => total + each, 0) / errors.length,
    scores,
    holdout,
  };
};

it('another view: model, metrics and deltas are those of an independent computation', async () => {
  const report = await ask(VIEW);
  const expected = await independently();
  expect(report).toMatchObject({
    version: 1,
    order: 'recorded',
    added: ['sum_9h'],
    removed: [],
    records: expected.holdout.length,
    labelled: expected.holdout.length,
    baseline: { identical: true },
    candidate: { artifact: expected.digest },
  });
  expect(report.metrics.candidate.mae).toBeCloseTo(expected.mae, 10);
  expect(report.metrics.delta.mae).toBeCloseTo(expected.mae - report.metrics.baseline.mae!, 10);
});

it('a view on an entity that no router has merged is folded in an invented order, and it is said', async () => {
  const twins = `
kind: FeatureView
name: twins
spec:
  stream: payments
  entity: payment
  features: [ { name: own_9h, aggregate: count, window: 9h } ]
---
kind: FeatureService
name: spend
spec: { trigger: payments, views: [spend, twins] }
`;
  const report = await ask(twins);
  expect(report).toMatchObject({ order: 'synthetic', added: ['own_9h'], baseline: { identical: true } });
});

it.each(['time', 'customer', 'sum_9h', 'mean_7d'])(
  'slices by %s hold every row of the hold-out once',
  async (slice) => {
    const report = await ask(VIEW, { slice });
    expect(report.slices.reduce((sum, { records }) => sum + records, 0)).toBe(report.records);
    expect(report.slices.length).toBeGreaterThan(0);
  },
);

it('refuses definitions that change nothing, that are wrong, and a slice that is not there', async () => {
  const same = projectOf().split('---')[1]!;
  await expect(ask(same)).rejects.toThrow(/leave feature service spend as risk@1 knows it/);
  await expect(ask(VIEW.replace('of: amount, window: 9h', 'of: amont, window: 9h'))).rejects.toMatchObject({
    code: 'PLAYHEAD_DEFINITION_INVALID',
  });
  await expect(ask(VIEW, { slice: 'colour' })).rejects.toThrow(/nothing is called colour/);
});

it('writes nothing', async () => {
  const before = [await world.log.listTopics(''), [...world.artifacts.objects.keys()]];
  await ask(VIEW);
  expect([await world.log.listTopics(''), [...world.artifacts.objects.keys()]]).toEqual(before);
});

it('other gates: says which versions would have passed', async () => {
  await world.register(2, { metrics: { holdout: { mae: 0.5 } }, passed: true });
  await world.register(3, { metrics: { holdout: { mae: 2 } }, passed: true });
  await world.register(4, { metrics: { holdout: {} }, passed: false });
  const report = await whatIfGates(world, 'risk', [{ metric: 'mae', max: 1 }]);
  expect(report).toMatchObject({ records: 4, metrics: { baseline: { passed: 3 } } });
  expect(
    report.versions.slice(1).map(({ version, passed, wouldPass }) => [version, passed, wouldPass]),
  ).toEqual([
    [2, true, true],
    [3, true, false],
    [4, false, false],
  ]);
  expect(report.flips).toBe(report.versions.filter(({ passed, wouldPass }) => passed !== wouldPass).length);
});
