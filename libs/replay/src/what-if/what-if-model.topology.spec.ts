import { loadModel } from '#inference';
import { PREDICTIONS, VECTORS, modelBytes } from '../replay.testing';
import { whatIfModel, type WhatIfModelReport, type WhatIfModelRequest } from './what-if-model';
import { JudgedHotPath } from './what-if.testing';

const PAYMENTS = 40;
const LATE = '2026-03-01T00:00:00.000Z';
const labelOf = (n: number): number => (n % 7) * 3;

let world: JudgedHotPath;
beforeAll(async () => {
  world = await JudgedHotPath.make();
  await world.apply();
  await world.deploy(1);
  await world.register(1);
  await world.register(2);
  await world.pay(PAYMENTS);
  await world.run();
  for (let n = 0; n < PAYMENTS; n += 2) {
    await world.label(n, 999, '2026-02-01T00:00:00.000Z');
    // The last assertion wins.
    await world.label(n, labelOf(n), LATE);
  }
  await world.label(1, 5, LATE);
  await world.label(1, null, LATE);
});

const ask = (request: Partial<WhatIfModelRequest>): Promise<WhatIfModelReport> => {
  let ticks = 0;
  const { log, artifacts, namespace } = world;
  return whatIfModel(
    { log, artifacts, namespace, stopwatch: () => ticks++ },
    { deployment: 'risk', candidate: { version: 2 }, threshold: 12, ...request },
  );
};

interface Row {
  readonly n: number;
  readonly customer: string;
  readonly amount: number;
  readonly time: string;
  readonly baseline: number;
  readonly candidate: number;
}

/** Everything again, slowly: each vector parsed, scored alone with the candidate, its prediction found by its id. */
const rowsSlowly = async (slope: number): Promise<Row[]> => {
  const model = await loadModel(modelBytes(slope), { featureCount: 3 });
  const predictions = await world.values<{ vector: string; output: { value: number } }>(PREDICTIONS);
  const rows: Row[] = [];
  for (const record of await world.records(VECTORS)) {
    const vector = JSON.parse(String(record.value)) as {
      event_id: string;
      event_time: string;
      entity: { customer: string };
      values: { 1: (number | null)[] };
    };
    const [candidate] = await model.score(
      Float32Array.from(vector.values[1], (value) => value ?? Number.NaN),
    );
    const position = `${record.partition}-${record.offset}`;
    rows.push({
      n: Number(vector.event_id.slice(2)),
      customer: vector.entity.customer,
      amount: vector.values[1][0]!,
      time: vector.event_time,
      baseline: predictions.find((prediction) => prediction.vector === position)!.output.value,
      candidate: candidate!,
    });
  }
  await model.close();
  return rows;
};

const judged = (rows: readonly Row[], score: (row: Row) => number): { mae: number; rmse: number } => {
  const errors = rows.filter(({ n }) => n % 2 === 0).map((row) => score(row) - labelOf(row.n));
  return {
    mae: errors.reduce((sum, error) => sum + Math.abs(error), 0) / errors.length,
    rmse: Math.sqrt(errors.reduce((sum, error) => sum + error * error, 0) / errors.length),
  };
};

it('a champion against itself has no flip and no delta', async () => {
  const report = await ask({ candidate: { version: 1 } });
  expect(report).toMatchObject({
    records: PAYMENTS,
    labelled: PAYMENTS / 2,
    unlabelled: PAYMENTS / 2,
    flips: 0,
    flipped: [],
    unscorable: 0,
    metrics: { delta: { rmse: 0, mae: 0, r2: 0 } },
    shift: { psi: 0, ks: 0, largest: 0 },
    baseline: { versions: [1], threshold: 12 },
  });
  expect(report.metrics.baseline).toEqual(report.metrics.candidate);
});

it('another version: metrics, deltas and flips are those of an independent computation', async () => {
  const report = await ask({});
  const rows = await rowsSlowly(2);
  const [baseline, candidate] = [judged(rows, (row) => row.baseline), judged(rows, (row) => row.candidate)];
  expect(report.metrics.baseline.mae).toBeCloseTo(baseline.mae, 10);
  expect(report.metrics.baseline.rmse).toBeCloseTo(baseline.rmse, 10);
  expect(report.metrics.candidate.mae).toBeCloseTo(candidate.mae, 10);
  expect(report.metrics.delta.mae).toBeCloseTo(candidate.mae - baseline.mae, 10);
  const flipped = rows.filter((row) => row.baseline >= 12 !== row.candidate >= 12);
  expect(flipped.length).toBeGreaterThan(0);
  expect(report.flips).toBe(flipped.length);
  expect(report.flipsToPositive).toBe(flipped.filter((row) => row.candidate >= 12).length);
  expect(report.flipped.map(({ event_id }) => event_id)).toEqual(
    flipped.slice(0, 20).map(({ n }) => `p-${n}`),
  );
  expect(report.candidate.name).toBe('risk@2');
});

