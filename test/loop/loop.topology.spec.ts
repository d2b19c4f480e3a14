/** Registry, serving and monitoring together, left to themselves: what an alert leads to. */
import { apply, promote, train, withModel } from '../../services/registry/src/registry.testing';
import { LoopWorld } from './loop-world';

jest.setTimeout(60_000);

const CUSTOMERS = 40;
const PROJECT = withModel(
  'retrain: { on: [data-drift], debounce: 1m, budget: { runs: 3, per: 1d }, promote: champion, rollback: { on: [performance], within: 1h } }',
).replace(
  'spec: { model: fraud, alias: champion, threshold: 0.5 }',
  `spec:
  model: fraud
  threshold: 0.5
  rollout: { strategy: canary, steps: [50, 100], interval: 10s, abort: { metric: positive_rate, above: 0.2, against: champion, rows: 30 } }`,
);
/** Which of the two features a version looks at: the amount, which is great, or the count, which is small. */
const [AMOUNT, COUNT] = [0, 1] as const;

let world: LoopWorld;
beforeEach(async () => {
  world = await LoopWorld.make();
  await world.begin();
  await world.submit(apply(PROJECT));
  await world.submit(train());
  await world.train(await world.requested(1), COUNT);
  await world.until('version 1', async () => (await world.versions()) === 1);
  await world.submit(promote(1));
  await world.untilRoutes('champion=1');
  await world.untilTaken();
  await world.pay(CUSTOMERS, 1);
  world.clock.advance(120_000);
});
afterEach(async () => {
  await world.stop();
  expect(world.failures).toEqual([]);
});

/** Everybody pays, each second of world time, until it is so. */
const payUntil = async (routes: string, amount: number): Promise<void> => {
  for (let second = 0; (await world.routes()) !== routes; second++) {
    if (second > 200) throw new Error(`${routes} does not come: it is ${await world.routes()}`);
    await world.pay(CUSTOMERS, amount);
    // Reports are appended by a timer of real time.
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
  await world.untilTaken();
};
const told = (): string[] =>
  world.stories().map(({ run, version, verdict }) => `${run} ${version} ${verdict}`);

it('goes from an alert over a canary to a new champion, and tells it', async () => {
  await world.alert(1);
  const run = await world.requested(2);
  await world.train(run, COUNT);
  await payUntil('champion=1 50 canary=2 50', 1);
  await payUntil('champion=2', 1);
  await world.pay(CUSTOMERS, 1);
  await world.until('a story', () => Promise.resolve((world.stories().at(-1)?.serving ?? null) !== null));
  const story = world.stories().at(-1)!;
  expect(told().at(-1)).toBe(`${run} 2 kept`);
  expect(story.entries.map(({ type, by }) => (by === null ? type : `${type} by ${by}`))).toEqual([
    'monitoring.alert.raised',
    'registry.training.requested by retraining policy',
    'training.run.completed',
    'registry.model-version.registered',
    'registry.model-version.checked',
    'registry.alias.assigned by retraining policy',
    'registry.rollout.changed by retraining policy',
    'registry.deployment.updated',
    'serving.routes.taken',
    'monitoring.rollout.judged',
    'registry.rollout.changed by rollout policy',
    'registry.deployment.updated',
    'monitoring.rollout.judged',
    'registry.rollout.changed by rollout policy',
    'registry.deployment.updated',
    'serving.routes.taken',
  ]);
});

it('takes a challenger back that is worse in its canary, for good; the alert that is still open asks again, also after a restart', async () => {
  await world.alert(1);
  await world.train(await world.requested(2), AMOUNT);
  await payUntil('champion=1 50 canary=2 50', 1);
  await payUntil('champion=1', 40);
  await world.until('a story', () => Promise.resolve(told().at(-1)!.endsWith('rolled-back')));
  expect(world.stories().at(-1)!.why).toMatch(/aborted at 50 %: positive_rate of version 2 is/);
  await world.stop();
  await world.begin();
  world.clock.advance(120_000);
  await world.train(await world.requested(3), COUNT);
  await payUntil('champion=1 50 canary=3 50', 1);
  await payUntil('champion=3', 1);
  await world.until('a story', () => Promise.resolve(told().length === 3));
  expect(told().map((text) => text.split(' ').slice(1).join(' '))).toEqual([
    '1 kept',
    '2 rolled-back',
    '3 kept',
  ]);
  await world.alert(1, 'missing-values');
  await world.alertIsOver(1);
  await world.until('an answer', () => Promise.resolve(told().length === 4));
  expect(world.stories().at(-1)).toMatchObject({
    verdict: 'suppressed',
    why: 'no run of fraud: version 1 does not answer fraud any more',
  });
});

it('goes back when the promoted version gets worse soon after', async () => {
  await world.alert(1);
  await world.train(await world.requested(2), COUNT);
  await payUntil('champion=1 50 canary=2 50', 1);
  await payUntil('champion=2', 1);
  await world.alert(2, 'performance');
  await world.untilRoutes('champion=1');
  await world.until('a story', () => Promise.resolve(told().at(-1)!.endsWith('rolled-back')));
  expect(world.stories().at(-1)!.why).toContain('champion of fraud is version 1, 2 before (rollback)');
});
