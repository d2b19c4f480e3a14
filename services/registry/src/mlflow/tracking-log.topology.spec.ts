import { TOPICS } from '#contracts';
import { ServiceLog, ReadModels } from '#runtime';
import { ServiceWorld } from '#testing';
import type { TrackingFact } from './domain/facts';
import { TRACKING_PARTITIONS, TrackingLog } from './tracking-log';

const AT = 1_767_225_600_000;
const createExperiment = (name: string): TrackingFact => ({
  type: 'experiment-created',
  value: { name, tags: {}, at: AT },
});
const createRun = (run: string): TrackingFact => ({
  type: 'run-created',
  value: {
    run,
    experiment: '0',
    artifacts: 'mlflow-artifacts:/0/x',
    name: run,
    user: 'ada',
    started: AT,
    tags: {},
  },
});
const logParam = (run: string, value: string): TrackingFact => ({
  type: 'batch-logged',
  value: { run, params: { depth: value } },
});
const logMetric = (run: string, step: number): TrackingFact => ({
  type: 'batch-logged',
  value: { run, metrics: [{ key: 'loss', value: step / 2, time: AT + step, step }] },
});

let world: ServiceWorld;
let opened: TrackingLog[];
let serviceLog: ServiceLog;

const open = async (instance: string, from: ServiceWorld = world): Promise<TrackingLog> => {
  const { log, clock, logger, sleep } = from.ports;
  const tracking = new TrackingLog({ log, serviceLog, clock, sleep, logger, patienceMs: 2_000, instance });
  opened.push(tracking);
  await tracking.start();
  return tracking;
};

beforeEach(() => {
  world = new ServiceWorld('registry');
  serviceLog = new ServiceLog(
    { service: 'registry', namespace: world.namespace },
    world.ports,
    world.transport,
  );
  opened = [];
});
afterEach(async () => {
  for (const each of opened) await each.stop();
  await serviceLog.stop();
});

it('answers after its own write, and a second instance comes to the same state', async () => {
  const [one, two] = [await open('one'), await open('two')];
  expect(await one.submit(createExperiment('churn'))).toEqual({ given: '1' });
  await one.submit(createRun('r'));
  expect(one.state.runs.get('r')!.status).toBe('RUNNING');
  await Promise.all(Array.from({ length: 50 }, (_, step) => one.submit(logMetric('r', step))));
  expect(one.state.runs.get('r')!.metrics.get('loss')!.length).toBe(50);
  await world.until('the other has folded it', async () => {
    const [a, b] = [await one.digest(), await two.digest()];
    return a.digest === b.digest && a.position === b.position;
  });
});

it('of two that take one name, and of two values of one parameter, the first on the log wins on every instance', async () => {
  const instances = [await open('one'), await open('two'), await open('three')];
  const names = await Promise.allSettled(instances.map((each) => each.submit(createExperiment('churn'))));
  expect(names.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(names.find(({ status }) => status === 'rejected')).toMatchObject({
    reason: { code: 'RESOURCE_ALREADY_EXISTS' },
  });
  await instances[0]!.submit(createRun('r'));
  await world.until('all know the run', () =>
    Promise.resolve(instances.every((each) => each.state.runs.get('r') !== undefined)),
  );
  const values = await Promise.allSettled(instances.map((each, i) => each.submit(logParam('r', String(i)))));
  const winner = values.findIndex(({ status }) => status === 'fulfilled');
  expect(values.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  await world.until('all are at the end', async () => {
    const digests = await Promise.all(instances.map((each) => each.digest()));
    return new Set(digests.map(({ digest }) => digest)).size === 1;
  });
  for (const each of instances) expect(each.state.runs.get('r')!.params.get('depth')).toBe(String(winner));
});

it('goes on after a restart in the middle as if there had been none', async () => {
  const first = await open('one');
  await first.submit(createRun('r'));
  for (let step = 0; step < 20; step++) await first.submit(logMetric('r', step));
  await first.stop();
  const second = await open('two');
  expect(second.state.runs.get('r')!.metrics.get('loss')!.length).toBe(20);
  await second.submit(logMetric('r', 20));
  await expect(second.submit(createRun('r'))).rejects.toMatchObject({ code: 'RESOURCE_ALREADY_EXISTS' });
  const { before, after } = await second.rebuild();
  expect(after).toEqual(before);
  expect(second.state.runs.get('r')!.metrics.get('loss')!.latest).toEqual({
    value: 10,
    step: 20,
    time: AT + 20,
  });
});

it('loses nothing while it is rebuilt', async () => {
  const tracking = await open('one');
  await tracking.submit(createRun('r'));
  const models = new ReadModels();
  models.add(tracking);
  const writing = Promise.all(
    Array.from({ length: 100 }, (_, step) => tracking.submit(logMetric('r', step))),
  );
  expect(await models.rebuild()).toMatchObject([{ name: 'tracking', equal: true }]);
  await writing;
  expect(tracking.state.runs.get('r')!.metrics.get('loss')!.length).toBe(100);
});

it('passes over what is no fact, says that the log is away, and recovers', async () => {
  const tracking = await open('one');
  await tracking.submit(createRun('r'));
  for (let partition = 0; partition < TRACKING_PARTITIONS; partition++)
    await world.raw(TOPICS.tracking, Buffer.from('{"not": "a fact"}'), { type: 'nonsense', partition });
  await world.until('they are passed over', async () => (await tracking.digest()).position.includes('0:1'));
  await tracking.submit(logMetric('r', 1));
  world.log.injectFault(() => 'refuse');
  await expect(tracking.submit(logMetric('r', 2))).rejects.toMatchObject({ code: 'TEMPORARILY_UNAVAILABLE' });
  world.log.injectFault(() => 'append');
  await tracking.submit(logMetric('r', 3));
  expect(tracking.state.runs.get('r')!.metrics.get('loss')!.length).toBe(2);
});
