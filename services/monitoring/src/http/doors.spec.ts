import { RecordRejected, TOPICS } from '#contracts';
import { startService, type RunningService } from '#runtime';
import { DAY, MonitoringWorld, START, paymentsOf } from '../monitoring.testing';
import type { MonitoringConfig } from '../monitoring.config';
import { MonitoringModule } from '../monitoring.module';
import { LiveEvents } from './live-events.testing';

const DOORS = {
  ingestion: 'http://127.0.0.1:7001',
  feature: 'http://127.0.0.1:7002',
  training: 'http://127.0.0.1:7003',
  registry: 'http://127.0.0.1:7004',
  serving: 'http://127.0.0.1:7005',
  monitoring: 'http://127.0.0.1:7006',
};

jest.setTimeout(30_000);

let world: MonitoringWorld;
let service: RunningService;

interface Overview {
  readonly topics: readonly { readonly topic: string; readonly records: number }[];
  readonly deployments: readonly { readonly last: unknown }[];
}

const ask = async <T>(path: string): Promise<{ status: number; body: T }> => {
  const answer = await fetch(`${service.url}${path}`);
  return { status: answer.status, body: (await answer.json()) as T };
};

beforeAll(async () => {
  world = await MonitoringWorld.make(paymentsOf({ seed: 1, days: 1, perDay: 3_000 }));
  await world.deploy();
  const config: MonitoringConfig = {
    service: 'monitoring',
    namespace: world.namespace,
    instance: 'test',
    host: '127.0.0.1',
    port: 0,
    consoleOrigins: [],
    logLevel: 'silent',
    brokers: [],
    tickMs: 20,
    smtp: { url: null, from: 'playhead@localhost' },
    replays: { directory: '.', workers: 1 },
    doors: DOORS,
  };
  service = await startService({ config, ports: world.ports, module: MonitoringModule });
  const rows = paymentsOf({ seed: 2, days: 4, perDay: 300, driftFrom: 2 });
  await world.predict(rows);
  await world.label(rows);
  await world.until(
    'reports',
    async () =>
      (await ask<{ reports?: unknown[] }>('/v1/deployments/fraud/reports')).body.reports?.length === 3,
  );
  await world.until(
    'alert',
    async () => (await ask<{ alerts: unknown[] }>('/v1/alerts')).body.alerts.length > 0,
  );
});

afterAll(async () => {
  await service.stop();
});

it('counts the records of every topic and says how each deployment did last', async () => {
  const { status, body } = await ask<Overview>('/v1/overview');
  expect(status).toBe(200);
  const counts = new Map(body.topics.map(({ topic, records }) => [topic, records]));
  expect(
    [TOPICS.vectors('fraud'), TOPICS.predictions('fraud'), TOPICS.deployments].map((topic) =>
      counts.get(topic),
    ),
  ).toEqual([1_200, 1_200, 1]);
  expect(body.deployments).toMatchObject([
    {
      deployment: 'fraud',
      model: 'fraud',
      task: 'binary',
      state: 'active',
      threshold: 0.5,
      version: 1,
      monitor: null,
      window_ms: DAY,
      drift_threshold: 0.2,
      last: { window: { start: new Date(START + 2 * DAY).toISOString() } },
    },
  ]);
});

it('gives the windows of a deployment, the newest first, and refuses what it does not know', async () => {
  const { body } = await ask<{ reports: { window: { start: string } }[] }>(
    '/v1/deployments/fraud/reports?limit=2',
  );
  expect(body.reports.map(({ window }) => window.start.slice(0, 10))).toEqual(['2026-03-03', '2026-03-02']);
  expect(await ask('/v1/deployments/unknown/reports')).toMatchObject({
    status: 404,
    body: { error: { code: 'PLAYHEAD_NOT_FOUND' } },
  });
  expect(await ask('/v1/deployments/fraud/reports?limit=0')).toMatchObject({
    status: 400,
    body: { error: { code: 'PLAYHEAD_REQUEST_INVALID' } },
  });
});

