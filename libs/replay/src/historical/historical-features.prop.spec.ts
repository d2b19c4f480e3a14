import fc from 'fast-check';
import { TOPICS, compileProject, loadDefinitions, type CompiledFeatureService } from '#contracts';
import { partitionOf } from '#kernel';
import { ServiceWorld } from '#testing';
import { parseEntityRows } from './entity-rows';
import { historicalFeatures } from './historical-features';
import { latestEventTime } from './latest-event-time';

const HOUR = 3_600_000;
const START = Date.parse('2026-01-01T00:00:00.000Z');
const PARTITIONS = 2;
const OBSERVATIONS = TOPICS.observations('payments');

const projectOf = (ttl = ''): string => `
kind: Stream
name: payments
spec:
  key: customer
  id: id
  time: at
  partitions: ${PARTITIONS}
  fields: { id: {type: string}, at: {type: timestamp}, customer: {type: string}, amount: {type: number, decimals: 2} }
---
kind: FeatureView
name: spend
spec:
  stream: payments
  entity: customer
  ${ttl}
  features:
    - { name: amount, value: amount }
    - { name: count_3h, aggregate: count, window: 3h }
    - { name: sum_9h, aggregate: sum, of: amount, window: 9h }
    - { name: max_ever, aggregate: max, of: amount }
---
kind: FeatureService
name: spend
spec: { trigger: payments, views: [spend] }
`;

const serviceOf = (ttl?: string): CompiledFeatureService => {
  const { project } = loadDefinitions([{ path: 'p.yaml', text: projectOf(ttl) }]);
  return compileProject(project, '1').find(({ kind }) => kind === 'FeatureService')!
    .compiled as CompiledFeatureService;
};

interface Payment {
  readonly customer: string;
  readonly time: number;
  readonly cents: number;
}

const worldOf = async (payments: readonly Payment[]): Promise<ServiceWorld> => {
  const world = new ServiceWorld('feature');
  await world.topics(1, TOPICS.deadLetters('feature'));
  await world.topics(PARTITIONS, OBSERVATIONS);
  for (const [n, { customer, time, cents }] of payments.entries()) {
    const at = new Date(time).toISOString();
    const event = { id: `p-${n}`, at, customer, amount: cents / 100 };
    const partition = partitionOf(Buffer.from(customer), PARTITIONS);
    await world.raw(OBSERVATIONS, Buffer.from(JSON.stringify(event)), {
      partition,
      key: customer,
      id: `${partition}-${n}`,
      time: at,
    });
  }
  return world;
};

/** For each row: all records of the partition before the first later one, looked through. */
const bruteForce = (payments: readonly Payment[], customer: string, time: number): (number | null)[] => {
  const partition = (key: string): number => partitionOf(Buffer.from(key), PARTITIONS);
  const onPartition = payments.filter((each) => partition(each.customer) === partition(customer));
  const later = onPartition.findIndex((each) => each.time > time);
  const known = onPartition
    .slice(0, later < 0 ? undefined : later)
    .filter((each) => each.customer === customer);
  const within = (hours: number): Payment[] => known.filter((each) => each.time > time - hours * HOUR);
  const newest = known.reduce<Payment | undefined>(
    (best, each) => (best && best.time > each.time ? best : each),
    undefined,
  );
  const cents = within(9).reduce((sum, each) => sum + each.cents, 0);
  return [
    newest ? newest.cents / 100 : null,
    within(3).length,
    cents / 100,
    known.length === 0 ? null : Math.max(...known.map((each) => each.cents)) / 100,
  ];
};

const times = fc.integer({ min: 0, max: 30 }).map((hours) => START + hours * HOUR);
const customers = fc.constantFrom('a', 'b', 'c', 'd');
const payment = fc.record({ customer: customers, time: times, cents: fc.nat(10_000) });
const row = fc.record({ customer: fc.oneof(customers, fc.constant('nobody')), time: times });

