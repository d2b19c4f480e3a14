import { gzipSync } from 'node:zlib';
import { HEADERS, TOPICS } from '#contracts';
import { readTopic, type LogRecord } from '#eventlog';
import { startService, type RunningService } from '#runtime';
import { ownerOf } from '../domain/decide';
import { IngestionModule } from '../ingestion.module';
import type { IngestionConfig } from '../ingestion.config';
import { IngestionWorld, NAMESPACE, STREAM, at, testConfig } from '../ingestion.testing';
import { MAX_BODY_BYTES } from './event-body';

const config: IngestionConfig = {
  ...testConfig,
  maxQueuedBytes: 1 << 20,
  diskGuard: { path: undefined, minFreeBytes: 0 },
};
const TOPIC = `${NAMESPACE}.${TOPICS.inbox(STREAM)}`;

let world: IngestionWorld;
let service: RunningService;

beforeAll(async () => {
  world = await IngestionWorld.make();
  service = await startService({
    config,
    module: IngestionModule,
    ports: world.ports(),
    bodies: 'raw',
    bodyLimitBytes: MAX_BODY_BYTES,
  });
  while ((await fetch(`${service.url}/health/ready`)).status !== 200)
    await new Promise((resolve) => setTimeout(resolve, 5));
});
afterAll(() => service.stop());

interface Answer {
  readonly status: number;
  readonly body: {
    accepted?: number;
    rejected?: { index: number; code: string; message: string }[];
    positions?: { topic: string; partition: number; offset: number }[];
    error?: { code: string; message: string; details: unknown };
  };
}

