/** Registry, serving and monitoring together: how a new version comes, and goes again by itself. */
import { RoutesTaken, RolloutJudged, TOPICS, decodeEvent, type EventOf } from '#contracts';
import { apply, promote, train, withRollout } from '../../services/registry/src/registry.testing';
import { RolloutWorld } from './rollout-world';

jest.setTimeout(60_000);

const CUSTOMERS = 40;

let world: RolloutWorld;
beforeEach(async () => {
  world = await RolloutWorld.make();
});
afterEach(async () => {
  await world.stop();
  expect(world.failures).toEqual([]);
});

/** Version 1 looks at counts, version 2 at amounts; version 1 answers. */
const twoVersions = async (option: string): Promise<void> => {
  await world.begin();
  await world.submit(apply(withRollout(option)));
  await world.submit(train());
  await world.submit(train());
  await world.train('run-0-1', 1);
  await world.train('run-0-2', 0);
  await world.until('two versions', async () => {
    const facts = await world.records(TOPICS.models).catch(() => []);
    return (
      facts.filter(({ headers }) => headers.text('ce_type')!.endsWith('version.registered')).length === 2
    );
  });
  await world.submit(promote(1));
  await world.until('version 1', async () => (await world.routes()).startsWith('champion=1'));
  await world.untilTaken();
  await world.pay(CUSTOMERS, 1);
};

/** Everybody pays, each second of world time, until what runs is so. */
const payUntil = async (routes: string, amount: number): Promise<void> => {
  for (let second = 0; (await world.routes()) !== routes; second++) {
    if (second > 200) throw new Error(`${routes} does not come: it is ${await world.routes()}`);
    await world.pay(CUSTOMERS, amount);
    // Reports are appended by a timer of real time.
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await world.untilTaken();
};

const CANARY =
  'rollout: { strategy: canary, steps: [20, 50, 100], interval: 20s, abort: { metric: positive_rate, above: 0.2, against: champion, rows: 30 } }';

it('takes a good canary in steps to everybody, the same customers first', async () => {
  await twoVersions(CANARY);
  await world.submit(promote(2));
  await payUntil('champion=1 80 canary=2 20', 1);
  await world.pay(CUSTOMERS, 1);
  const first = (await world.assigned(CUSTOMERS))
    .map(({ said }) => said)
    .filter((text) => text.endsWith('canary'));
  await payUntil('champion=1 50 canary=2 50', 1);
  await world.pay(CUSTOMERS, 1);
  const second = (await world.assigned(CUSTOMERS)).map(({ said }) => said);
  expect(first.length).toBeGreaterThan(3);
  expect(second).toEqual(expect.arrayContaining(first));
  await payUntil('champion=2', 1);
  expect(
    (await world.changes()).map(({ change, rollout }) => `${change} ${rollout.steps[rollout.step]}`),
  ).toEqual(['began 20', 'advanced 50', 'advanced 100', 'completed 100']);
  const all = await world.assigned(1_000_000);
  expect(all.map(({ said }) => said)).toEqual(all.map(({ by }) => by));
});

it('takes a canary back that gets worse, within one interval, and the log tells why with positions', async () => {
  await twoVersions(CANARY);
  await world.submit(promote(2));
  await payUntil('champion=1 50 canary=2 50', 1);
  for (let second = 0; second < 3; second++) await world.pay(CUSTOMERS, 1);
  const turned = world.clock.now();
  // From here on amounts are great: version 2 says yes to each of them.
  await payUntil('champion=1', 40);
  expect(world.clock.now() - turned).toBeLessThan(20_000);

  const changes = await world.changes();
  expect(changes.map(({ change }) => change)).toEqual(['began', 'advanced', 'aborted']);
  const aborted = changes.at(-1)!;
  expect(aborted.reason).toMatch(
    /^positive_rate of version 2 is [01](\.\d+)?, of version 1 0: the difference may be 0\.2$/,
  );
  const verdict = aborted.evidence![0]!.id;
  const offset = Number(verdict.replace('monitoring.rollouts:0-', ''));
  const judged = decodeEvent(RolloutJudged, (await world.records(TOPICS.rollouts))[offset]!.value);
  expect(judged).toMatchObject({ verdict: 'worse', version: 2, baseline: 1, step: 1 });
  const status = await world.records(TOPICS.servingStatus);
  for (const source of judged.sources) {
    const report = status[Number(source.replace('serving.status:0-', ''))]!;
    expect(report.headers.text('ce_type')).toBe('serving.interval.reported');
  }
  const [assigned] = (await world.values<Record<string, unknown>>(TOPICS.models)).filter(
    ({ cause }) => cause === 'rollout',
  );
  expect(assigned).toMatchObject({ alias: 'champion', version: 1, previous: 2, reason: aborted.reason });
  const taken = status
    .filter(({ headers }) => headers.text('ce_type') === RoutesTaken.type)
    .map(({ value }) => decodeEvent(RoutesTaken, value));
  await world.pay(CUSTOMERS, 40);
  expect(taken.length).toBeGreaterThanOrEqual(4);
  const after = await world.assigned(CUSTOMERS);
  expect(new Set(after.map(({ said }) => said.split(' ')[1]))).toEqual(new Set(['champion']));
});

it('goes on with the same customers after everything was started again', async () => {
  await twoVersions(CANARY);
  await world.submit(promote(2));
  await payUntil('champion=1 80 canary=2 20', 1);
  await world.pay(CUSTOMERS, 1);
  const before = (await world.assigned(CUSTOMERS)).map(({ said }) => said).sort();
  await world.stop();
  await world.begin();
  await world.until('the same routes', () => Promise.resolve(world.control.state.has('fraud')));
  await world.untilTaken();
  await world.pay(CUSTOMERS, 1);
  expect((await world.assigned(CUSTOMERS)).map(({ said }) => said).sort()).toEqual(before);
  await payUntil('champion=2', 1);
});

it('takes a canary back for what labels say of it', async () => {
  await twoVersions(
    'rollout: { strategy: canary, steps: [50, 100], interval: 1h, abort: { metric: accuracy, below: 0.7, rows: 10 } }',
  );
  await world.submit(promote(2));
  await world.untilRoutes('champion=1 50 canary=2 50');
  await world.untilTaken();
  const ids = await world.pay(CUSTOMERS, 40);
  await world.label(ids, false);
  await world.untilRoutes('champion=1');
  const aborted = (await world.changes()).at(-1)!;
  expect(aborted.reason).toBe('accuracy of version 2 is 0, the limit is 0.7');
});

it('gives the arm that earns more a greater share', async () => {
  await twoVersions(
    'experiment: { strategy: bandit, arms: { champion: 50, challenger: 50 }, interval: 10s, explore: 10 }',
  );
  await world.submit(promote(2, 'challenger'));
  await world.untilRoutes('champion=1 50 challenger=2 50');
  await world.untilTaken();
  const ids = await world.pay(CUSTOMERS, 40);
  await world.label(ids, true);
  await world.until('labels are counted', async () =>
    (await world.records(TOPICS.monitoringInputs)).some(({ headers }) =>
      headers.text('ce_type')!.endsWith('route.labelled'),
    ),
  );
  await payUntil('champion=1 10 challenger=2 90', 1);
  const [, weighed] = await world.values<EventOf<never>>(TOPICS.rolloutChanges);
  expect(weighed).toMatchObject({ reason: 'challenger is the best arm with probability 1' });
});
