/** The online door in Feast's shape over the whole service; expected answers are those of Feast's feature server 0.67, but where it says so. */
import { START, PROJECT, StagesWorld } from '../stages.testing';
import { LatestVectors } from '#runtime';
import { OnlineFeaturesController } from './online-features.controller';
import { LatestParts } from './online/latest-parts';

interface Answer {
  readonly metadata: { readonly feature_names: string[]; readonly feature_view_metadata?: object[] };
  readonly results: { values: unknown[]; statuses: string[]; event_timestamps: string[] }[];
}

const TTL = PROJECT.replaceAll('stream: payments, entity: customer_id,', '$& ttl: 2h,');

let world: StagesWorld;
let door: OnlineFeaturesController;
let vectors: LatestVectors;
let parts: LatestParts;
const ask = async (body: unknown): Promise<{ status: number; body: unknown }> => {
  const { status, body: text } = await door.answer(body);
  return { status, body: JSON.parse(text) as unknown };
};
const values = async (body: object): Promise<Answer> => {
  const answer = await ask(body);
  expect(answer.status).toBe(200);
  return answer.body as Answer;
};
const at = (minute: number): string => new Date(START + minute * 60_000).toISOString().replace('.000Z', 'Z');
const NEVER = '1970-01-01T00:00:00Z';

beforeAll(async () => {
  world = await StagesWorld.make(TTL);
  await world.pay(0, 1, 1, 2);
  await world.pay(1, 1, 2, 0.5);
  await world.pay(2, null, 3, 7);
  await world.pay(0, 2, 4, 3);
  await world.begin();
  await world.until('all vectors', async () => (await world.vectors()).length === 4);
  const { log, namespace, clock } = world;
  const options = { log, namespace, sleep: world.ports.sleep };
  clock.advance(START + 63 * 60_000 - clock.now());
  vectors = new LatestVectors(options);
  parts = new LatestParts(options);
  door = new OnlineFeaturesController(world.services, vectors, parts, clock);
});
afterAll(async () => {
  await vectors.close();
  await parts.close();
  await world.stop();
});

it('answers each view by its own entity, in the order that was asked for', async () => {
  const answer = await values({
    features: ['traffic:terminal_1h', 'amounts:amount', 'traffic:terminal_sum_1h'],
    entities: { customer_id: ['C0', 'C2', 'nobody', 'C0'], terminal_id: ['T2', 'T1', 'T1', 'T9'] },
    include_feature_view_version_metadata: true,
  });
  expect(answer).toEqual({
    metadata: {
      feature_names: ['customer_id', 'terminal_id', 'terminal_1h', 'amount', 'terminal_sum_1h'],
      feature_view_metadata: [{ name: 'traffic' }, { name: 'amounts' }],
    },
    results: [
      {
        values: ['C0', 'C2', 'nobody', 'C0'],
        statuses: Array(4).fill('PRESENT'),
        event_timestamps: Array(4).fill(NEVER),
      },
      {
        values: ['T2', 'T1', 'T1', 'T9'],
        statuses: Array(4).fill('PRESENT'),
        event_timestamps: Array(4).fill(NEVER),
      },
      {
        values: [1, 2, 2, null],
        statuses: ['PRESENT', 'PRESENT', 'PRESENT', 'NOT_FOUND'],
        event_timestamps: [at(4), at(2), at(2), NEVER],
      },
      {
        values: [3, 7, null, 3],
        statuses: ['PRESENT', 'PRESENT', 'NOT_FOUND', 'PRESENT'],
        event_timestamps: [at(4), at(3), NEVER, at(4)],
      },
      {
        values: [3, 2.5, 2.5, null],
        statuses: ['PRESENT', 'PRESENT', 'PRESENT', 'NOT_FOUND'],
        event_timestamps: [at(4), at(2), at(2), NEVER],
      },
    ],
  });
});

it('answers a whole service; without its own key a view is as the newest event of the trigger saw it', async () => {
  const { metadata, results } = await values({
    feature_service: 'svc',
    entities: { customer_id: ['C1', 'C2'], colour: ['red', 'blue'] },
    full_feature_names: true,
  });
  const shown = metadata.feature_names.map((name, i) => [name, results[i]!.values, results[i]!.statuses[1]]);
  expect(shown).toEqual([
    ['customer_id', ['C1', 'C2'], 'PRESENT'],
    ['amounts__amount', [0.5, 7], 'PRESENT'],
    ['risk__risk_1d', [-1, -1], 'PRESENT'],
    ['risk__labels_1h', [0, 0], 'PRESENT'],
    ['spend__customer_1h', [1, 1], 'PRESENT'],
    ['traffic__same', [0.5, 7], 'PRESENT'],
    ['traffic__terminal_1h', [2, 0], 'PRESENT'],
    ['traffic__terminal_sum_1h', [2.5, 0], 'PRESENT'],
    ['reports__last_report', [null, null], 'NULL_VALUE'],
  ]);
});