it('answers each row with what was known then, in whatever order rows and records come', async () => {
  const service = serviceOf();
  await fc.assert(
    fc.asyncProperty(
      fc.array(payment, { maxLength: 40 }),
      fc.array(row, { maxLength: 12 }),
      async (payments, rows) => {
        const { log, namespace } = await worldOf(payments);
        const asked = rows.map(({ customer, time }) => ({ keys: { customer }, time }));
        const { features, values } = await historicalFeatures({ log, namespace, service, rows: asked });
        expect(features).toEqual(['amount', 'count_3h', 'sum_9h', 'max_ever']);
        expect(values).toEqual(rows.map(({ customer, time }) => bruteForce(payments, customer, time)));
      },
    ),
    { numRuns: 60 },
  );
});

describe('of a few payments', () => {
  const payments = [
    { customer: 'a', time: START, cents: 100 },
    { customer: 'a', time: START + 5 * HOUR, cents: 200 },
    { customer: 'a', time: START + HOUR, cents: 400 },
    { customer: 'a', time: START + 6 * HOUR, cents: 800 },
  ];

  it('does not know at a time what came late behind a later event', async () => {
    const { log, namespace } = await worldOf(payments);
    const sum = async (hours: number): Promise<number | null> => {
      const rows = [{ keys: { customer: 'a' }, time: START + hours * HOUR }];
      const service = serviceOf();
      return (await historicalFeatures({ log, namespace, service, rows, features: ['spend:sum_9h'] }))
        .values[0]![0]!;
    };
    expect([await sum(2), await sum(5), await sum(6)]).toEqual([1, 7, 15]);
  });

  it('as of a position is the fold up to it', async () => {
    const world = await worldOf(payments);
    const { log, namespace } = world;
    const partition = partitionOf(Buffer.from('a'), PARTITIONS);
    const time = await latestEventTime(world, OBSERVATIONS, { partition, offset: 1 });
    expect(time).toBe(START + 5 * HOUR);
    const rows = [{ keys: { customer: 'a' }, time }];
    const upTo = new Map([[partition, 2]]);
    const { values, read } = await historicalFeatures({ log, namespace, service: serviceOf(), rows, upTo });
    expect(values).toEqual([[2, 1, 3, 2]]);
    expect(read).toBe(2);
    await expect(latestEventTime(world, OBSERVATIONS, { partition, offset: 4 })).rejects.toThrow(
      `there is no record ${partition}-4 on ${OBSERVATIONS}`,
    );
  });

  it('folds only who is asked about, unless entities are forgotten by the clock of all', async () => {
    const { log, namespace } = await worldOf(payments);
    const neighbour = ['e', 'f', 'g', 'h'].find(
      (name) => partitionOf(Buffer.from(name), PARTITIONS) === partitionOf(Buffer.from('a'), PARTITIONS),
    )!;
    const time = START + 9 * HOUR;
    const rows = [neighbour, null].map((customer) => ({ keys: { customer }, time }));
    const folded = async (ttl?: string): Promise<number> =>
      (await historicalFeatures({ log, namespace, service: serviceOf(ttl), rows })).folded;
    expect(await folded()).toBe(0);
    expect(await folded('ttl: 30d')).toBe(4);
  });

  it('refuses a hole', async () => {
    const world = await worldOf(payments);
    const { log, namespace } = world;
    const partition = partitionOf(Buffer.from('a'), PARTITIONS);
    await world.log.deleteRecords({ topic: world.topic(OBSERVATIONS), partition }, 1);
    const rows = [{ keys: { customer: 'a' }, time: START }];
    await expect(historicalFeatures({ log, namespace, service: serviceOf(), rows })).rejects.toMatchObject({
      code: 'PLAYHEAD_LOG_HOLE',
    });
  });
});

it.each([
  [{ customer: 'a' }, 'row 1 has no event_timestamp'],
  [
    { customer: 'a', event_timestamp: 'May' },
    'row 1 has the event_timestamp "May", which is no RFC 3339 time',
  ],
  [{ event_timestamp: '2026-01-01T00:00:00Z' }, 'row 1 has no customer'],
])('refuses %j', (input, why) => {
  expect(() => parseEntityRows([input], serviceOf())).toThrow(why);
});

it('takes keys in their canonical form', () => {
  const input = { customer: 4961, event_timestamp: '2026-01-01T01:00:00+01:00', note: 'left alone' };
  expect(parseEntityRows([input], serviceOf())).toEqual([{ keys: { customer: '4961' }, time: START }]);
});
