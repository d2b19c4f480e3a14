import { HEADERS, TOPICS } from '#contracts';
import { checksumOf } from '#eventlog';
import {
  IngestionWorld,
  PAYMENTS,
  STREAM,
  at,
  customerOf,
  type RunningIngestion,
  type SentRecord,
} from './ingestion.testing';

const HOME = customerOf(0);
const payment = (id: string, members: object = {}): string =>
  JSON.stringify({ id, at: at(0), customer: HOME, amount: 12.5, ...members });
const sent = (value: SentRecord['value'], more: Partial<SentRecord> = {}): SentRecord => ({
  partition: 0,
  value,
  ...more,
});
const structured = (data: unknown): SentRecord =>
  sent(JSON.stringify({ specversion: '1.0', id: 'x', source: '/s', type: 't', data }), {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
  });

let world: IngestionWorld;
let running: RunningIngestion;

beforeEach(async () => {
  world = await IngestionWorld.make();
  running = await world.start();
});
afterEach(() => running.stop());

const outcomesOf = async (...records: readonly SentRecord[]): Promise<Record<string, string>> => {
  await world.send(...records);
  await running.settled();
  expect(await world.conservation()).toMatchObject({ ok: true, repeated: 0, faults: [] });
  expect(world.failures).toEqual([]);
  return world.outcomes();
};

it('writes the observation with its envelope', async () => {
  await outcomesOf(
    sent(payment('e-1', { unknown: [1], at: Date.parse(at(0)) }), {
      key: 'whatever',
      headers: { traceparent: '00-1-2-01', other: 'x' },
    }),
  );
  const [observation] = await world.observations();
  expect(String(observation!.key)).toBe(HOME);
  expect(JSON.parse(String(observation!.value))).toEqual({
    id: 'e-1',
    at: at(0),
    customer: HOME,
    amount: 12.5,
    note: null,
  });
  const [inbox] = await world.records(TOPICS.inbox);
  expect(
    Object.fromEntries(observation!.headers.entries().map(([name, value]) => [name, String(value)])),
  ).toEqual({
    ce_specversion: '1.0',
    ce_type: 'ingestion.observation.recorded',
    ce_source: `ingestion.inbox.${STREAM}`,
    'content-type': 'application/json',
    ce_id: '0-0',
    ce_time: at(0),
    ph_control: '0',
    ph_source_crc: checksumOf(inbox!.value),
    traceparent: '00-1-2-01',
  });
});

it('carries no header of the sender that could make the observation too large for its topic', async () => {
  const headers = { traceparent: '0'.repeat(200_000), ce_correlationid: 'c'.repeat(1_000) };
  await outcomesOf(sent(payment('e-1'), { headers }));
  const [observation] = await world.observations();
  expect(observation!.headers.text(HEADERS.traceparent)).toBeUndefined();
  expect(observation!.headers.text(HEADERS.correlationId)).toBe(headers.ce_correlationid);
});

it('writes the rejection with what was sent', async () => {
  const raw = payment('e-1', { amount: -1 });
  await outcomesOf(sent(raw, { key: 'k' }));
  expect(await world.rejections()).toEqual([
    {
      code: 'OUT_OF_RANGE',
      message: expect.stringContaining('amount') as unknown,
      field: 'amount',
      raw: Buffer.from(raw).toString('base64'),
      origin: '0-0',
    },
  ]);
  const [rejection] = await world.records(TOPICS.rejections);
  expect([
    String(rejection!.key),
    rejection!.headers.text(HEADERS.id),
    rejection!.headers.text(HEADERS.type),
  ]).toEqual(['k', '0-0', 'ingestion.record.rejected']);
});

