import { TOPICS } from '#contracts';
import { HotPath, OBSERVATIONS, PREDICTIONS, VECTORS, modelBytes } from '../replay.testing';
import { sha256 } from '#kernel';
import type { ReplayPorts } from './hops';
import { verifyHere, type VerifyRequest } from './verify';
import type { VerifyFindings } from './report';

const OPTIONS = { tolerance: 1e-9, snapshots: true, checkpointMs: 1_000_000 };

const portsOf = (world: HotPath): ReplayPorts => ({
  log: world.log,
  artifacts: world.artifacts,
  namespace: world.namespace,
  sleep: world.ports.sleep,
  warn: () => undefined,
});

const verify = async (
  world: HotPath,
  request: Omit<VerifyRequest, 'deployment'> = {},
  options: Partial<typeof OPTIONS> = {},
): Promise<VerifyFindings> =>
  (await verifyHere(portsOf(world), { deployment: 'risk', ...request }, { ...OPTIONS, ...options }))!
    .findings;

/** Puts other bytes in the place of an artifact. */
const spoil = ({ artifacts: { objects } }: HotPath, digest: string, bytes: Uint8Array): void => {
  const key = [...objects.keys()].find((name) => name.endsWith(digest))!;
  objects.set(key, Buffer.from(bytes));
};

