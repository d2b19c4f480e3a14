import { readEvaluation, readManifest } from '#fit';
import { TrainedHotPath, inThisThread } from '../trained.testing';
import { environmentChanges, rebuildModel, type RebuildPorts, type RebuildReport } from './rebuild-model';

const KNOWN = '2026-03-01T00:00:00.000Z';

let world: TrainedHotPath;
let manifest: string;
beforeAll(async () => {
  world = await TrainedHotPath.make();
  await world.apply();
  await world.deploy(1);
  await world.pay(60);
  await world.run();
  for (let n = 0; n < 60; n++) await world.label(n, (n * 37) % 11, KNOWN);
  manifest = await world.train(1);
});

const rebuild = (over: Partial<RebuildPorts> = {}, from: 'vectors' | 'observations' = 'vectors') =>
  rebuildModel(
    { log: world.log, artifacts: world.artifacts, namespace: world.namespace, fit: inThisThread, ...over },
    { model: 'risk', version: 1, source: from },
  );

const stored = async (): Promise<ReturnType<typeof readManifest>> =>
  readManifest(await world.artifacts.get(manifest));

it.each(['vectors', 'observations'] as const)(
  'from %s gives the same bytes, whatever came since',
  async (from) => {
    await world.label(3, 10, '2026-04-01T00:00:00.000Z');
    await world.pay(10);
    const { artifact, dataset, profile, evaluation } = await stored();
    expect(await rebuild({}, from)).toEqual({
      model: 'risk',
      version: 1,
      from,
      expected: artifact,
      rebuilt: artifact,
      identical: true,
      dataset: { expected: dataset.digest, rebuilt: dataset.digest },
      profile: { expected: profile, rebuilt: profile },
      evaluation: { expected: evaluation!, rebuilt: evaluation! },
      spoilt: [],
    } satisfies RebuildReport);
  },
);

it.each(['vectors', 'observations'] as const)(
  'from %s has the fields of the events that rows are sliced by, and the same evaluation',
  async (from) => {
    const evaluate = { slices: ['payment', 'customer', 'amount'], folds: 2 };
    const split = { by: 'time' as const, holdout_ms: 40 * 3_600_000, gap_ms: 0 };
    const sliced = readManifest(await world.artifacts.get(await world.train(3, { evaluate, split })));
    expect(sliced.dataset.digest).not.toBe((await stored()).dataset.digest);
    const { slices } = readEvaluation(await world.artifacts.get(sliced.evaluation!));
    expect(slices.map(({ field, small }) => [field, small.values > 1])).toEqual([
      ['payment', true],
      ['customer', true],
      ['amount', true],
    ]);
    // A payment is one row, a customer has several.
    expect(slices[0]!.small.values).toBe(slices[0]!.small.rows);
    expect(slices[1]!.small.values).toBeLessThan(slices[1]!.small.rows);
    const { log, artifacts, namespace } = world;
    const ports = { log, artifacts, namespace, fit: inThisThread };
    expect(await rebuildModel(ports, { model: 'risk', version: 3, source: from })).toMatchObject({
      identical: true,
      dataset: { expected: sliced.dataset.digest, rebuilt: sliced.dataset.digest },
      evaluation: { expected: sliced.evaluation, rebuilt: sliced.evaluation },
    });
  },
);

it.each(['vectors', 'observations'] as const)(
  'from %s has the rows of the history that the split says, and no older ones',
  async (from) => {
    const all = readManifest(await world.artifacts.get(manifest));
    const split = { by: 'time' as const, holdout_ms: 10 * 3_600_000, gap_ms: 0 };
    const young = { ...split, history_ms: 30 * 3_600_000 };
    const recent = readManifest(await world.artifacts.get(await world.train(4, { split: young })));
    expect(recent.dataset.split).toEqual(young);
    expect(recent.dataset.holdout).toEqual(all.dataset.holdout);
    expect(recent.dataset.train.rows).toBeGreaterThan(0);
    expect(recent.dataset.train.rows).toBeLessThan(all.dataset.train.rows);
    const { log, artifacts, namespace } = world;
    const ports = { log, artifacts, namespace, fit: inThisThread };
    expect(await rebuildModel(ports, { model: 'risk', version: 4, source: from })).toMatchObject({
      identical: true,
      dataset: { expected: recent.dataset.digest, rebuilt: recent.dataset.digest },
    });
  },
);

it('takes the rows from where the data set took them, unless told otherwise', async () => {
  const { artifact } = await stored();
  const { log, artifacts, namespace } = world;
  const ports = { log, artifacts, namespace, fit: inThisThread };
  expect(await rebuildModel(ports, { model: 'risk', version: 1 })).toMatchObject({
    from: 'vectors',
    rebuilt: artifact,
  });
});

it('writes nothing, neither to the log nor to the store', async () => {
  const before = [await world.log.listTopics(''), [...world.artifacts.objects.keys()]];
  await rebuild();
  expect([await world.log.listTopics(''), [...world.artifacts.objects.keys()]]).toEqual(before);
});