it('gives each broken rule its reason, and the good record behind it comes out', async () => {
  const bomb = `{"id":"e-9","a":${'['.repeat(400_000)}${']'.repeat(400_000)}}`;
  const manyHeaders = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, n) => [`h-${n}`, 'x'.repeat(100)]),
  );
  const records: [string, SentRecord][] = [
    ['observation', sent(payment('e-0'))],
    ['NOT_JSON', sent('{"id":')],
    ['NO_VALUE', sent(null)],
    ['NOT_UTF8', sent(Buffer.from([0x22, 0xff, 0x22]))],
    ['NOT_AN_OBJECT', sent('[1]')],
    ['MISSING_FIELD', sent(payment('e-1', { amount: undefined }))],
    ['WRONG_TYPE', sent(payment('e-1', { amount: '12' }))],
    ['OUT_OF_RANGE', sent(payment('e-1', { amount: 1_001 }))],
    ['RULE_FAILED', sent(payment('e-1', { amount: 950 }))],
    ['TOO_EARLY', sent(payment('e-1', { at: '9999-01-01T00:00:00Z' }))],
    ['TOO_LATE', sent(payment('e-1', { at: at(-3) }))],
    ['DUPLICATE', sent(payment('e-0'))],
    ['MISSING_FIELD', sent('{"__proto__":{"id":"e-1"},"constructor":{"prototype":{"amount":1}}}')],
    ['MISSING_FIELD', sent(bomb)],
    ['NOT_JSON', sent('['.repeat(900_000))],
    ['observation', sent(payment('e-2', { unknown: 'x'.repeat(900_000) }))],
    ['observation', sent(payment('e-3', { note: 'y'.repeat(900_000) }))],
    ['observation', sent(payment('e-4'), { headers: manyHeaders })],
    ['NOT_JSON', sent('no', { headers: manyHeaders })],
    ['TOO_LONG', sent(payment('e-5', { customer: 'k'.repeat(1_001) }))],
    ['NO_KEY', sent(payment('e-5', { customer: '' }))],
    ['TOO_LARGE', sent(payment('e-5', { note: '\u{1D160}'.repeat(240_000) }))],
    ['observation', structured(JSON.parse(payment('e-6')))],
    ['CLOUDEVENT_WITHOUT_EVENT', structured('text')],
    ['MISSING_FIELD', structured({ id: 'e-7' })],
    [
      'observation',
      sent(payment('e-8'), {
        headers: {
          ce_specversion: '1.0',
          ce_id: 'x',
          ce_type: 't',
          ce_source: '/s',
          'content-type': 'application/json',
        },
      }),
    ],
    ['observation', sent(payment('last'))],
  ];
  expect(await outcomesOf(...records.map(([, record]) => record))).toEqual(
    Object.fromEntries(records.map(([code], n) => [`0-${n}`, code])),
  );
});

it('sets a batch aside that nobody can decode', async () => {
  await world.send(sent(payment('e-0')));
  world.log.appendUnreadable(
    { topic: `t.${TOPICS.inbox(STREAM)}`, partition: 0 },
    { reason: 'CODEC_UNSUPPORTED', message: 'zstd', raw: Buffer.from('zzz'), count: 3 },
  );
  expect(await outcomesOf(sent(payment('e-1')))).toEqual({
    '0-0': 'observation',
    '0-1..3': 'CODEC_UNSUPPORTED',
    '0-4': 'observation',
  });
  expect(await world.conservation()).toMatchObject({ inbox: 5, observations: 2, deadLetters: 3 });
});

it('moves what stands in a wrong partition, with its key, bytes and headers, and decides it there', async () => {
  const value = payment('e-1', { note: null });
  await outcomesOf(
    sent(value, { partition: 1, key: 'odd', headers: { a: '1', ph_moved_from: '2-99' } }),
    sent(payment('e-2', { amount: -1 }), { partition: 2 }),
  );
  expect(await world.outcomes()).toEqual({
    '1-0': 'moved',
    '2-0': 'moved',
    '0-0': expect.any(String) as unknown,
    '0-1': expect.any(String) as unknown,
  });
  expect(Object.values(await world.outcomes()).sort()).toEqual([
    'OUT_OF_RANGE',
    'moved',
    'moved',
    'observation',
  ]);
  const copy = (await world.records(TOPICS.inbox)).find(
    ({ headers }) => headers.text(HEADERS.movedFrom) === '1-0',
  )!;
  expect([
    String(copy.key),
    String(copy.value),
    copy.headers.entries().map(([name, text]) => [name, String(text)]),
  ]).toEqual([
    'odd',
    value,
    [
      ['a', '1'],
      ['ph_moved_from', '1-0'],
    ],
  ]);
  const [observation] = await world.observations();
  expect(observation!.headers.text(HEADERS.movedFrom)).toBe('1-0');
});