it('gives alerts by state', async () => {
  expect((await ask('/v1/alerts?state=open')).body).toMatchObject({
    alerts: [{ state: 'open', kind: 'feature-drift', subject: 'amount', raisedAt: '0-0' }],
  });
  expect((await ask('/v1/alerts?state=resolved')).body).toEqual({ alerts: [] });
  expect((await ask('/v1/alerts?state=odd')).status).toBe(400);
});

it('takes what operators say of alerts, once, and refuses what does not fit', async () => {
  const [{ alert }] = (await ask<{ alerts: [{ alert: string }] }>('/v1/alerts?state=open')).body.alerts;
  const path = `/v1/alerts/${encodeURIComponent(alert)}`;
  const say = async (method: string, door: string, body?: unknown, request?: string) => {
    const answer = await fetch(service.url + door, {
      method,
      headers: {
        'x-playhead-actor': 'ada',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(request !== undefined && { 'idempotency-key': request }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };

  for (const request of ['once', 'once'])
    expect(await say('POST', `${path}/acknowledge`, { comment: 'seen' }, request)).toMatchObject({
      status: 200,
      body: { alert, state: 'open', acknowledged: { by: 'ada', comment: 'seen' } },
    });
  expect(await say('POST', `${path}/acknowledge`)).toMatchObject({
    status: 409,
    body: { error: { message: `the alert ${alert} is acknowledged already` } },
  });
  const { body: silence } = await say('POST', '/v1/silences', { deployment: 'fr*', for: '2h' });
  expect(silence).toMatchObject({
    actor: 'ada',
    match: { deployment: 'fr*' },
    inForce: true,
    holdsBack: [alert],
  });
  expect((await ask(path)).body).toMatchObject({ silenced: { by: silence.silence }, notifications: [] });
  expect(await say('DELETE', `/v1/silences/${String(silence.silence)}`)).toMatchObject({
    status: 200,
    body: { inForce: false, removed: { by: 'ada' } },
  });
  expect((await ask('/v1/silences')).body).toEqual({ silences: [] });
  expect(await say('POST', `${path}/resolve`, { reason: 'a new price list' })).toMatchObject({
    status: 200,
    body: {
      state: 'resolved',
      resolution: { by: 'ada', message: 'ada says that it is over: a new price list' },
    },
  });
  expect(await say('POST', `${path}/resolve`, { reason: 'again' })).toMatchObject({ status: 409 });
  expect(await say('POST', `${path}/resolve`, {})).toMatchObject({ status: 400 });
  expect(await say('POST', '/v1/silences', { for: '1h', until: '2030-01-01T00:00:00Z' })).toMatchObject({
    status: 400,
  });
  expect(await say('POST', '/v1/silences', { until: '2020-01-01T00:00:00Z' })).toMatchObject({
    status: 400,
    body: { error: { code: 'PLAYHEAD_REQUEST_INVALID' } },
  });
  expect(await say('POST', '/v1/alerts/none/resolve', { reason: 'x' })).toMatchObject({ status: 404 });
  expect((await ask('/v1/notifications')).body).toEqual({ notifications: [], silenced: [] });
});

it('tells where all doors are', async () => {
  expect((await ask('/config.json')).body).toEqual({ namespace: 't', doors: DOORS });
});

it('refuses files that the console does not have', async () => {
  expect((await fetch(`${service.url}/assets/../main.js`)).status).toBe(404);
  expect((await fetch(`${service.url}/assets/none.js`)).status).toBe(404);
});

it('gives the counts of a window by the cells of the reference', async () => {
  interface Column {
    readonly name: string;
    readonly cells: readonly unknown[];
    readonly reference: { readonly rows: number; readonly counts: readonly number[] };
    readonly window: { readonly rows: number; readonly counts: readonly number[] };
  }
  interface Distributions {
    readonly windows: readonly { readonly start: string }[];
    readonly window: { readonly start: string; readonly predictions: number };
    readonly features: readonly Column[];
    readonly score: Column;
  }
  const path = '/v1/deployments/fraud/distributions';
  const first = new Date(START).toISOString();
  const { body } = await ask<Distributions>(`${path}?window=${first}`);
  expect(body.window).toMatchObject({ start: first, predictions: 300 });
  expect(body.windows.at(-1)).toMatchObject({ start: first });
  const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);
  for (const { cells, reference, window } of [...body.features, body.score]) {
    expect([reference.counts.length, window.counts.length]).toEqual([cells.length, cells.length]);
    expect(window.rows).toBe(300);
    expect(reference.rows).toBe(3_000);
  }
  expect(body.features.map(({ name }) => name)).toEqual(['amount', 'gap']);
  expect(sum(body.score.window.counts)).toBe(300);
  expect((await ask(`${path}?window=2020-01-01T00:00:00.000Z`)).status).toBe(404);
  expect((await ask('/v1/deployments/unknown/distributions')).status).toBe(404);
});

it('says how fresh the vectors of a feature service are', async () => {
  const { body } = await ask<{ partitions: object[] }>('/v1/services/fraud/freshness');
  expect(body.partitions).toMatchObject([
    { partition: 0, vectors: 600, eventTime: expect.stringMatching(/^2026-03-04T23:5/) as string },
    { partition: 1, vectors: 600 },
  ]);
  expect((await ask('/v1/services/none/freshness')).status).toBe(404);
});

it('gives the last rejections of a stream, the newest first', async () => {
  await world.topics(2, TOPICS.rejections('transactions'));
  const rejected = (n: number) => ({
    ...RecordRejected.sample,
    message: `the ${n}th`,
    raw: Buffer.from(`{"n":${n}}`).toString('base64'),
  });
  for (let n = 0; n < 5; n++) {
    world.clock.advance(1_000);
    await world.fact(TOPICS.rejections('transactions'), RecordRejected, rejected(n), { partition: n % 2 });
  }
  expect((await ask('/v1/streams/transactions/rejections?limit=2')).body).toMatchObject({
    stream: 'transactions',
    total: 5,
    rejections: [
      { ...rejected(4), position: '0-2' },
      { ...rejected(3), position: '1-1' },
    ],
  });
  expect((await ask('/v1/streams/none/rejections')).status).toBe(404);
});

it('tells what moves and what is decided while somebody listens', async () => {
  const events = await LiveEvents.open(`${service.url}/v1/live`);
  const rates = await events.next<{ topics: { topic: string; records: number; perSecond: number }[] }>(
    'rates',
  );
  expect(rates.topics.find(({ topic }) => topic === TOPICS.vectors('fraud'))).toEqual({
    topic: TOPICS.vectors('fraud'),
    records: 1_200,
    perSecond: 0,
  });
  await world.deploy();
  expect(await events.next('fact')).toMatchObject({
    topic: TOPICS.deployments,
    position: '0-1',
    type: 'registry.deployment.updated',
  });
  await events.close();
});

it('is ready, and its doors are described', async () => {
  expect((await ask('/health/ready')).body).toMatchObject({ status: 'ready' });
  expect(Object.keys((await ask<{ paths: object }>('/openapi.json')).body.paths)).toEqual([
    '/v1/state/digest',
    '/v1/state/rebuild',
    '/config.json',
    '/v1/overview',
    '/v1/deployments/{deployment}/reports',
    '/v1/alerts',
    '/v1/alerts/{alert}',
    '/v1/alerts/{alert}/acknowledge',
    '/v1/alerts/{alert}/resolve',
    '/v1/silences',
    '/v1/silences/{silence}',
    '/v1/notifications',
    '/v1/live',
    '/v1/streams/{stream}/rejections',
    '/v1/deployments/{deployment}/distributions',
    '/v1/services/{service}/freshness',
    '/v1/replays',
    '/v1/replays/{replay}',
    '/v1/replays/{replay}/pause',
    '/v1/replays/{replay}/resume',
    '/v1/timeline',
    '/v1/stories/{deployment}',
  ]);
});
