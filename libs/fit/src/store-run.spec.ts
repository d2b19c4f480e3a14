import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryArtifactStore } from '#artifacts';
import { DatasetBuilt, TrainingRequested } from '#contracts';
import { Rng } from '#kernel';
import { writeParquet, type Column } from '#parquet';
import { fitModel } from './fit-model';
import { readManifest } from './model-manifest';
import type { Dataset, PreparedRun, TrainingRequest } from './prepared-run';
import { fieldsOf, judgedRequest, readDataset } from './read-dataset';
import { readEvaluation } from './report';
import { storeRun, type StoredRun } from './store-run';

const artifacts = new MemoryArtifactStore('t');
const FEATURES = ['amount', 'gap'];
const HOUR = 3_600_000;

const COLUMNS: readonly Column[] = [
  { name: 'event_time', type: 'timestamp' },
  { name: 'entity', type: 'text' },
  { name: 'partition', type: 'integer' },
  ...FEATURES.map((name): Column => ({ name, type: 'double' })),
  { name: 'label', type: 'double' },
];

/** The label follows the amount, the more the less noise there is. */
const writePart = async (rows: number, seed: number, noise: number): Promise<Dataset['train']> => {
  const rng = new Rng(seed);
  const values = Array.from({ length: rows }, (_, row) => {
    const amount = rng.uniform();
    const label = amount + noise * (rng.uniform() - 0.5) > 0.5 ? 1 : 0;
    return [row * HOUR, `C${row % 4}`, row % 2, amount, rng.uniform(), label];
  }).sort((a, b) => Number(a[2]) - Number(b[2]));
  const folder = await mkdtemp(join(tmpdir(), 'playhead-store-run-'));
  try {
    const path = join(folder, 'rows.parquet');
    await writeParquet(path, COLUMNS, rows, (row, column) => values[row]![column]!);
    return { artifact: await artifacts.putFile(path), rows, positives: null };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const prepared = async (over: Partial<TrainingRequest> = {}, noise = 0.4): Promise<PreparedRun> => {
  const { sample } = TrainingRequested;
  return {
    request: {
      ...sample,
      service: { ...sample.service, features: FEATURES },
      trainer: { kind: 'logistic', parameters: {} },
      gates: [],
      ...over,
    },
    dataset: {
      ...DatasetBuilt.sample,
      features: FEATURES,
      train: await writePart(300, 1, noise),
      holdout: await writePart(150, 2, 0.4),
    },
  };
};

const trained = async (run: PreparedRun): Promise<StoredRun> => {
  const { request, dataset } = run;
  const parts = await readDataset(artifacts, dataset, fieldsOf(request));
  const fitted = fitModel({ request: judgedRequest(request), features: dataset.features, ...parts });
  return storeRun({ artifacts }, run, fitted, 1.5);
};

it('stores model, profile, evaluation, manifest and card, the same ones for the same run', async () => {
  const run = await prepared({
    evaluate: { slices: ['customer_id'], folds: 2 },
    gates: [{ metric: 'accuracy', threshold: 0.5, slice: 'customer_id', rows: 10, min: 0.1 }],
  });
  const [stored, again] = [await trained(run), await trained(run)];
  const { card: _card, measured: _measured, ...same } = stored;
  expect(again).toMatchObject(same);
  const manifest = readManifest(await artifacts.get(stored.manifest));
  expect(manifest).toMatchObject({
    artifact: stored.artifact,
    evaluation: stored.evaluation,
    evaluate: { folds: 2 },
    dataset: { service: { key: 'customer_id' } },
  });
  const report = readEvaluation(await artifacts.get(stored.evaluation));
  expect(report.metrics).toEqual(stored.metrics);
  expect(report.slices[0]!.slices.map(({ rows }) => rows)).toEqual([38, 38, 37, 37]);
  const { measured } = stored;
  expect(Object.keys(measured).sort()).toEqual([
    'accuracy@0.5/customer_id',
    'latency_p50_ms',
    'latency_p99_ms',
    'size_bytes',
  ]);
  expect(measured['size_bytes']!.value).toBe((await artifacts.get(stored.artifact)).length);
  expect(measured['latency_p50_ms']!.value).toBeGreaterThan(0);
  expect(measured['latency_p99_ms']!.value).toBeGreaterThanOrEqual(measured['latency_p50_ms']!.value!);
  const card = (await artifacts.get(stored.card)).toString();
  expect(card).toContain('# fraud\n');
  expect(card).toContain('## Cross-validation');
  expect(card).toContain('| `roc_auc` | higher |');
});

describe('a version is compared with the one that a gate names, on the same rows', () => {
  const gates: TrainingRequest['gates'] = [
    { metric: 'roc_auc', against: 'champion', tolerance: 0.01, confidence: 0.9 },
    { metric: 'log_loss', against: 'champion', tolerance: 0 },
  ];
  const againstOf = (artifact: string, over: object = {}): TrainingRequest['against'] => [
    { alias: 'champion', version: 2, artifact, revision: '1', features: FEATURES, ...over },
  ];
  const comparedTo = async (against: TrainingRequest['against']): Promise<StoredRun['measured']> =>
    (await trained(await prepared({ gates, against }))).measured;

  it('and is as good as itself', async () => {
    const { artifact } = await trained(await prepared());
    expect(await comparedTo(againstOf(artifact))).toMatchObject({
      'roc_auc-champion': { value: 0, low: 0, high: 0, version: 2, rows: 150 },
      'log_loss-champion': { value: 0, version: 2, rows: 150 },
    });
  });

  it('better is positive, also where less is', async () => {
    const worse = await trained(await prepared({}, 40));
    const measured = await comparedTo(againstOf(worse.artifact));
    for (const [name, metric] of [
      ['roc_auc-champion', 'roc_auc'],
      ['log_loss-champion', 'log_loss'],
    ] as const) {
      const { value } = measured[name]!;
      expect(value).toBeGreaterThan(0);
      const direction = metric === 'roc_auc' ? 1 : -1;
      const own = (await trained(await prepared())).metrics.holdout[metric]!;
      expect(value).toBeCloseTo(direction * (own - worse.metrics.holdout[metric]!), 5);
    }
    const { low, high, value } = measured['roc_auc-champion']!;
    expect(low).toBeLessThan(value!);
    expect(high).toBeGreaterThan(value!);
  });

  it('reads the features in the other order, if that one does', async () => {
    const turned = await prepared();
    const features = [...FEATURES].reverse();
    const { artifact } = await trained({ ...turned, dataset: { ...turned.dataset, features } });
    const measured = await comparedTo(againstOf(artifact, { features }));
    expect(measured['roc_auc-champion']!.value).toBeCloseTo(0, 6);
  });

  it('of another revision by the rows as that one sees them', async () => {
    const champion = await prepared();
    const { artifact } = await trained(champion);
    const run = await prepared({ gates, against: againstOf(artifact, { revision: '7' }) });
    const turned: PreparedRun = {
      ...run,
      dataset: {
        ...run.dataset,
        against: [{ revision: '7', artifact: run.dataset.holdout.artifact }],
      },
    };
    expect((await trained(turned)).measured['roc_auc-champion']).toMatchObject({ value: 0, version: 2 });
  });

  it.each([
    ['of another revision', { revision: '7' }, 'reads revision 7 of the feature service'],
    ['that is gone', { artifact: 'f'.repeat(64) }, 'f'.repeat(64)],
  ])('says why not with one %s', async (_, over, why) => {
    const { artifact } = await trained(await prepared());
    const measured = await comparedTo(againstOf(artifact, over));
    expect(measured['roc_auc-champion']).toEqual({
      value: null,
      reason: expect.stringContaining(why) as string,
      version: 2,
    });
  });

  it('measures nothing where no version has the alias', async () => {
    expect(Object.keys(await comparedTo([]))).not.toContain('roc_auc-champion');
  });
});
