import {
  AlertActionRequested,
  AlertRaised,
  AlertResolved,
  HEADERS,
  NotificationDue,
  TOPICS,
  decodeEvent,
  encodeEvent,
  readEnvelope,
  type EventOf,
} from '#contracts';
import { followDeployments, type Worker } from '#runtime';
import { MovableClock } from '#kernel';
import { AlertClock } from '../effects/alert-clock';
import { ReferenceProfiles } from '../effects/reference-profiles';
import type { AlertPolicy } from '../domain/notifications/notifier';
import { MonitoringWorld, paymentsOf } from '../monitoring.testing';
import { decidingWorker, notifierWorker, type MonitoringParts } from '../monitoring.topology';
import { Channels } from './channels';
import { NotificationSender } from './notification-sender';
import { Receiver, isGenuine } from './notifications.testing';

jest.setTimeout(30_000);

const KEY = `whsec_${Buffer.from('a key of an alert').toString('base64')}`;

let receiver: Receiver;
let other: Receiver | undefined;
let worlds: MonitoringWorld[] = [];
beforeEach(async () => {
  receiver = new Receiver();
  await receiver.start();
});
afterEach(async () => {
  const failures = worlds.flatMap((world) => world.failures);
  await Promise.all(worlds.map((world) => world.stop()));
  worlds = [];
  await receiver.stop();
  await other?.stop();
  other = undefined;
  expect(failures).toEqual([]);
});

const make = async (policy: Partial<AlertPolicy> = {}): Promise<MonitoringWorld> => {
  const world = await MonitoringWorld.make(paymentsOf({ seed: 1, days: 1, perDay: 300 }));
  worlds.push(world);
  await world.deploy({
    monitor: {
      name: 'fraud',
      revision: '1',
      digest: 'a'.repeat(64),
      drift: { features: 'auto', threshold: 0.2 },
      metric: null,
      alert: {
        to: [{ webhook: `${receiver.url}/hook`, secret: 'HOOK_KEY' }],
        group: 'deployment',
        wait_ms: 10_000,
        repeat_ms: 3_600_000,
        ...policy,
      },
    },
  });
  return world;
};

const begin = (world: MonitoringWorld): Promise<void> =>
  world.start((serviceLog): Worker[] => {
    const { artifacts, sleep, logger, log, clock } = world.ports;
    const control = followDeployments(serviceLog);
    const parts: MonitoringParts = {
      ...world.ports,
      serviceLog,
      control,
      profiles: new ReferenceProfiles({ artifacts, sleep, logger }),
      instance: 'test',
      tickMs: 20,
      transport: world.transport,
    };
    const alertClock = new AlertClock({
      log,
      alerts: serviceLog.topic(TOPICS.alerts),
      inputs: serviceLog.topic(TOPICS.monitoringInputs),
      control,
      clock,
      sleep,
      instance: 'test',
      logger,
    });
    const channels = new Channels({
      sender: { namespace: 't', console: 'http://127.0.0.1:7006' },
      smtp: { url: null, from: 'playhead@localhost' },
      environment: { HOOK_KEY: KEY },
      clock,
      post: fetch,
    });
    const sender = new NotificationSender({
      log,
      topic: serviceLog.topic(TOPICS.notifications),
      group: serviceLog.topic('monitoring.notification-sender'),
      channels,
      clock,
      sleep,
      logger,
    });
    return [decidingWorker(parts), notifierWorker(parts), alertClock, sender];
  });

/** As the decider would have said it, under the only deployment fact there is. */
const say = (
  world: MonitoringWorld,
  contract: typeof AlertRaised,
  subject: string,
  changes: object,
): Promise<void> =>
  world.raw(
    TOPICS.alerts,
    encodeEvent(contract, {
      ...contract.sample,
      alert: `fraud/feature-drift/${subject}@1`,
      subject,
      ...changes,
    }),
    { type: contract.type, extra: [[HEADERS.control, Buffer.from('0')]] },
  );
const raise = (world: MonitoringWorld, subject: string, effect: number): Promise<void> =>
  say(world, AlertRaised, subject, { effect });
const end = (world: MonitoringWorld, subject: string): Promise<void> =>
  say(world, AlertResolved, subject, {});

interface Told {
  readonly id: string;
  readonly data: EventOf<typeof NotificationDue>;
}
const told = (): Told[] => receiver.bodies<Told>('/hook');
const line = ({ data: { because, firing, resolved } }: Told): string =>
  `${because}: ${firing.map(({ subject }) => subject).join(' ')} | ${resolved.map(({ subject }) => subject).join(' ')}`;

const typesOf = async (world: MonitoringWorld): Promise<string[]> =>
  (await world.records(TOPICS.notifications)).map(({ headers }) =>
    readEnvelope(headers).type.replace('monitoring.notification.', ''),
  );

const forward = (world: MonitoringWorld, seconds: number): void =>
  (world.clock as MovableClock).advance(seconds * 1_000);