it('says that code and runtime are not what they were', async () => {
  const { artifact } = await stored();
  const changed = JSON.parse((await world.artifacts.get(manifest)).toString()) as {
    code: string;
    runtime: { node: string };
    artifact: string;
  };
  const other = {
    ...changed,
    code: '0.0.9',
    runtime: { ...changed.runtime, node: 'v18' },
    artifact: 'a'.repeat(64),
  };
  const written = await world.artifacts.put(Buffer.from(JSON.stringify(other)));
  await world.register(2, { manifest: written, artifact });
  const { log, artifacts, namespace } = world;
  const report = await rebuildModel(
    { log, artifacts, namespace, fit: inThisThread },
    { model: 'risk', version: 2, source: 'vectors' },
  );
  expect(report).toMatchObject({ identical: false, step: 'model', rebuilt: artifact });
  expect(report.cause).toContain('code 0.0.9 -> ');
  expect(report.cause).toContain(`node v18 -> ${process.version}`);
});

it('says that a trainer gave other bytes under the same code and runtime', async () => {
  const report = await rebuild({
    fit: async (job, control) =>
      inThisThread(
        { ...job, request: { ...job.request, seed: 8, trainer: { kind: 'linear', parameters: {} } } },
        control,
      ),
  });
  expect(report).toMatchObject({ identical: false, step: 'model' });
  expect(report.cause).toContain('the trainer is not deterministic');
});

describe('one changed byte is found, named and not used', () => {
  it('in the stored model: the fit gives the right bytes again', async () => {
    const { artifact } = await stored();
    expect(await world.whileDamaged(artifact, rebuild)).toMatchObject({
      identical: true,
      rebuilt: artifact,
      spoilt: [{ what: 'model', digest: artifact, is: 'damaged' }],
    });
  });

  it.each(['train', 'holdout'] as const)(
    'in the stored data set (%s): the rows come from the log',
    async (side) => {
      const { artifact, dataset } = await stored();
      expect(await world.whileDamaged(dataset[side].artifact, rebuild)).toMatchObject({
        identical: true,
        rebuilt: artifact,
        spoilt: [{ what: `data set (${side})`, digest: dataset[side].artifact, is: 'damaged' }],
      });
    },
  );

  it('in the manifest: nothing else is enough', async () => {
    expect(await world.whileDamaged(manifest, rebuild)).toMatchObject({
      identical: false,
      rebuilt: null,
      step: 'manifest',
      cause: expect.stringContaining('PLAYHEAD_ARTIFACT_CORRUPT') as string,
      spoilt: [{ what: 'manifest', digest: manifest, is: 'damaged' }],
    });
  });

  it("in the data set's manifest", async () => {
    const { dataset } = await stored();
    const report = await world.whileDamaged(dataset.manifest, rebuild);
    expect(report).toMatchObject({ identical: false, step: 'dataset' });
    expect(report.cause).toContain(dataset.manifest);
  });
});

it('says which artifact is gone, and rebuilds without what the log can give', async () => {
  const { artifact, dataset } = await stored();
  const without = (digest: string, work: () => Promise<RebuildReport>) => world.whileGone(digest, work);
  expect(await without(artifact, () => without(dataset.train.artifact, rebuild))).toMatchObject({
    identical: true,
    spoilt: [
      { what: 'model', is: 'missing' },
      { what: 'data set (train)', is: 'missing' },
    ],
  });
  expect(await without(dataset.manifest, rebuild)).toMatchObject({
    identical: false,
    cause: expect.stringContaining('PLAYHEAD_ARTIFACT_NOT_FOUND') as string,
  });
});

it('refuses a version that is not on the log', async () => {
  const { log, artifacts, namespace } = world;
  await expect(
    rebuildModel(
      { log, artifacts, namespace, fit: inThisThread },
      { model: 'risk', version: 9, source: 'vectors' },
    ),
  ).rejects.toThrow(/there is no risk@9; the newest is risk@4/);
});

it('tells environments apart by every member', () => {
  const runtime = {
    node: 'v20',
    runtime: 'onnxruntime-node',
    version: '1',
    platform: 'linux-x64',
    instructions: ['avx', 'fma'],
    threads: 1,
    optimization: 'all',
  } as const;
  expect(environmentChanges({ code: '1', runtime }, { code: '1', runtime: { ...runtime } })).toEqual([]);
  expect(
    environmentChanges({ code: '1', runtime }, { code: '2', runtime: { ...runtime, instructions: ['avx'] } }),
  ).toEqual(['code 1 -> 2', 'instructions avx fma -> avx']);
});

// These two change the log, and stand last.
it('says that the log is cut below the range', async () => {
  await world.log.deleteRecords({ topic: world.topic('feature.vectors.spend'), partition: 0 }, 3);
  expect(await rebuild()).toMatchObject({
    step: 'dataset',
    cause: expect.stringMatching(/PLAYHEAD_LOG_HOLE: .*0 to 2/) as string,
  });
  expect(await rebuild({}, 'observations')).toMatchObject({ identical: true });
});

it('names the first row that differs where a label was rewritten on the log', async () => {
  const record = (await world.records('ingestion.observations.fraud-labels'))[0]!;
  rewrite(record.value!, '0', '9');
  const report = await rebuild({}, 'observations');
  expect(report).toMatchObject({ identical: false, step: 'dataset', rebuilt: null });
  expect(report.cause).toMatch(/the row of trigger \d+-\d+ \((train|holdout)\): label was 0\.0 and is 9\.0/);
});

/** In the very bytes that the log in memory keeps. */
const rewrite = (value: Buffer, from: string, to: string): void => {
  const at = value.indexOf(`"is_fraud":${from}`);
  value.write(to, at + '"is_fraud":'.length);
};
