import { DeploymentUpdated, TOPICS } from '#contracts';
import { verifyHere, type VerifyFindings, type VerifyRequest } from '#replay';
import { INPUTS, PARTS, PAYMENTS, PROJECT, START, StagesWorld, VECTORS } from './stages.testing';

const FASTER = PROJECT.replace(
  '{ name: terminal_1h, aggregate: count, window: 1h }',
  '{ name: terminal_1h, aggregate: count, window: 2h }',
);

describe('a service with stages, verified', () => {
  let world: StagesWorld;
  beforeEach(async () => {
    world = await StagesWorld.make();
    const { sample } = DeploymentUpdated;
    await world.topics(1, TOPICS.deployments, TOPICS.servingStatus);
    await world.topics(2, TOPICS.predictions('risk'));
    await world.fact(TOPICS.deployments, DeploymentUpdated, {
      ...sample,
      deployment: 'risk',
      service: { ...sample.service, name: 'svc' },
    });
    await world.begin();
    await world.stream(0, 40);
    await world.expectAllRight(40);
    await world.stop();
  });

  const verify = async (request: Omit<VerifyRequest, 'deployment'> = {}): Promise<VerifyFindings> => {
    const { log, namespace, artifacts, ports } = world;
    const outcome = await verifyHere(
      { log, namespace, artifacts, sleep: ports.sleep, warn: () => undefined },
      { deployment: 'risk', ...request },
      { tolerance: 0, snapshots: true, checkpointMs: 1e9 },
    );
    return outcome!.findings;
  };

  it('is bit exact at every hop: routers, stages, vectors', async () => {
    const findings = await verify();
    expect(findings).toMatchObject({ ok: true, diverged: 0, damaged: [], firstDifference: null });
    const labels = (await world.records(TOPICS.observations('labels'))).length;
    expect(findings.hops.map(({ hop, records, verdicts }) => [hop, records, verdicts])).toEqual([
      ['routes/terminal_id/payments', 40, { bit_exact: 40 }],
      ['routes/terminal_id/labels', labels, { bit_exact: labels }],
      ['routes/customer_id/payments', 40, { bit_exact: 40 }],
      ['routes/customer_id/labels', labels, { bit_exact: labels }],
      ['stage/terminal_id', 40, { bit_exact: 40 }],
      ['stage/customer_id', 40, { bit_exact: 40 }],
      ['vectors', 40, { bit_exact: 40 }],
      ['predictions', 0, {}],
    ]);
  });

  it('is bit exact in a range of time', async () => {
    const findings = await verify({
      from: { time: START + 60 * 60_000 },
      to: { time: START + 180 * 60_000 },
    });
    expect(findings).toMatchObject({ ok: true, diverged: 0 });
    expect(findings.hops.find(({ hop }) => hop === 'vectors')!.records).toBeLessThan(40);
  });

  it('is bit exact over a revision that was warmed up', async () => {
    await world.apply('2', FASTER);
    await world.begin();
    await world.stream(40, 60);
    await world.untilRecords(VECTORS, 60);
    await world.stop();
    expect(await verify()).toMatchObject({ ok: true, diverged: 0 });
  });

  it.each([
    [INPUTS, 'an input', 'routes/terminal_id'],
    [PARTS, 'a part', 'stage/'],
    [PAYMENTS, 'an observation', 'routes/terminal_id/payments'],
  ])('names a changed record of %s', async (topic, _, hop) => {
    const record = (await world.records(topic)).find(({ partition }) => partition === 1)!;
    const value = Buffer.from(String(record.value).replace(/(\d)(\D*)$/, '7$2'));
    expect(value.equals(record.value!)).toBe(false);
    world.log.spoil({ topic: world.topic(topic), partition: 1 }, record.offset, { value });
    const findings = await verify();
    expect(findings.ok).toBe(false);
    expect(findings.firstDifference!.hop).toContain(hop);
    expect(
      findings.damaged.some((what) => what.includes(`${topic}:1-${record.offset}`)) ||
        findings.firstDifference!.topic === topic,
    ).toBe(true);
  });
});