it('gathers alerts, waits by ticks, and sends one signed message with values and offsets', async () => {
  const world = await make();
  await begin(world);
  await world.untilRecords(TOPICS.notifications, 0);
  await raise(world, 'hour', 0.1);
  await raise(world, 'amount', 0.4);
  forward(world, 10);
  await world.until('a message', () => Promise.resolve(told().length === 1));

  expect(told().map(line)).toEqual(['raised: amount hour | ']);
  const [{ data }] = told() as [Told];
  expect(data.firing[0]).toMatchObject({
    value: AlertRaised.sample.value,
    limit: AlertRaised.sample.limit,
    rows: AlertRaised.sample.rows,
    sources: AlertRaised.sample.sources,
    position: '0-1',
  });
  expect(data).not.toHaveProperty('target');
  expect(isGenuine(KEY, receiver.taken[0]!)).toBe(true);

  await end(world, 'amount');
  forward(world, 10);
  await world.until('the end', () => Promise.resolve(told().length === 2));
  forward(world, 3_600);
  await world.until('a repetition', () => Promise.resolve(told().length === 3));
  expect(told().map(line).slice(1)).toEqual(['resolved: hour | amount', 'repeated: hour | ']);
  await world.until('facts', async () => (await typesOf(world)).length === 6);
  expect((await typesOf(world)).sort()).toEqual(['delivered', 'delivered', 'delivered', 'due', 'due', 'due']);
});

it('sends nothing that a silence holds back, says so, and sends it when the silence is over', async () => {
  const world = await make();
  await begin(world);
  await world.untilRecords(TOPICS.notifications, 0);
  const until = new Date(world.clock.now() + 600_000).toISOString();
  await world.fact(TOPICS.monitoringInputs, AlertActionRequested, {
    request: 'r1',
    actor: 'ada',
    action: { do: 'silence', match: { subject: 'am*' }, until },
  });
  await world.untilRecords(TOPICS.alerts, 1);
  await raise(world, 'amount', 0.4);
  forward(world, 10);
  await world.until('a fact', async () => (await typesOf(world)).includes('silenced'));
  expect(told()).toEqual([]);
  forward(world, 600);
  await world.until('a message', () => Promise.resolve(told().length === 1));
});

it('waits for a target that is away, shows it, and holds up no other', async () => {
  const chat = (other = new Receiver());
  await chat.start();
  const world = await make({
    wait_ms: 0,
    to: [{ webhook: `${receiver.url}/hook`, secret: 'HOOK_KEY' }, { slack: `${chat.url}/chat` }],
  });
  await receiver.stop();
  await begin(world);
  await world.untilRecords(TOPICS.notifications, 0);
  await raise(world, 'amount', 0.4);
  await raise(world, 'hour', 0.1);
  await world.until('the other', () => Promise.resolve(chat.bodies('/chat').length === 2));
  await world.until('a failure', async () => (await typesOf(world)).includes('failed'));
  const failed = (await world.records(TOPICS.notifications)).find(
    ({ headers }) => readEnvelope(headers).type === 'monitoring.notification.failed',
  );
  expect(JSON.parse(String(failed!.value))).toMatchObject({ attempts: 1, final: false });
  await receiver.start();
  await world.until('both', () => Promise.resolve(told().length === 2));
  expect(told().map(line)).toEqual(['raised: amount | ', 'raised: amount hour | ']);
});

it('gives up what a target refuses, and sends the next one', async () => {
  const world = await make({ wait_ms: 0 });
  receiver.status = 404;
  await begin(world);
  await world.untilRecords(TOPICS.notifications, 0);
  await raise(world, 'amount', 0.4);
  await world.until('the last attempt', async () => {
    const values = await world.values<{ final?: boolean }>(TOPICS.notifications);
    return values.some(({ final }) => final === true);
  });
  expect(receiver.refused).toBe(5);
  receiver.status = 200;
  await raise(world, 'hour', 0.1);
  await world.until('the next', () => Promise.resolve(told().length === 1));
  expect(told().map(line)).toEqual(['raised: amount hour | ']);
});

it('loses nothing when every process dies at any moment, and sends a copy under the same name', async () => {
  const world = await make({ wait_ms: 0 });
  await begin(world);
  await world.untilRecords(TOPICS.notifications, 0);
  const crashes: MonitoringWorld[] = [];
  const subjects = ['a', 'b', 'c', 'd', 'e', 'f'];
  for (const subject of subjects) {
    await raise(world, subject, 0.1);
    crashes.push(await world.crashed());
    await world.ports.sleep(5);
  }
  await world.until('all', () => Promise.resolve(told().length === subjects.length));
  const whole = told().map(({ id, data }) => `${id} ${data.firing.length}`);
  for (const [n, crash] of crashes.entries()) {
    worlds.push(crash);
    receiver.taken.length = 0;
    await begin(crash);
    const due = async (): Promise<Set<string>> =>
      new Set(
        (await crash.records(TOPICS.notifications))
          .filter(({ headers }) => readEnvelope(headers).type === NotificationDue.type)
          .map(({ value }) => decodeEvent(NotificationDue, value).notification),
      );
    await crash.until('all that was due then', async () => {
      const delivered = (
        await crash.values<{ attempts?: number; notification: string; error?: string }>(TOPICS.notifications)
      )
        .filter(({ attempts, error }) => attempts !== undefined && error === undefined)
        .map(({ notification }) => notification);
      return (await due()).size === n + 1 && new Set(delivered).size === n + 1;
    });
    expect([...whole.slice(0, n + 1)]).toEqual(
      expect.arrayContaining(told().map(({ id, data }) => `${id} ${data.firing.length}`)),
    );
  }
});
