import { connect } from 'node:net';
import { Body, Controller, Get, Inject, Module, Post, Query } from '@nestjs/common';
import { MemoryArtifactStore } from '#artifacts';
import { MovableClock, Refused } from '#kernel';
import { createMemoryLog, type MemoryLog } from '../../eventlog/src/memory';
import type { CommonConfig } from './config';
import { LogTransport, type Worker } from './log-transport';
import { createLogger } from './logger';
import { createMetrics, type MetricSpec, type Metrics } from './metrics';
import { METRICS, sleep, type Ports } from './ports';
import { startService, type RunningService } from './start-service';

const trace: string[] = [];
let finishStart = (): void => undefined;

const worker: Worker = {
  start: () => new Promise((resolve) => (finishStart = () => resolve(void trace.push('started')))),
  stop: () => Promise.resolve(void trace.push('drained')),
  status: () => ({ folded: 3 }),
};

const TRIALS: MetricSpec<'kind'> = {
  name: 'playhead_trials_total',
  kind: 'counter',
  unit: 'trials',
  labels: { kind: 'good or bad' },
  help: 'trials of this test',
};

@Controller('v1')
class TrialController {
  constructor(@Inject(METRICS) metrics: Metrics) {
    metrics.counter(TRIALS).add(2, { kind: 'good' });
  }
  @Get('refused')
  refused(): never {
    throw new Refused('PLAYHEAD_CONFLICT', 'version 3 did not pass its gates', { details: { version: 3 } });
  }
  @Get('broken')
  broken(): never {
    throw new Error('password=hunter2 at /srv/secret');
  }
  @Get('runs/:run')
  run(): never {
    throw new Refused('PLAYHEAD_NOT_FOUND', 'no such run');
  }
  @Get('named')
  named(@Query('name') name = ''): { name: string } {
    return { name: name.trim() };
  }
  @Get('several')
  several(@Query() query: { readonly name: readonly string[] }): { names: readonly string[] } {
    return { names: query.name };
  }
  @Post('echo')
  echo(@Body() body: unknown): { body: unknown } {
    return { body: Buffer.isBuffer(body) ? body.toString('latin1') : (body ?? null) };
  }
}

@Module({ controllers: [TrialController] })
class TrialModule {
  constructor(@Inject(LogTransport) transport: LogTransport) {
    transport.add('trial', worker);
  }
}

const config: CommonConfig = {
  service: 'registry',
  namespace: 'test',
  instance: 'test',
  host: '127.0.0.1',
  port: 0,
  consoleOrigins: ['http://127.0.0.1:7006'],
  logLevel: 'info',
  brokers: [],
};

const lines: Record<string, unknown>[] = [];
const memoryPorts = (log: MemoryLog): Ports => ({
  log,
  artifacts: new MemoryArtifactStore('test'),
  clock: new MovableClock(),
  sleep,
  logger: createLogger(
    { service: 'registry', instance: 'test', level: 'info' },
    { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) },
  ),
  metrics: createMetrics(),
});