describe('a recorded deployment', () => {
  let world: HotPath;

  beforeEach(async () => {
    world = await HotPath.make();
    await world.apply();
    await world.deploy(1);
    await world.pay(20);
    await world.run();
    await world.deploy(2);
    await world.pay(12);
    await world.run(4);
  });

  it('is bit exact, over a change of the model', async () => {
    expect(await verify(world)).toMatchObject({
      ok: true,
      records: 64,
      bitExact: 64,
      diverged: 0,
      pending: 0,
      firstDifference: null,
      damaged: [],
      warnings: [],
    });
  });

  it('is not touched by being replayed', async () => {
    const topics = await world.log.listTopics('t.');
    const before = await Promise.all(topics.map((topic) => world.log.ends(topic)));
    await verify(world);
    expect(await world.log.listTopics('t.')).toEqual(topics);
    expect(await Promise.all(topics.map((topic) => world.log.ends(topic)))).toEqual(before);
  });

  it('gives the same verdict from snapshots and from zero', async () => {
    const from = {
      offsets: new Map([
        [0, 11],
        [1, 12],
      ]),
    };
    const [one, other] = [await verify(world, { from }), await verify(world, { from }, { snapshots: false })];
    expect(one.bitExact).toBe(one.records);
    expect(one).toEqual({ ...other, fromZero: false });
    expect(one.records).toBe(2 * (32 - 11 - 12));
  });

  it('has vectors that are not decided yet beside the range', async () => {
    await world.pay(2);
    expect(await verify(world)).toMatchObject({ ok: true, records: 64, pending: 2 });
  });

  it('names a vector that was changed, with feature, entity and both values', async () => {
    const records = await world.records(VECTORS);
    const changed = records.find(({ partition, offset }) => partition === 1 && offset === 5)!;
    const value = String(changed.value).replace(/"1":\[([\d.]+)/, '"1":[9.99');
    world.log.spoil({ topic: world.topic(VECTORS), partition: 1 }, 5, { value: Buffer.from(value) });
    const findings = await verify(world);
    expect(findings).toMatchObject({ ok: false, bitExact: 62, diverged: 2 });
    expect(findings.firstDifference).toMatchObject({
      hop: 'vectors',
      verdict: 'diverged',
      topic: VECTORS,
      partition: 1,
      offset: 5,
      source: '1-5',
      event: 'p-11',
      field: 'values.1.amount',
      recorded: 9.99,
      replayed: 4.07,
    });
    expect(findings.damaged[0]).toContain(`${VECTORS}:1-5 has checksum`);
  });

  it('names a prediction that was changed, and calls a flipped decision diverged however near the numbers are', async () => {
    const [record] = await world.records(PREDICTIONS);
    const value = String(record!.value).replace('"decision":false', '"decision":true');
    world.log.spoil({ topic: world.topic(PREDICTIONS), partition: 0 }, 0, { value: Buffer.from(value) });
    const findings = await verify(world, {}, { tolerance: 1e9 });
    expect(findings).toMatchObject({ ok: false, diverged: 1 });
    expect(findings.firstDifference).toMatchObject({ field: 'decision', recorded: true, replayed: false });
  });

  it('takes a number within the tolerance that is said', async () => {
    const [record] = await world.records(PREDICTIONS);
    const prediction = JSON.parse(String(record!.value)) as { output: { value: number } };
    prediction.output.value += 1e-7;
    const value = JSON.stringify(prediction);
    world.log.spoil({ topic: world.topic(PREDICTIONS), partition: 0 }, 0, { value: Buffer.from(value) });
    expect(await verify(world, {}, { tolerance: 1e-6 })).toMatchObject({ ok: true, withinTolerance: 1 });
    expect(await verify(world)).toMatchObject({ ok: false, diverged: 1 });
  });

  it('names an observation that was changed, and does not fold it', async () => {
    const [record] = await world.records(OBSERVATIONS);
    const value = String(record!.value).replace('"amount":0', '"amount":8');
    world.log.spoil({ topic: world.topic(OBSERVATIONS), partition: 0 }, 0, { value: Buffer.from(value) });
    const findings = await verify(world);
    expect(findings.ok).toBe(false);
    expect(findings.hops[0]!.verdicts.source_changed).toBe(1);
    expect(findings.damaged).toEqual([expect.stringContaining(`${OBSERVATIONS}:0-0 has checksum`)]);
  });

  it('refuses a range with a hole, naming the offsets', async () => {
    world.log.spoil({ topic: world.topic(OBSERVATIONS), partition: 0 }, 4, 'lose');
    await expect(verify(world)).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_HOLE',
      disposition: 'refuse',
      details: { topic: world.topic(OBSERVATIONS), partition: 0, first: 4, last: 4 },
    });
    await world.log.deleteRecords({ topic: world.topic(OBSERVATIONS), partition: 1 }, 2);
    await expect(
      verify(world, {
        from: {
          offsets: new Map([
            [0, 5],
            [1, 1],
          ]),
        },
      }),
    ).rejects.toMatchObject({
      details: { partition: 1, first: 1, last: 1 },
    });
  });

  it('says which output is missing', async () => {
    world.log.spoil({ topic: world.topic(PREDICTIONS), partition: 0 }, 3, 'lose');
    const findings = await verify(world);
    expect(findings).toMatchObject({ ok: false, records: 64, diverged: 1 });
    expect(findings.firstDifference).toMatchObject({
      verdict: 'missing',
      hop: 'predictions',
      offset: null,
      source: '0-3',
    });
  });

  it('names a model whose bytes are not those of its digest, and does not use it', async () => {
    const digest = sha256(Buffer.from(modelBytes(2)));
    spoil(world, digest, modelBytes(3));
    const findings = await verify(world);
    expect(findings).toMatchObject({ ok: false, diverged: 12 });
    expect(findings.hops[1]!.verdicts).toEqual({ bit_exact: 20, unverified: 12 });
    expect(findings.damaged).toEqual([expect.stringContaining(`risk@2, artifact ${digest}`)]);
  });

  it('passes over a snapshot that was changed, naming it', async () => {
    const taken = await world.values<{ artifact: string }>(TOPICS.snapshots('feature'));
    for (const { artifact } of taken) spoil(world, artifact, Buffer.from('no snapshot'));
    const findings = await verify(world, {
      from: {
        offsets: new Map([
          [0, 11],
          [1, 12],
        ]),
      },
    });
    expect(findings).toMatchObject({ ok: true, diverged: 0 });
    expect(
      findings.warnings.some((warning) => taken.some(({ artifact }) => warning.includes(artifact))),
    ).toBe(true);
  });

  it('drops what a zombie left, and skips what was given up', async () => {
    const [first] = await world.records(PREDICTIONS);
    await world.raw(PREDICTIONS, first!.value, { id: '0-0' });
    await world.raw(OBSERVATIONS, Buffer.from('no observation'), { partition: 1 });
    await world.pay(2);
    await world.start((serviceLog) => world.workersOf(serviceLog));
    await world.untilRecords(PREDICTIONS, 35);
    await world.stop();
    const findings = await verify(world);
    expect(findings).toMatchObject({ ok: true, records: 68, bitExact: 68 });
    expect(findings.hops).toMatchObject([{ skipped: 1 }, { duplicates: 1 }]);
  });

  it('is refused where there is no such deployment', async () => {
    await expect(verifyHere(portsOf(world), { deployment: 'nobody' }, OPTIONS)).rejects.toMatchObject({
      code: 'PLAYHEAD_NOT_FOUND',
    });
  });
});
