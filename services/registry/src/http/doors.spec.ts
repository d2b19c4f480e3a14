import { MemoryArtifactStore } from '#artifacts';
import { EnvelopeTemplate, TOPICS, TrainingRunCompleted, encodeEvent } from '#contracts';
import { createMemoryLog } from '#eventlog';
import { askModel } from '#inference';
import { MovableClock } from '#kernel';
import { createLogger, createMetrics, startService, type RunningService } from '#runtime';
import { loadConfig } from '#runtime';
import { registryConfig } from '../registry.config';
import { RegistryModule } from '../registry.module';
import { PROJECT, completed, modelFile } from '../registry.testing';

const clock = new MovableClock(Date.UTC(2026, 0, 1));
const artifacts = new MemoryArtifactStore('doors');
const log = createMemoryLog({ now: () => clock.now() });
let service: RunningService;

beforeAll(async () => {
  await log.ensureTopics([{ name: `doors.${TOPICS.runs}`, partitions: 1 }]);
  service = await startService({
    config: loadConfig(registryConfig, {
      PLAYHEAD_NAMESPACE: 'doors',
      PLAYHEAD_PORT: '0',
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
      PLAYHEAD_REGISTRY_PATIENCE_MS: '2000',
    }),
    module: RegistryModule.asking(askModel),
    ports: {
      log,
      artifacts,
      clock,
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms).unref()),
      logger: createLogger({ service: 'registry', instance: 'test', level: 'silent' }),
      metrics: createMetrics(),
    },
  });
});
afterAll(() => service.stop());

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & {
    error?: { code: string; message: string; details: { faults?: { message: string; line: number }[] } };
  };
}