it('writes a Float64 with a point and an Int64 without, as Python does', async () => {
  const body = { features: ['amounts:amount', 'spend:customer_1h'], entities: { customer_id: ['C2', 'C1'] } };
  const { body: text } = await door.answer(body);
  expect(text).toContain('"values":[7.0,0.5]');
  expect(text).toContain('"values":[1,1]');
});

it('says what is older than the ttl of its view', async () => {
  world.clock.advance(60 * 60_000);
  const { results } = await values({
    features: ['spend:customer_1h', 'traffic:terminal_1h'],
    entities: { customer_id: ['C0', 'C1', null], terminal_id: ['T1', 'T2', 'T9'] },
  });
  world.clock.advance(-60 * 60_000);
  expect(results.map(({ values, statuses }) => [values, statuses])).toEqual([
    [
      ['C0', 'C1', null],
      ['PRESENT', 'PRESENT', 'NULL_VALUE'],
    ],
    [
      ['T1', 'T2', 'T9'],
      ['PRESENT', 'PRESENT', 'PRESENT'],
    ],
    [
      [2, null, null],
      ['PRESENT', 'OUTSIDE_MAX_AGE', 'NOT_FOUND'],
    ],
    [
      [2, 1, null],
      ['PRESENT', 'PRESENT', 'NOT_FOUND'],
    ],
  ]);
});

const of = (body: object): object => ({ entities: { customer_id: ['C0'] }, ...body });

it.each([
  [
    404,
    'FeatureServiceNotFoundException',
    'Feature service nope does not exist',
    of({ feature_service: 'nope' }),
  ],
  [
    404,
    'FeatureViewNotFoundException',
    'Feature view nope does not exist',
    of({ features: ['nope:amount'] }),
  ],
  // Feast: 500 and a bare string.
  [
    404,
    'SpecifiedFeaturesNotPresentError',
    'Feature nope not found in amounts',
    of({ features: ['amounts:nope'] }),
  ],
  [400, 'FeastError', "Invalid feature reference 'amount'", of({ features: ['amount'] })],
  [
    400,
    'FeastError',
    "Version-qualified ref 'amounts@v1' not supported",
    of({ features: ['amounts@v1:amount'] }),
  ],
  [400, 'FeastError', 'No features specified for retrieval', of({})],
  [400, 'FeastError', 'No features specified for retrieval', of({ features: [] })],
  [
    400,
    'FeastError',
    'All entity rows must have the same columns',
    of({ features: ['amounts:amount'], entities: { customer_id: ['C0'], terminal_id: [] } }),
  ],
  [
    400,
    'FeastError',
    'Missing join key values for keys: customer_id, of amounts',
    of({ features: ['amounts:amount'], entities: { terminal_id: ['T1'] } }),
  ],
  [
    400,
    'FeastError',
    'Missing join key values for keys: customer_id',
    of({ feature_service: 'svc', entities: {} }),
  ],
  [
    400,
    'FeatureNameCollisionError',
    'Duplicate features named amount found.\nTo resolve',
    of({ features: ['amounts:amount', 'amounts:amount'] }),
  ],
])("refuses by %d as Feast's %s: %s", async (status, name, message, body) => {
  const answer = await ask(body);
  expect(answer.status).toBe(status);
  const detail = JSON.parse(answer.body as string) as Record<string, string>;
  expect(detail).toMatchObject({ module: 'feast.errors', class: name });
  expect(detail['message']).toContain(message);
});

it.each([
  [[], 'model_attributes_type', ['body']],
  [{ features: ['a:b'] }, 'missing', ['body', 'entities']],
  [of({ features: 'x' }), 'list_type', ['body', 'features']],
  [of({ features: [1] }), 'string_type', ['body', 'features', 0]],
  [{ features: ['a:b'], entities: { customer_id: '1' } }, 'list_type', ['body', 'entities', 'customer_id']],
  [
    { features: ['a:b'], entities: { customer_id: [[1]] } },
    'scalar_type',
    ['body', 'entities', 'customer_id', 0],
  ],
  [of({ feature_service: 3 }), 'string_type', ['body', 'feature_service']],
  [of({ features: ['a:b'], full_feature_names: 'so' }), 'bool_parsing', ['body', 'full_feature_names']],
])('answers 422 to %j, as FastAPI', async (body, type, loc) => {
  const answer = await ask(body);
  expect(answer.status).toBe(422);
  expect((answer.body as { detail: object[] }).detail).toEqual([expect.objectContaining({ type, loc })]);
});

it('takes @latest, no rows, and a name that every object has', async () => {
  const none = await values({ features: ['amounts@latest:amount'], entities: { customer_id: [] } });
  expect(none.results).toEqual(Array(2).fill({ values: [], statuses: [], event_timestamps: [] }));
  const odd = await values(
    of({ features: ['amounts:amount'], entities: { customer_id: ['__proto__', 'toString'] } }),
  );
  expect(odd.results[1]!.statuses).toEqual(['NOT_FOUND', 'NOT_FOUND']);
});