it('judges the lateness of a moved record where it was found', async () => {
  await outcomesOf(
    sent(payment('ahead', { at: at(0) })),
    sent(payment('e-1', { at: at(-3) }), { partition: 1 }),
  );
  expect(await world.outcomes()).toEqual({ '0-0': 'observation', '1-0': 'moved', '0-1': 'observation' });
  await outcomesOf(
    sent(JSON.stringify({ id: 'own', at: at(0), customer: customerOf(1), amount: 1 }), { partition: 1 }),
  );
  expect((await outcomesOf(sent(payment('e-2', { at: at(-3) }), { partition: 1 })))['1-2']).toBe('TOO_LATE');
});

it('drops a copy that was moved twice, and believes no header that names nothing or other bytes', async () => {
  const value = payment('e-1', { at: at(-3) });
  await outcomesOf(sent(payment('ahead')), sent(value, { partition: 1 }));
  await outcomesOf(sent(value, { headers: { ph_moved_from: '1-0' } }));
  expect((await world.outcomes())['0-2']).toBe('DUPLICATE');
  expect((await world.rejections()).at(-1)!.message).toMatch(/moved here before/);
  const late = payment('e-2', { at: at(-3) });
  const forged = ['1-0', '1-77', '7-0', '0-0', 'nonsense'].map((from) =>
    sent(late, { headers: { ph_moved_from: from } }),
  );
  const outcomes = await outcomesOf(...forged);
  expect(forged.map((_, n) => outcomes[`0-${n + 3}`])).toEqual(forged.map(() => 'TOO_LATE'));
});

it('lets a rejection or dead letter that is driven again pass dedupe and lateness once', async () => {
  const late = payment('e-1', { at: at(-3) });
  await outcomesOf(sent(payment('ahead')), sent(late));
  const again = sent(late, { headers: { ph_redriven_from: `ingestion.rejections.${STREAM}/0-0` } });
  const other = sent(payment('e-3', { at: at(-3) }), {
    headers: { ph_redriven_from: `ingestion.rejections.${STREAM}/0-0` },
  });
  const outcomes = await outcomesOf(again, again, other);
  expect([outcomes['0-2'], outcomes['0-3'], outcomes['0-4']]).toEqual([
    'observation',
    'DUPLICATE',
    'TOO_LATE',
  ]);
});

it('decides under the revision in force and says which', async () => {
  await outcomesOf(sent(payment('e-1', { amount: 500 })));
  await world.apply({ ...PAYMENTS, fields: { ...PAYMENTS.fields, amount: { type: 'number', max: 100 } } });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(await outcomesOf(sent(payment('e-2', { amount: 500 })))).toEqual({
    '0-0': 'observation',
    '0-1': 'OUT_OF_RANGE',
  });
  const [rejection] = await world.records(TOPICS.rejections);
  expect(rejection!.headers.text(HEADERS.control)).toBe('1');
});

it('remembers ids, watermark, jumps and moves over a restart, with and without a snapshot', async () => {
  await outcomesOf(
    sent(payment('e-1')),
    sent(payment('far', { at: at(-50) }), { partition: 1 }),
    sent(JSON.stringify({ id: 'old', at: at(-48), customer: customerOf(2), amount: 1 }), { partition: 2 }),
    sent(JSON.stringify({ id: 'jump', at: at(0), customer: customerOf(2), amount: 1 }), { partition: 2 }),
  );
  await running.stop();
  running = await world.start();
  const after = [
    sent(payment('e-1')),
    sent(payment('e-2', { at: at(-3) })),
    sent(payment('far', { at: at(-50) }), { headers: { ph_moved_from: '1-0' } }),
    sent(JSON.stringify({ id: 'jump-2', at: at(0), customer: customerOf(2), amount: 1 }), { partition: 2 }),
    sent(JSON.stringify({ id: 'old-2', at: at(-48), customer: customerOf(2), amount: 1 }), { partition: 2 }),
  ];
  const outcomes = await outcomesOf(...after);
  expect(['0-2', '0-3', '0-4', '2-2', '2-3'].map((position) => outcomes[position])).toEqual([
    'DUPLICATE',
    'TOO_LATE',
    'DUPLICATE',
    'observation',
    'TOO_LATE',
  ]);
  expect((await world.records(() => TOPICS.snapshots('ingestion'))).length).toBeGreaterThan(0);
});