const call = async (
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> => {
  clock.advance(60_000);
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const type: Record<string, string> =
    body === undefined
      ? {}
      : { 'content-type': typeof body === 'string' ? 'application/yaml' : 'application/json' };
  const answer = await fetch(`${service.url}${path}`, {
    method,
    body: text,
    headers: { 'x-playhead-actor': 'ada', ...type, ...headers },
  });
  return { status: answer.status, body: (await answer.json()) as Answer['body'] };
};
const get = (path: string): Promise<Answer> => call('GET', path);
const post = (path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> =>
  call('POST', path, body, headers);

const eventually = async (path: string, done: (answer: Answer) => boolean): Promise<Answer> => {
  const deadline = Date.now() + 4_000;
  for (;;) {
    const answer = await get(path);
    if (done(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

/** As training would say it. */
const complete = async (
  run: string,
  averagePrecision: number,
  offset: number,
  file = modelFile(),
): Promise<void> => {
  const artifact = await artifacts.put(file);
  const headers = new EnvelopeTemplate({
    type: TrainingRunCompleted.type,
    source: TOPICS.trainingInputs,
  }).headers(`0-${offset}`, '2026-01-01T00:00:00.000Z');
  await log.producer().send([
    {
      topic: `doors.${TOPICS.runs}`,
      partition: 0,
      key: null,
      value: encodeEvent(TrainingRunCompleted, completed(run, averagePrecision, { artifact })),
      headers,
    },
  ]);
};

it('checks and compares without changing anything on a dry run', async () => {
  const { status, body } = await post('/v1/definitions?dryRun=true', PROJECT);
  expect(status).toBe(200);
  expect(body).toMatchObject({
    dryRun: true,
    diff: expect.stringContaining('+ Stream transactions') as unknown,
  });
  expect((await get('/v1/definitions')).body).toEqual({ definitions: [] });
});

it('lists every fault with its line', async () => {
  const { status, body } = await post(
    '/v1/definitions',
    PROJECT.replace('entity: customer_id', 'entity: custmer_id')
      .replace('lateness', 'latenes')
      .replace('trees: 10', 'tres: 10'),
  );
  expect([status, body.error!.code]).toEqual([400, 'PLAYHEAD_DEFINITION_INVALID']);
  expect(body.error!.details.faults!.map(({ message, line }) => [line > 0, message])).toEqual([
    [true, expect.stringContaining('custmer_id')],
    [true, expect.stringContaining('tres')],
  ]);
});

describe('a model', () => {
  let before: string;

  it('is applied, with the diff', async () => {
    const { status, body } = await post('/v1/definitions', PROJECT);
    expect(status).toBe(200);
    expect(body).toMatchObject({ dryRun: false, position: '0-0' });
    expect(
      (body['definitions'] as { kind: string; revision: string }[]).map(
        ({ kind, revision }) => `${kind}@${revision}`,
      ),
    ).toHaveLength(8);
    expect((await post('/v1/definitions', PROJECT)).body).toMatchObject({ diff: '', position: '0-0' });
    expect((await get('/v1/deployments/fraud')).body).toMatchObject({
      name: 'fraud',
      state: 'waiting',
      routes: [],
    });
  });

  it.each(['check/fraud@1/0-4', 'schedule/fraud/2026-01-01T00:00:00.000Z', 'rows/fraud/0/1'])(
    'takes no request under a name of its own: %s',
    async (key) => {
      const answer = await post('/v1/models/fraud/train', {}, { 'idempotency-key': key });
      expect([answer.status, answer.body.error?.code]).toEqual([400, 'PLAYHEAD_REQUEST_INVALID']);
    },
  );

  it('is trained on request, once for each idempotency key', async () => {
    const asked = await post(
      '/v1/models/fraud/train',
      { seed: 7, asOf: '2018-05-06T00:00:00Z' },
      { 'idempotency-key': 'k-1' },
    );
    expect(asked).toMatchObject({
      status: 202,
      body: {
        run: 'run-0-1',
        status: 'requested',
        seed: 7,
        asOf: '2018-05-06T00:00:00.000Z',
        requestedBy: 'ada',
      },
    });
    const again = await post('/v1/models/fraud/train', { seed: 7 }, { 'idempotency-key': 'k-1' });
    expect(again.body).toMatchObject({ run: 'run-0-1' });
    expect((await get('/v1/runs?model=fraud')).body).toMatchObject({ runs: [{ run: 'run-0-1' }] });
  });

  it('gets a version when the run completes', async () => {
    await complete('run-0-1', 0.6, 0);
    const { body } = await eventually('/v1/models/fraud', (answer) => answer.body['versions'] === 1);
    expect(body).toMatchObject({
      latest: { version: 1, passed: true, metrics: { average_precision: 0.6 } },
      aliases: {},
    });
    expect((await get('/v1/models/fraud/versions')).body).toMatchObject({
      versions: [{ version: 1, status: 'passed', run: 'run-0-1' }],
    });
    expect((await get('/v1/runs/run-0-1')).body).toMatchObject({
      status: 'completed',
      version: 1,
      metrics: { holdout: { average_precision: 0.6 } },
    });
  });

  it('is promoted, and the deployment follows', async () => {
    before = new Date(clock.now()).toISOString();
    const { status, body } = await post('/v1/models/fraud/versions/1/promote');
    expect([status, body]).toEqual([
      200,
      {
        model: 'fraud',
        alias: 'champion',
        version: 1,
        previous: null,
        deployments: [{ name: 'fraud', state: 'active' }],
        position: '0-4',
      },
    ]);
    expect((await get('/v1/models/fraud/versions/champion')).body).toMatchObject({
      version: 1,
      aliases: ['champion'],
      check: { ok: true, rows: 0, position: '0-3' },
    });
  });

  it('refuses a version that did not pass, with the reason', async () => {
    await post('/v1/models/fraud/train');
    await complete('run-0-5', 0.02, 1);
    await eventually('/v1/models/fraud', (answer) => answer.body['versions'] === 2);
    const { status, body } = await post('/v1/models/fraud/versions/2/promote', { alias: 'champion' });
    expect([status, body.error!.message]).toEqual([
      409,
      'fraud@2 did not pass its gates: average_precision is 0.02, at least 0.1 is wanted',
    ]);
  });

  it('answers as of a position and as of a time', async () => {
    expect((await get('/v1/deployments/fraud?asOf=0-2')).body).toMatchObject({ state: 'waiting' });
    expect((await get('/v1/deployments/fraud?asOf=0-4')).body).toMatchObject({ state: 'active' });
    expect((await get(`/v1/deployments/fraud?asOf=${before}`)).body).toMatchObject({ state: 'waiting' });
    expect((await get('/v1/deployments/fraud?asOf=2020-01-01T00:00:00Z')).status).toBe(404);
    expect((await get('/v1/runs?asOf=0-3')).body).toMatchObject({ runs: [{ run: 'run-0-1' }] });
    expect(await get('/v1/runs?asOf=0-99')).toMatchObject({
      status: 400,
      body: { error: { code: 'PLAYHEAD_POSITION_INVALID' } },
    });
    expect(await get('/v1/runs?asOf=3-1')).toMatchObject({ status: 400 });
    expect(await get('/v1/runs?asOf=yesterday')).toMatchObject({
      status: 400,
      body: { error: { code: 'PLAYHEAD_POSITION_INVALID' } },
    });
  });

  it('is written about, found again and compared', async () => {
    const written = await post('/v1/models/fraud/versions/1/notes', {
      tags: { team: 'risk' },
      description: 'the first one',
    });
    expect(written.body).toMatchObject({ version: 1, tags: { team: 'risk' }, description: 'the first one' });
    expect((await post('/v1/models/fraud/notes', { tags: { owner: 'ada' } })).body).toMatchObject({
      tags: { owner: 'ada' },
      description: null,
    });
    const found = async (q: string): Promise<unknown> =>
      (
        (await get(`/v1/models/search?q=${encodeURIComponent(q)}`)).body['versions'] as { version: number }[]
      ).map(({ version }) => version);
    expect(await found('metric.average_precision>=0.5 tag.team=risk')).toEqual([1]);
    expect(await found('tag.owner=ada')).toEqual([2, 1]);
    expect(await found('first alias=champion')).toEqual([1]);
    expect((await get('/v1/models/search?q=stage=x')).status).toBe(400);
    expect((await get('/v1/models/fraud/diff?from=1&to=2')).body).toMatchObject({
      from: 'fraud@1',
      to: 'fraud@2',
      metrics: [{ name: 'average_precision', from: 0.6, to: 0.02 }],
    });
    expect((await get('/v1/models/fraud/diff?from=1')).status).toBe(400);
  });

  it('gets aliases of its own, which can be taken away unless somebody is answered by them', async () => {
    const put = await call('PUT', '/v1/models/fraud/aliases/candidate', { version: 1 });
    expect(put).toMatchObject({ status: 200, body: { alias: 'candidate', version: 1 } });
    expect((await call('DELETE', '/v1/models/fraud/aliases/candidate')).body).toMatchObject({
      removed: true,
    });
    const { status, body } = await call('DELETE', '/v1/models/fraud/aliases/champion');
    expect([status, body.error!.message]).toEqual([
      409,
      'deployment fraud answers with champion of fraud, which is fraud@1: promote another version, or let the deployment name another alias',
    ]);
    expect((await call('PUT', '/v1/models/fraud/aliases/7', { version: 1 })).status).toBe(400);
  });

  it('is refused where its file does not load; whoever doubts it checks again', async () => {
    const run = (await post('/v1/models/fraud/train')).body['run'] as string;
    await complete(run, 0.7, 2, Buffer.from('no model'));
    await eventually('/v1/models/fraud', (answer) => answer.body['versions'] === 3);
    for (const what of ['promote', 'approve']) {
      const { status, body } = await post(`/v1/models/fraud/versions/3/${what}`);
      expect([status, body.error!.message]).toEqual([
        409,
        expect.stringContaining('fraud@3 cannot be served: the model cannot be served: ONNX Runtime'),
      ]);
    }
    expect((await post('/v1/models/fraud/versions/3/check')).body).toMatchObject({ check: { ok: false } });
    const { check } = (await get('/v1/models/fraud/versions/1')).body as { check?: { position: string } };
    const again = await post('/v1/models/fraud/versions/1/check');
    expect(again.body).toMatchObject({ check: { ok: true } });
    expect((again.body['check'] as { position: string }).position).not.toBe(check!.position);
  });

  it('with four eyes is promoted only once somebody else has approved it', async () => {
    await post('/v1/definitions', PROJECT.replace('  gates:', '  approval: { rule: four-eyes }\n  gates:'));
    const promotion = (): Promise<Answer> => post('/v1/models/fraud/versions/1/promote', { to: 'staging' });
    expect((await promotion()).body.error!.message).toContain('needs the approval of somebody else than ada');
    expect((await post('/v1/models/fraud/versions/1/approve')).status).toBe(409);
    const approved = await post('/v1/models/fraud/versions/1/approve', {}, { 'x-playhead-actor': 'grace' });
    expect(approved.body).toMatchObject({ review: { by: 'grace', policy: 'four-eyes' } });
    expect(await promotion()).toMatchObject({ status: 200, body: { alias: 'staging', version: 1 } });
  });

  it.each([
    ['GET', '/v1/models/spam', undefined, 404, 'there is no model spam'],
    ['POST', '/v1/models/spam/train', undefined, 404, 'there is no model spam'],
    ['POST', '/v1/models/fraud/train', { sed: 1 }, 400, 'the body must NOT have additional properties (sed)'],
    [
      'POST',
      '/v1/models/fraud/rollback',
      undefined,
      409,
      'champion of fraud has named no other version than 1',
    ],
    ['POST', '/v1/runs/run-0-1/cancel', undefined, 409, 'run-0-1 has ended: it is completed'],
    [
      'GET',
      '/v1/definitions/Nothing',
      undefined,
      404,
      'there is no kind Nothing; there are Stream, FeatureView, FeatureService, Label, Model, Deployment, Monitor',
    ],
    [
      'GET',
      '/v1/definitions/feature-view/customer-spnd',
      undefined,
      404,
      'there is no FeatureView customer-spnd',
    ],
  ])('%s %s is refused with the reason', async (method, path, body, status, message) => {
    const answer = await call(method, path, body);
    expect([answer.status, answer.body.error!.message]).toEqual([status, message]);
  });

  it('says who decided what, by kind and name', async () => {
    expect((await get('/v1/definitions/model/fraud')).body).toMatchObject({
      kind: 'Model',
      revision: '2',
      appliedBy: 'ada',
      revisions: [{ revision: '1' }, { revision: '2' }],
    });
    expect((await get('/v1/definitions/streams')).body).toMatchObject({
      definitions: [{ name: 'fraud-labels' }, { name: 'transactions' }],
    });
  });
});

it('tells the lineage, page by page', async () => {
  const all = (await get('/v1/lineage')).body as { events?: unknown[]; next?: number };
  expect(all.events!.length).toBeGreaterThan(4);
  expect(all.next).toBe(all.events!.length);
  const page = (await get('/v1/lineage?from=1&limit=2')).body;
  expect(page).toEqual({ events: all.events!.slice(1, 3), next: 3 });
  expect((await get(`/v1/lineage?from=${all.next}`)).body).toEqual({ events: [], next: all.next });
  expect((await get('/v1/lineage?limit=2000')).status).toBe(400);
});

it('writes down once what a replay has found, and lists it', async () => {
  const report = {
    replay: 'verify-1',
    kind: 'verify',
    subject: 'fraud',
    ok: true,
    summary: { records: 7, bitExact: 7 },
    report: 'a'.repeat(64),
    seconds: 1.5,
  };
  expect(await post('/v1/replays', report)).toMatchObject({
    status: 201,
    body: { ...report, reportedBy: 'ada' },
  });
  expect((await post('/v1/replays', report)).status).toBe(201);
  expect((await get('/v1/replays?subject=fraud&kind=verify')).body).toMatchObject({ replays: [report] });
  expect((await get('/v1/replays?subject=nobody')).body).toEqual({ replays: [] });
  expect((await get('/v1/replays/verify-1')).body).toMatchObject(report);
  expect((await post('/v1/replays', { ...report, report: 'no digest' })).status).toBe(400);
});

it('answers 503 while the log is away, and carries the request out once when the caller tries again', async () => {
  log.setAway(true);
  const ticking = setInterval(() => clock.advance(500), 20);
  const away = await post('/v1/models/fraud/train', {}, { 'idempotency-key': 'k-2' });
  clearInterval(ticking);
  log.setAway(false);
  expect([away.status, away.body.error!.code]).toEqual([503, 'PLAYHEAD_LOG_UNAVAILABLE']);
  const runs = async (): Promise<number> => ((await get('/v1/runs')).body['runs'] as unknown[]).length;
  const before = await runs();
  await post('/v1/models/fraud/train', {}, { 'idempotency-key': 'k-2' });
  await post('/v1/models/fraud/train', {}, { 'idempotency-key': 'k-2' });
  expect(await runs()).toBe(before + 1);
});

it('is ready without Postgres when none is configured, and describes its doors', async () => {
  expect((await eventually('/health/ready', ({ status }) => status === 200)).body).toMatchObject({
    status: 'ready',
  });
  const document = (await get('/openapi.json')).body as { paths?: Record<string, unknown> };
  expect(Object.keys(document.paths!)).toEqual(
    expect.arrayContaining([
      '/v1/definitions',
      '/v1/models/{model}/train',
      '/v1/runs/{run}/cancel',
      '/v1/deployments/{name}',
    ]),
  );
});

it('answers what comes again under one key as the first, and refuses another request under it', async () => {
  const headers = { 'idempotency-key': 'k-notes' };
  const note = (path: string) => post(`/v1/models/${path}/notes`, { tags: { team: 'risk' } }, headers);
  const answers = await Promise.all([note('fraud'), note('fraud'), note('fraud')]);
  expect(new Set(answers.map(({ body }) => body['position'])).size).toBe(1);
  const others = [
    await post('/v1/models/fraud/train', {}, headers),
    await post('/v1/runs/run-0-1/cancel', undefined, headers),
  ];
  for (const other of others)
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'PLAYHEAD_CONFLICT' } } });
});
