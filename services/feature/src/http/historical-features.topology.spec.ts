import type { CommonConfig } from '#runtime';
import { DatasetWorld, HOUR, START, VECTORS } from '../dataset-world.testing';
import { followServices } from '../feature.topology';
import { HistoricalFeaturesController } from './historical-features.controller';

const iso = (hours: number): string => new Date(START + hours * HOUR).toISOString();

/** The door over a log with ten payments of two customers, an hour apart. */
const doorOf = async (world: DatasetWorld): Promise<HistoricalFeaturesController> => {
  await world.pay(
    Array.from({ length: 10 }, (_, n) => ({
      id: `tx-${n}`,
      partition: world.partitionOf(`c${n % 2}`),
      customer: `c${n % 2}`,
      amount: n,
      time: START + n * HOUR,
    })),
  );
  let door: HistoricalFeaturesController | undefined;
  await world.start((serviceLog) => {
    const services = followServices(serviceLog);
    door = new HistoricalFeaturesController(world.log, { namespace: 't' } as CommonConfig, services);
    return [{ start: () => services.start(), stop: () => services.stop() }];
  });
  return door!;
};

it('answers each row with what was known then; at the time of a payment that is its vector', async () => {
  const world = await DatasetWorld.make();
  const door = await doorOf(world);
  const vectors = await world.values<{
    entity: object;
    event_time: string;
    values: Record<string, number[]>;
  }>(VECTORS);
  const entity_rows = vectors.map(({ entity, event_time }) => ({ ...entity, event_timestamp: event_time }));
  const { rows, ...head } = (await door.historical('fraud', { entity_rows })) as {
    rows: Record<string, unknown>[];
  };
  expect(head).toEqual({ service: 'fraud', revision: '1', definition: world.digest });
  const { features } = world.compiled;
  expect(rows).toEqual(
    vectors.map(({ entity, event_time, values }) => ({
      ...entity,
      event_timestamp: event_time,
      ...Object.fromEntries(features.map((feature, i) => [feature, values['1']![i]])),
    })),
  );
  const only = { entity_rows: [{ customer_id: 'c1', event_timestamp: iso(2) }], features: ['tx_count_1d'] };
  expect(((await door.historical('fraud', only)) as { rows: unknown[] }).rows).toEqual([
    { customer_id: 'c1', event_timestamp: iso(2), tx_count_1d: 1 },
  ]);
  await world.stop();
});

it.each([
  ['no list', 'fraud', {}, '"entity_rows" must be a list'],
  ['no time', 'fraud', { entity_rows: [{ customer_id: 'c1' }] }, 'row 1 has no event_timestamp'],
  ['an unknown service', 'frod', { entity_rows: [] }, 'there is no feature service frod'],
  ...[1e99, 8.64e15 + 1, -1e15, '10000-01-01T00:00:00Z'].map((time): [string, string, object, string] => [
    `the time ${time}`,
    'fraud',
    { entity_rows: [{ customer_id: 'c1', event_timestamp: time }] },
    'which is no RFC 3339 time',
  ]),
  [
    'an unknown feature',
    'fraud',
    { entity_rows: [{ customer_id: 'c1', event_timestamp: iso(1) }], features: ['tx'] },
    'there is no feature tx; there are ',
  ],
  ['too many rows', 'fraud', { entity_rows: Array(10_001).fill({}) }, 'takes 10000'],
])('refuses %s', async (_, service, body, why) => {
  const world = await DatasetWorld.make();
  const door = await doorOf(world);
  await expect(door.historical(service, body)).rejects.toThrow(why);
  await world.stop();
});