describe('a service', () => {
  const log = createMemoryLog();
  let service: RunningService;
  const get = (path: string, init?: RequestInit): Promise<Response> => fetch(`${service.url}${path}`, init);

  beforeAll(async () => {
    service = await startService({
      config,
      module: TrialModule,
      ports: memoryPorts(log),
      bodyLimitBytes: 1_000,
    });
  });
  afterAll(() => service.stop());

  it('is alive at once and ready when its workers are', async () => {
    expect(await (await get('/health/live')).json()).toEqual({ status: 'live' });
    const early = await get('/health/ready');
    expect(early.status).toBe(503);
    expect(((await early.json()) as { error: { message: string } }).error.message).toBe(
      'workers: the workers on the log are starting',
    );
    finishStart();
    const ready = await get('/health/ready');
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({ status: 'ready', workers: { trial: { folded: 3 } } });
  });

  it('names the dependency that is away', async () => {
    log.setAway(true);
    const answer = await get('/health/ready');
    log.setAway(false);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      error: {
        code: 'PLAYHEAD_NOT_READY',
        message: 'kafka: the log is away',
        details: {
          checks: expect.arrayContaining([
            { name: 'kafka', ready: false, effect: 'required', reason: 'the log is away' },
          ]) as unknown,
        },
      },
    });
  });

  it('shows its metrics as Prometheus text', async () => {
    const text = await (await get('/metrics')).text();
    expect(text).toContain('playhead_trials_total{kind="good"} 2\n');
    expect(text).toContain('# TYPE process_cpu_seconds_total counter');
    expect(text).toMatch(/nodejs_eventloop_delay_seconds\{quantile="0.99"\} \d/);
    expect(text).toMatch(/nodejs_gc_seconds_total\{kind="minor"\} \d/);
  });

  it('renders a refusal with its code and status', async () => {
    const answer = await get('/v1/refused');
    expect(answer.status).toBe(409);
    expect(await answer.json()).toEqual({
      error: {
        code: 'PLAYHEAD_CONFLICT',
        message: 'version 3 did not pass its gates',
        details: { version: 3 },
      },
    });
  });

  it.each([
    ['/v1/%zz', 400],
    [`/v1/runs/${'x'.repeat(2_000)}`, 414],
  ])('renders what the router refuses as any other error: %#', async (path, status) => {
    const answer = await get(path);
    expect([answer.status, await answer.json()]).toEqual([
      status,
      { error: { code: 'PLAYHEAD_REQUEST_INVALID', message: expect.any(String) as string, details: {} } },
    ]);
  });

  it('tells nothing of its inside when it fails, but logs it', async () => {
    const answer = await get('/v1/broken');
    expect(answer.status).toBe(500);
    expect(await answer.text()).toBe(
      '{"error":{"code":"PLAYHEAD_DEFECT","message":"an internal error; the log of the service has the reason","details":{}}}',
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        level: 'error',
        message: 'a door failed: PLAYHEAD_DEFECT',
        path: '/v1/broken',
      }),
    );
  });

  it.each([
    ['{"a":1}', 'application/json', 201, { body: { a: 1 } }],
    ['a: 1', 'application/yaml', 201, { body: 'a: 1' }],
    ['', 'application/json', 201, { body: null }],
    [
      '{"a":',
      'application/json',
      400,
      { error: { code: 'PLAYHEAD_REQUEST_INVALID', message: 'the body is not JSON', details: {} } },
    ],
    [
      'x',
      'image/png',
      415,
      {
        error: {
          code: 'PLAYHEAD_REQUEST_MEDIA_TYPE',
          message: 'this door takes JSON or YAML, not image/png',
          details: {},
        },
      },
    ],
    [
      'x'.repeat(1_001),
      'application/json',
      413,
      {
        error: {
          code: 'PLAYHEAD_REQUEST_TOO_LARGE',
          message: 'the body is over the limit of this door',
          details: {},
        },
      },
    ],
  ])('reads %.9s as %s', async (body, type, status, expected) => {
    const answer = await get('/v1/echo', { method: 'POST', body, headers: { 'content-type': type } });
    expect([answer.status, await answer.json()]).toEqual([status, expected]);
  });

  it('lets a client that sends far too much write to the end and see the answer', async () => {
    const { hostname, port } = new URL(service.url);
    const answer = await new Promise<string>((done, fail) => {
      const socket = connect(Number(port), hostname);
      const length = 20_000_000;
      socket.write(`POST /v1/echo HTTP/1.1\r\nhost: x\r\ncontent-length: ${length}\r\n\r\n`);
      socket.write(Buffer.alloc(length), (error) => {
        if (error) fail(error);
        else socket.once('data', (part) => done(part.toString()));
      });
      socket.on('error', fail);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('answers an unknown path in the same shape', async () => {
    const answer = await get('/v1/nowhere');
    expect([answer.status, await answer.json()]).toEqual([
      404,
      { error: { code: 'PLAYHEAD_NOT_FOUND', message: 'Cannot GET /v1/nowhere', details: {} } },
    ]);
  });

  it('lets pages of the console call it, and no others', async () => {
    const from = async (origin: string) =>
      (await get('/health/live', { headers: { origin } })).headers.get('access-control-allow-origin');
    expect(await from('http://127.0.0.1:7006')).toBe('http://127.0.0.1:7006');
    expect(await from('http://evil.example')).toBeNull();
    const preflight = await get('/v1/echo', {
      method: 'OPTIONS',
      headers: {
        origin: 'http://127.0.0.1:7006',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-playhead-actor',
      },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      'x-playhead-actor',
    ]);
  });

  it('refuses what a door wants said once and is said twice', async () => {
    const ask = async (path: string): Promise<unknown> =>
      (await get(`/v1/${path}`)).json() as Promise<unknown>;
    expect(await ask('named?name=a')).toEqual({ name: 'a' });
    expect(await ask('named?name=a&name=b')).toMatchObject({
      error: { code: 'PLAYHEAD_REQUEST_INVALID', message: 'name is said 2 times' },
    });
    expect(await ask('several?name=a&name=b')).toEqual({ names: ['a', 'b'] });
  });

  it('describes its doors', async () => {
    const document = (await (await get('/openapi.json')).json()) as {
      openapi: string;
      paths: Record<string, unknown>;
    };
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toEqual([
      '/v1/state/digest',
      '/v1/state/rebuild',
      '/v1/refused',
      '/v1/broken',
      '/v1/runs/{run}',
      '/v1/named',
      '/v1/several',
      '/v1/echo',
    ]);
  });
});

describe('a service with raw bodies', () => {
  it('hands over the bytes with any content type or none, and drains its workers when it stops', async () => {
    const service = await startService({
      config,
      module: TrialModule,
      ports: memoryPorts(createMemoryLog()),
      bodies: 'raw',
    });
    const post = async (headers: Record<string, string>) => {
      const answer = await fetch(`${service.url}/v1/echo`, {
        method: 'POST',
        body: Buffer.from([0x7b, 0xff]),
        headers,
      });
      return ((await answer.json()) as { body: string }).body;
    };
    expect(await post({ 'content-type': 'application/json' })).toBe('{\u00ff');
    expect(await post({})).toBe('{\u00ff');
    trace.length = 0;
    await service.stop();
    expect(trace).toEqual(['drained']);
    await expect(fetch(service.url)).rejects.toThrow('fetch failed');
  });

  it('says which worker cannot go on', async () => {
    const service = await startService({
      config,
      module: TrialModule,
      ports: memoryPorts(createMemoryLog()),
    });
    service.app
      .get(LogTransport)
      .add('second', { start: () => Promise.reject(new Error('rewritten')), stop: () => Promise.resolve() });
    expect(await service.failed).toMatchObject({ worker: 'second', error: { message: 'rewritten' } });
    await service.stop();
  });
});

describe('a service with a front door', () => {
  it('lets it take its requests before the framework, on the same port, and describes it', async () => {
    const service = await startService({
      config,
      module: TrialModule,
      ports: memoryPorts(createMemoryLog()),
      frontDoor: () => (request, response) => {
        if (request.url !== '/v2') return false;
        response.end('bare');
        return true;
      },
      frontDoorDescription: { paths: { '/v2': { get: {} } }, schemas: { Bare: { type: 'string' } } },
    });
    const get = (path: string): Promise<Response> => fetch(`${service.url}${path}`);
    expect(await (await get('/v2')).text()).toBe('bare');
    expect(await (await get('/health/live')).json()).toEqual({ status: 'live' });
    const document = await (await get('/openapi.json')).json();
    expect(document).toMatchObject({
      paths: { '/v2': { get: {} }, '/v1/echo': {} },
      components: { schemas: { Bare: { type: 'string' } } },
    });
    await service.stop();
  });
});