it.each([
  ['customer', (row: Row) => row.customer],
  ['time', (row: Row) => row.time.slice(0, 10)],
  ['amount', undefined],
  ['payment', (row: Row) => `p-${row.n}`],
] as const)(
  'slices by %s cover every record once, and each is what its rows alone give',
  async (slice, of) => {
    const report = await ask({ slice });
    expect(report.slices.reduce((sum, { records }) => sum + records, 0)).toBe(PAYMENTS);
    expect(report.slices.reduce((sum, { flips }) => sum + flips, 0)).toBe(report.flips);
    if (!of) return;
    const rows = await rowsSlowly(2);
    for (const found of report.slices.filter((each) => each.slice.startsWith(`${slice} = `))) {
      const its = rows.filter((row) => `${slice} = ${of(row)}` === found.slice);
      expect(found.records).toBe(its.length);
      if (found.metrics.candidate.mae === null) continue;
      expect(found.metrics.candidate.mae).toBeCloseTo(judged(its, (row) => row.candidate).mae, 10);
    }
  },
);

it('refuses a slice by what nothing is called', async () => {
  await expect(ask({ slice: 'colour' })).rejects.toMatchObject({
    code: 'PLAYHEAD_REQUEST_INVALID',
    message: expect.stringContaining('nothing is called colour') as string,
  });
});

it('keeps to ranges of offsets and of event time', async () => {
  const part = await ask({
    from: { offsets: new Map([[1, 3]]) },
    to: {
      offsets: new Map([
        [0, 0],
        [1, 9],
      ]),
    },
  });
  expect(part.records).toBe(6);
  const rows = (await rowsSlowly(2)).filter(({ time }) => time >= '2026-01-01T05' && time < '2026-01-01T10');
  const timed = await ask({
    from: { time: Date.parse('2026-01-01T05:00:00Z') },
    to: { time: Date.parse('2026-01-01T10:00:00Z') },
  });
  expect(timed.records).toBe(rows.length);
});

it('takes a model file, and refuses one of another shape', async () => {
  const report = await ask({ candidate: { file: modelBytes(2), name: 'two.onnx' } });
  expect(report).toMatchObject({ candidate: { name: 'two.onnx' }, flips: (await ask({})).flips });
  await expect(ask({ candidate: { file: Buffer.from('no model'), name: 'no.onnx' } })).rejects.toMatchObject({
    code: 'PLAYHEAD_INFERENCE_MODEL_INVALID',
  });
});

it('leaves out, and counts, records whose vector has nothing for the candidate', async () => {
  await world.register(3, { service: { ...(await serviceOf()), revision: '9' } });
  expect(await ask({ candidate: { version: 3 } })).toMatchObject({
    records: 0,
    unscorable: PAYMENTS,
    flips: 0,
  });
});

it('says which versions and deployments there are', async () => {
  await expect(ask({ candidate: { version: 77 } })).rejects.toThrow(
    /there is no risk@77; the newest is risk@3/,
  );
  await expect(ask({ deployment: 'risks' })).rejects.toThrow(/there is no deployment risks; there are: risk/);
});

it('never uses a model whose bytes differ from its digest', async () => {
  const artifact = '0'.repeat(64);
  await world.register(4, { artifact });
  await expect(ask({ candidate: { version: 4 } })).rejects.toMatchObject({
    code: 'PLAYHEAD_ARTIFACT_NOT_FOUND',
  });
});

it('writes nothing', async () => {
  const count = async (): Promise<number[]> =>
    Promise.all([PREDICTIONS, VECTORS].map((topic) => world.count(topic)));
  const [topics, before] = [await world.log.listTopics(''), await count()];
  await ask({});
  expect([await world.log.listTopics(''), await count()]).toEqual([topics, before]);
});

const serviceOf = async (): Promise<{
  name: string;
  revision: string;
  digest: string;
  trigger: string;
  key: string;
  partitions: number;
  features: string[];
}> => {
  const [first] = await world.values<{ service: never }>('registry.models');
  return first!.service;
};
