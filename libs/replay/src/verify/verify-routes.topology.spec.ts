import { HEADERS } from '#contracts';
import { HotPath, PREDICTIONS, SHADOWS, modelBytes } from '../replay.testing';
import { sha256 } from '#kernel';
import { verifyHere, type VerifyRequest } from './verify';
import type { VerifyFindings } from './report';

const verify = async (
  world: HotPath,
  request: Omit<VerifyRequest, 'deployment'> = {},
): Promise<VerifyFindings> => {
  const { log, artifacts, namespace, ports } = world;
  const replay = { log, artifacts, namespace, sleep: ports.sleep, warn: () => undefined };
  const options = { tolerance: 1e-9, snapshots: true, checkpointMs: 1_000_000 };
  return (await verifyHere(replay, { deployment: 'risk', ...request }, options))!.findings;
};

describe('a recorded rollout with a shadow', () => {
  let world: HotPath;

  beforeEach(async () => {
    world = await HotPath.make();
    await world.apply();
    await world.deploy(1);
    await world.pay(10);
    await world.run();
    await world.deploy(1, '1', 7, [
      { route: 'canary', version: 2, share: 40 },
      { route: 'shadow', version: 3 },
    ]);
    await world.pay(20);
    await world.run(4);
    await world.deploy(2);
    await world.pay(6);
    await world.run(1);
    // A canary that cannot be opened: the champion answers then, and again.
    await world.deploy(2, '1', 7, [
      { route: 'canary', version: 4, share: 50, model: Buffer.from('no model') },
    ]);
    await world.pay(8);
    await world.run(3);
  });

  it('is bit exact on every route, whatever came in one round', async () => {
    const findings = await verify(world);
    expect(findings).toMatchObject({ ok: true, diverged: 0, pending: 0, firstDifference: null, damaged: [] });
    expect(findings.hops.map(({ hop, records }) => [hop, records])).toEqual([
      ['vectors', 44],
      ['predictions', 44],
      ['shadows', 20],
    ]);
    const routes = (await world.values<{ route: string; version: number }>(PREDICTIONS)).map(
      ({ route, version }) => `${route} ${version}`,
    );
    expect(new Set(routes)).toEqual(new Set(['champion 1', 'canary 2', 'champion 2']));
  });

  it('can be verified by its shadows alone, in a part', async () => {
    const offsets = new Map([
      [0, 8],
      [1, 9],
    ]);
    const findings = await verify(world, { from: { offsets }, hops: ['shadows'] });
    expect(findings).toMatchObject({ ok: true, records: 13, bitExact: 13 });
  });

  it('names a shadow that was changed, and one that is missing', async () => {
    const [record] = await world.records(SHADOWS);
    const value = String(record!.value).replace('"version":3', '"version":2');
    world.log.spoil({ topic: world.topic(SHADOWS), partition: 0 }, record!.offset, {
      value: Buffer.from(value),
    });
    world.log.spoil({ topic: world.topic(SHADOWS), partition: 1 }, 3, 'lose');
    const findings = await verify(world);
    expect(findings).toMatchObject({ ok: false, diverged: 2 });
    expect(findings.differences).toMatchObject([
      {
        hop: 'shadows',
        verdict: 'diverged',
        source: record!.headers.text(HEADERS.id),
        field: 'version',
        recorded: 2,
        replayed: 3,
      },
      { hop: 'shadows', verdict: 'missing', partition: 1 },
    ]);
  });

  it('names the model of a shadow whose bytes are not those of its digest; the predictions stand', async () => {
    const digest = sha256(Buffer.from(modelBytes(3)));
    const { objects } = world.artifacts;
    objects.set(
      [...objects.keys()].find((name) => name.endsWith(digest))!,
      Buffer.from(modelBytes(5)),
    );
    const findings = await verify(world);
    expect(findings.damaged).toEqual([expect.stringContaining(`risk@3, artifact ${digest}`)]);
    expect(findings.hops.map(({ verdicts }) => verdicts)).toEqual([
      { bit_exact: 44 },
      { bit_exact: 44 },
      { unverified: 20 },
    ]);
  });
});
