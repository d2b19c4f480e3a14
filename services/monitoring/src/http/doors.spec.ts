import { TOPICS } from '#contracts';
import { startService, type RunningService } from '#runtime';
import { DAY, MonitoringWorld, START, paymentsOf } from '../monitoring.testing';
import type { MonitoringConfig } from '../monitoring.config';
import { MonitoringModule } from '../monitoring.module';

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

it('tells where all doors are', async () => {
  expect((await ask('/config.json')).body).toEqual({ namespace: 't', doors: DOORS });
});

it('serves a page that loads nothing from elsewhere', async () => {
  const answer = await fetch(`${service.url}/`);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
  const page = await answer.text();
  expect(page).toContain('<title>Playhead</title>');
  const loaded = [...page.matchAll(/<(?:link|script|img)[^>]* (?:href|src)="([^"]*)"/g)].map(
    ([, address]) => address!,
  );
  expect(loaded.filter((address) => !address.startsWith('data:'))).toEqual(['/page.css', '/page.js']);
  for (const [path, type] of [
    ['/page.css', 'text/css'],
    ['/page.js', 'text/javascript'],
  ] as const) {
    expect((await fetch(service.url + path)).headers.get('content-type')).toBe(`${type}; charset=utf-8`);
  }
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
  ]);
});