const post = async (
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
  stream = STREAM,
): Promise<Answer> => {
  const answer = await fetch(`${service.url}/v1/streams/${stream}/events`, {
    method: 'POST',
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
};

const recordAt = async ({ partition, offset }: { partition: number; offset: number }): Promise<LogRecord> =>
  (await readTopic(world.log, TOPIC)).find(
    (record) => record.partition === partition && record.offset === offset,
  )!;

let ids = 0;
const payment = (members: object = {}): string =>
  JSON.stringify({ id: `e-${ids++}`, at: at(0), customer: 'c-1', amount: 1, ...members });
const HOME = ownerOf('c-1', 3);

it('appends an object with its bytes, key and owner, and says where', async () => {
  const value = ` {"id":"spaced",  "at":"${at(0)}","customer":"c-1","amount":1.0} `;
  const { status, body } = await post(value);
  expect([status, body]).toEqual([
    200,
    {
      accepted: 1,
      rejected: [],
      positions: [{ topic: TOPIC, partition: HOME, offset: expect.any(Number) as number }],
    },
  ]);
  const record = await recordAt(body.positions![0]!);
  expect([String(record.value), String(record.key), record.headers.text(HEADERS.contentType)]).toEqual([
    value.trim(),
    'c-1',
    'application/json',
  ]);
});

it('appends every record of an array, valid or not, and names the bad ones', async () => {
  const before = (await readTopic(world.log, TOPIC)).length;
  const { status, body } = await post(`[${payment()}, {bad}, 7, ${payment({ amount: -1 })}, ${payment()}]`);
  expect(status).toBe(200);
  expect(body.accepted).toBe(2);
  expect(body.rejected!.map(({ index, code }) => [index, code])).toEqual([
    [1, 'NOT_JSON'],
    [2, 'NOT_AN_OBJECT'],
    [3, 'OUT_OF_RANGE'],
  ]);
  expect(body.positions).toHaveLength(5);
  expect((await readTopic(world.log, TOPIC)).length).toBe(before + 5);
  expect(String((await recordAt(body.positions![1]!)).value)).toBe('{bad}');
});

it('takes lines, gzip, and CloudEvents in each of their forms', async () => {
  expect(
    (await post(`${payment()}\n\n${payment()}\n`, { 'content-type': 'application/x-ndjson' })).body.accepted,
  ).toBe(2);
  expect(
    (await post(gzipSync(payment()), { 'content-type': 'application/json', 'content-encoding': 'gzip' })).body
      .accepted,
  ).toBe(1);
  const event = (): object => ({
    specversion: '1.0',
    id: 'x',
    source: '/s',
    type: 't',
    data: JSON.parse(payment()) as object,
  });
  const structured = await post(JSON.stringify(event()), { 'content-type': 'application/cloudevents+json' });
  expect((await recordAt(structured.body.positions![0]!)).headers.text(HEADERS.contentType)).toBe(
    'application/cloudevents+json',
  );
  expect(
    (await post(JSON.stringify([event(), event()]), { 'content-type': 'application/cloudevents-batch+json' }))
      .body.accepted,
  ).toBe(2);
  const binary = await post(payment(), {
    'content-type': 'application/json',
    'ce-specversion': '1.0',
    'ce-id': '1',
    'ce-source': '/s',
    'ce-type': 't',
    traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  });
  const record = await recordAt(binary.body.positions![0]!);
  expect([record.headers.text('ce_id'), record.headers.text(HEADERS.traceparent)]).toEqual([
    '1',
    `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  ]);
});

it('answers 400 when all are bad, and keeps them', async () => {
  const { status, body } = await post(`[${payment({ amount: 'x' })}]`);
  expect(status).toBe(400);
  expect(body).toMatchObject({
    error: { code: 'PLAYHEAD_INGEST_REFUSED' },
    accepted: 0,
    rejected: [{ index: 0, code: 'WRONG_TYPE' }],
    positions: [{ topic: TOPIC }],
  });
});

it.each<[string, number, string, string | Buffer, Record<string, string>?, string?]>([
  ['no JSON', 400, 'PLAYHEAD_REQUEST_INVALID', '{"a":'],
  ['nothing', 400, 'PLAYHEAD_REQUEST_INVALID', ''],
  ['an unknown stream', 404, 'PLAYHEAD_NOT_FOUND', '{}', undefined, 'nobody'],
  ['a large event', 413, 'PLAYHEAD_REQUEST_TOO_LARGE', JSON.stringify('x'.repeat(1_000_000))],
  ['a large body', 413, 'PLAYHEAD_REQUEST_TOO_LARGE', Buffer.alloc(MAX_BODY_BYTES + 1, ' ')],
  [
    'a gzip bomb',
    413,
    'PLAYHEAD_REQUEST_TOO_LARGE',
    gzipSync(Buffer.alloc(MAX_BODY_BYTES + 1)),
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  ],
  [
    'no gzip',
    400,
    'PLAYHEAD_REQUEST_INVALID',
    'x',
    { 'content-type': 'application/json', 'content-encoding': 'gzip' },
  ],
  [
    'another encoding',
    415,
    'PLAYHEAD_REQUEST_MEDIA_TYPE',
    'x',
    { 'content-type': 'application/json', 'content-encoding': 'br' },
  ],
  ['another content type', 415, 'PLAYHEAD_REQUEST_MEDIA_TYPE', 'a,b', { 'content-type': 'text/csv' }],
])(
  'refuses %s with %d %s and appends nothing',
  async (_, status, code, body, headers = { 'content-type': 'application/json' }, stream = STREAM) => {
    const before = (await readTopic(world.log, TOPIC)).length;
    const answer = await post(body, headers, stream);
    expect([answer.status, answer.body.error?.code]).toEqual([status, code]);
    expect((await readTopic(world.log, TOPIC)).length).toBe(before);
  },
);

it('takes an empty array for what it is', async () => {
  expect(await post('[]')).toEqual({ status: 200, body: { accepted: 0, rejected: [], positions: [] } });
});

it('spreads what has no key over the partitions', async () => {
  const partitions = new Set<number>();
  for (let i = 0; i < 3; i++) partitions.add((await post('{}')).body.positions![0]!.partition);
  expect(partitions.size).toBe(3);
});

it('never says yes without durability', async () => {
  world.log.injectFault(() => 'append-then-fail');
  const lost = await post(payment());
  world.log.injectFault(() => 'append');
  expect([lost.status, lost.body.error?.code]).toEqual([503, 'PLAYHEAD_LOG_UNAVAILABLE']);
  expect((await post(payment())).status).toBe(200);
});

it('tells of its streams, their records and watermarks', async () => {
  const list = (await (await fetch(`${service.url}/v1/streams`)).json()) as { streams: object[] };
  expect(list.streams).toMatchObject([{ name: STREAM, revision: '1', partitions: 3, key: 'customer' }]);
  const read = async () =>
    (await (await fetch(`${service.url}/v1/streams/${STREAM}`)).json()) as {
      counts: Record<string, number>;
      watermarks: Record<string, string>;
    };
  let one = await read();
  while (one.counts['observations'] === 0 || Object.keys(one.watermarks).length === 0) one = await read();
  expect(one.counts['inbox']).toBe((await readTopic(world.log, TOPIC)).length);
  expect(one.watermarks).toEqual({ [HOME]: at(0) });
  expect((await fetch(`${service.url}/v1/streams/nobody`)).status).toBe(404);
  expect(await (await fetch(`${service.url}/metrics`)).text()).toContain(
    'playhead_ingestion_rejections_total{stream="payments",code="OUT_OF_RANGE"} 1',
  );
});

it('describes its doors', async () => {
  const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as {
    paths: Record<string, unknown>;
  };
  expect(Object.keys(document.paths)).toEqual(
    expect.arrayContaining(['/v1/streams/{stream}/events', '/v1/streams', '/v1/streams/{stream}']),
  );
});

it('knows a stream that was applied a moment ago', async () => {
  await world.apply(
    {
      key: 'k',
      id: 'k',
      time: 't',
      partitions: 1,
      fields: { k: { type: 'string' }, t: { type: 'timestamp' } },
    },
    'fresh',
  );
  expect(
    (await post(JSON.stringify({ k: '1', t: at(0) }), { 'content-type': 'application/json' }, 'fresh'))
      .status,
  ).toBe(200);
});

describe('dead letters', () => {
  const ask = async (
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }> => {
    const answer = await fetch(`${service.url}/v1/dead-letters${path}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const REJECTIONS = TOPICS.rejections(STREAM);
  const positionOf = async (id: string): Promise<string> => {
    for (;;) {
      const { letters } = (await ask(`?source=${REJECTIONS}&limit=1000`)).body as {
        letters: { position: string; code: string }[];
      };
      for (const { position, code } of letters) {
        const { raw } = (await ask(`/${REJECTIONS}/${position}`)).body as { raw: string };
        if (code !== 'DUPLICATE' && Buffer.from(raw, 'base64').toString().includes(`"${id}"`))
          return position;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };

  it('are shown with reason and bytes, and go into their inbox again by one request', async () => {
    const value = payment({ amount: 'much' });
    const { id } = JSON.parse(value) as { id: string };
    await post(value);
    const position = await positionOf(id);
    expect((await ask(`/${REJECTIONS}/${position}`)).body).toMatchObject({
      topic: REJECTIONS,
      position,
      raw: Buffer.from(value).toString('base64'),
      bytes: value.length,
    });
    const { status, body } = await ask(`/${REJECTIONS}/redrive`, { positions: [position] });
    expect([status, body]).toEqual([
      200,
      {
        topic: REJECTIONS,
        redriven: 1,
        positions: [{ topic: TOPICS.inbox(STREAM), partition: HOME, offset: expect.any(Number) as number }],
        refused: [],
      },
    ]);
    const [at] = (body as { positions: { partition: number; offset: number }[] }).positions;
    const again = await recordAt(at!);
    expect([String(again.value), again.headers.text(HEADERS.redrivenFrom)]).toEqual([
      value,
      `${REJECTIONS}/${position}`,
    ]);
  });

  it.each<[string, unknown, number, string]>([
    ['/feature/redrive', { all: true }, 409, 'replay the range'],
    ['/nothing/redrive', { all: true }, 400, 'neither a service'],
    [`/${REJECTIONS}/redrive`, {}, 400, 'say which'],
    [`/${REJECTIONS}/redrive`, [], 400, 'a JSON object'],
    [`/${REJECTIONS}/redrive`, { position: '0-3' }, 400, 'there is no `position`'],
    [`/${REJECTIONS}/redrive`, { positions: ['0-99999'] }, 404, 'has nothing at 0-99999'],
    ['?limit=0', undefined, 400, 'limit is a whole number'],
  ])('%s %j is answered with %s', async (path, body, status, message) => {
    const answer = await ask(path, body);
    expect([answer.status, JSON.stringify(answer.body)]).toEqual([status, expect.stringContaining(message)]);
  });
});
