import { createServer, request as ask, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { deflateSync, gunzipSync, gzipSync } from 'node:zlib';
import { GrpcWorld } from '../grpc/grpc-world.testing';
import { HttpDoor } from './http-door';

const LIMIT = 100_000;

interface Said {
  readonly status: number;
  readonly headers: Headers;
  readonly json: unknown;
}

describe('the REST doors', () => {
  let world: GrpcWorld;
  let server: Server;
  let url: string;
  const errors: unknown[] = [];
  beforeAll(async () => {
    world = await GrpcWorld.make();
    const logger = { ...world.ports.logger, error: (...said: unknown[]) => void errors.push(said) };
    const door = new HttpDoor(world.desk, { bodyLimitBytes: LIMIT, origins: ['http://a.test'], logger });
    server = createServer((request, response) => {
      if (!door.handle(request, response)) response.writeHead(418).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await world.stop();
  });
  afterEach(() => expect(errors).toEqual([]));

  const fetched = async (path: string, options: RequestInit = {}): Promise<Said> => {
    const answer = await fetch(url + path, options);
    const text = await answer.text();
    return {
      status: answer.status,
      headers: answer.headers,
      json: text === '' ? undefined : (JSON.parse(text) as unknown),
    };
  };
  const post = (path: string, body: unknown, headers: Record<string, string> = {}): Promise<Said> => {
    const isBytes = typeof body === 'string' || Buffer.isBuffer(body);
    return fetched(path, { method: 'POST', headers, body: isBytes ? body : JSON.stringify(body) });
  };
  const input = (change: object = {}): object => ({
    id: '7',
    inputs: [{ name: 'input', datatype: 'FP32', shape: [2, 2], data: [3, 1, 5, null], ...change }],
  });
  const INFER = '/v2/models/fraud/infer';
  const answer = (data: unknown[]): object => ({
    model_name: 'fraud',
    model_version: '2',
    id: '7',
    outputs: [{ name: 'value', datatype: 'FP32', shape: [data.length, 1], data }],
  });
  /** Bytes as they are, over a connection of their own; resolves when the server ends it or `enough` has come. */
  const raw = (bytes: readonly (string | Buffer)[], enough: (text: string) => boolean): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      let text = '';
      socket.on('data', (piece) => {
        text += piece.toString('latin1');
        if (enough(text)) socket.end();
      });
      socket.on('close', () => resolve(text)).on('error', reject);
      void (async () => {
        for (const each of bytes) await new Promise<void>((sent) => socket.write(each, () => sent()));
      })();
    });

  it('scores rows', async () => {
    const { status, headers, json } = await post(INFER, input());
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(json).toEqual(answer([expect.closeTo(6, 3), expect.closeTo(10, 3)]));
  });

  it('takes the name of a request from the header where the body has none, and says it', async () => {
    const { inputs } = input() as { inputs: unknown };
    const named = { 'X-Request-Id': 'mine' };
    expect((await post(INFER, { inputs }, named)).json).toMatchObject({ id: 'mine' });
    expect((await post(INFER, input(), named)).json).toMatchObject({ id: '7' });
    const v1 = await post('/v1/models/fraud:predict', { instances: [[3, 1]] }, named);
    expect([v1.status, v1.headers.get('x-request-id')]).toEqual([200, 'mine']);
  });

  it('scores a chosen version, and no other than there are', async () => {
    expect((await post('/v2/models/fraud/versions/2/infer', input())).json).toMatchObject({
      model_version: '2',
    });
    expect(await post('/v2/models/fraud/versions/9/infer', input())).toMatchObject({
      status: 404,
      json: { error: expect.stringContaining('has no version 9') as string },
    });
    expect((await post('/v2/models/model.fraud/infer', input())).json).toMatchObject({
      model_name: 'model.fraud',
    });
  });

  const tensor = Buffer.from(Float32Array.of(3, 1, 5, NaN).buffer);
  const head = Buffer.from(
    JSON.stringify({
      ...input({ data: undefined, parameters: { binary_data_size: 16 } }),
      parameters: { binary_data_output: true },
    }),
  );

  it('takes a tensor as bytes and gives one', async () => {
    const sent = await fetch(url + INFER, {
      method: 'POST',
      headers: { 'Inference-Header-Content-Length': String(head.length) },
      body: Buffer.concat([head, tensor]),
    });
    const length = Number(sent.headers.get('inference-header-content-length'));
    const body = Buffer.from(await sent.arrayBuffer());
    expect(JSON.parse(body.subarray(0, length).toString())).toMatchObject({
      outputs: [{ shape: [2, 1], parameters: { binary_data_size: 8 } }],
    });
    expect(body.length).toBe(length + 8);
    expect(body.readFloatLE(length)).toBeCloseTo(6, 3);
    expect(body.readFloatLE(length + 4)).toBeCloseTo(10, 3);
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
  ])('undoes %s, with the header counting what is inside', async (coding, compress) => {
    const sent = await fetch(url + INFER, {
      method: 'POST',
      headers: { 'Content-Encoding': coding, 'Inference-Header-Content-Length': String(head.length) },
      body: compress(Buffer.concat([head, tensor])),
    });
    expect([sent.status, (await sent.arrayBuffer()).byteLength > 8]).toEqual([200, true]);
  });

  it('compresses a large answer for whoever takes that', async () => {
    const data = Array<number>(2_000).fill(1);
    const body = JSON.stringify(input({ shape: [1_000, 2], data }));
    const [coding, bytes] = await new Promise<[string | undefined, Buffer]>((resolve, reject) => {
      const headers = { 'Accept-Encoding': 'br;q=1, gzip' };
      ask(url + INFER, { method: 'POST', headers }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve([response.headers['content-encoding'], Buffer.concat(parts)]));
      })
        .on('error', reject)
        .end(body);
    });
    expect(coding).toBe('gzip');
    expect(JSON.parse(gunzipSync(bytes).toString())).toMatchObject({ outputs: [{ shape: [1_000, 1] }] });
  });

  it.each<[string, string, unknown, Record<string, string>, number, string]>([
    ['an unknown model', '/v2/models/nobody/infer', input(), {}, 404, 'there is no deployment nobody'],
    ['another shape', INFER, input({ shape: [2, 3] }), {}, 400, 'the model takes [rows, 2]'],
    ['a product that overflows', INFER, input({ shape: [2 ** 63, 2 ** 63] }), {}, 400, 'the model takes'],
    ['an unknown output', INFER, { ...input(), outputs: [{ name: 'x' }] }, {}, 400, 'no output "x"'],
    ['no JSON', INFER, '{"inputs": [', {}, 400, 'the body is not JSON'],
    ['NaN', INFER, '{"inputs": [{"name":"input","data":[NaN]}]}', {}, 400, 'the body is not JSON'],
    ['bad UTF-8', INFER, Buffer.from([0x22, 0xc3, 0x28, 0x22]), {}, 400, 'the body is not UTF-8'],
    ['a huge body', INFER, 'x'.repeat(LIMIT + 1), {}, 413, 'over the limit of 100000 bytes'],
    [
      'a huge body in a small one',
      INFER,
      gzipSync(Buffer.alloc(10 * LIMIT)),
      { 'Content-Encoding': 'gzip' },
      413,
      'over the limit',
    ],
    ['no gzip', INFER, 'hello', { 'Content-Encoding': 'gzip' }, 400, 'the body is no gzip'],
    ['an unknown coding', INFER, 'hello', { 'Content-Encoding': 'br' }, 415, 'send gzip, deflate or none'],
    [
      'a length that is none',
      INFER,
      input(),
      { 'Inference-Header-Content-Length': '-1' },
      400,
      'whole number',
    ],
    ['no time at all', INFER, input(), { 'X-Request-Timeout-Ms': '0' }, 504, 'time'],
    ['a path of nobody', '/v2/models/fraud/nothing', {}, {}, 404, 'there is no door'],
    ['an escape that is none', '/v2/models/%ff/infer', {}, {}, 404, 'there is no door'],
    ['a model from the request', '/v2/repository/models/fraud/load', { parameters: { config: '{}' } }, {}, 400, 'as the registry has it'], // prettier-ignore
    [
      'another signature',
      '/v1/models/fraud:predict',
      { instances: [], signature_name: 'x' },
      {},
      400,
      'signature',
    ],
  ])('refuses %s in the shape of the protocol', async (_, path, body, headers, status, reason) => {
    expect(await post(path, body, headers)).toMatchObject({
      status,
      json: { error: expect.stringContaining(reason) as string },
    });
    expect((await post(INFER, input())).status).toBe(200);
  });

  it('says which methods a path has', async () => {
    const asked = await fetched(INFER);
    expect([asked.status, asked.headers.get('allow')]).toEqual([405, 'POST']);
    const posted = await post('/v2/health/live', {});
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const headed = await fetched('/v2/health/live', { method: 'HEAD' });
    expect([headed.status, headed.headers.get('content-length'), headed.json]).toEqual([
      200,
      '13',
      undefined,
    ]);
  });

  it('leaves other paths alone', async () => {
    for (const path of ['/', '/v1/deployments', '/v20', '/v1/modelsx', '/metrics'])
      expect((await fetch(url + path)).status).toBe(418);
  });

  it('reads a body that comes byte by byte', async () => {
    const body = JSON.stringify(input());
    const pieces = [...body].map((letter) => `1\r\n${letter}\r\n`);
    const start = `POST ${INFER} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const text = await raw([start, ...pieces, '0\r\n\r\n'], () => false);
    expect(text).toContain('200 OK');
    expect(text).toContain('"shape":[2,1]');
  });

  it('answers what is asked ahead, in its order', async () => {
    const asked = (id: string): string => {
      const body = JSON.stringify({ ...input(), id });
      return `POST ${INFER} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    const live = 'GET /v2/health/live HTTP/1.1\r\nHost: a\r\n\r\n';
    const text = await raw([asked('a') + live + asked('b')], (so) => so.includes('"id":"b"'));
    const at = ['"id":"a"', '"live":true', '"id":"b"'].map((part) => text.indexOf(part));
    expect(at).toEqual([...at].sort((one, other) => one - other));
    expect(Math.min(...at)).toBeGreaterThan(0);
  });

  it('lives on when callers go away in the middle', async () => {
    const start = `POST ${INFER} HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n{"inputs"`;
    for (let i = 0; i < 20; i++) {
      const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
      await new Promise<void>((sent) => socket.write(start, () => sent()));
      socket.destroy();
    }
    const asked = Array.from({ length: 20 }, () => new AbortController());
    const all = asked.map(({ signal }) =>
      fetch(url + INFER, { method: 'POST', body: JSON.stringify(input()), signal }).catch(() => undefined),
    );
    for (const each of asked) each.abort();
    await Promise.all(all);
    expect((await post(INFER, input())).status).toBe(200);
  });

  it('describes server, models and versions', async () => {
    expect((await fetched('/v2')).json).toMatchObject({ name: 'playhead' });
    expect((await fetched('/v2/health/ready')).json).toEqual({ ready: true });
    expect((await fetched('/v2/models/fraud')).json).toEqual({
      name: 'fraud',
      versions: ['2'],
      platform: 'onnxruntime_onnx',
      inputs: [{ name: 'input', datatype: 'FP32', shape: [-1, 2] }],
      outputs: [{ name: 'value', datatype: 'FP32', shape: [-1, 1] }],
    });
    expect((await fetched('/v2/models/fraud/ready?verbose')).json).toEqual({ name: 'fraud', ready: true });
    expect((await fetched('/v2/models/fraud/versions/2/ready')).status).toBe(200);
    expect((await fetched('/v2/models/fraud/versions/3/ready')).status).toBe(404);
    expect((await fetched('/v2/models/fraud/config')).json).toMatchObject({
      input: [{ name: 'input', dims: [2] }],
    });
  });

  it('counts what it does', async () => {
    const counts = async (): Promise<{ inference_count: number; execution_count: number }> => {
      const { json } = await fetched('/v2/models/fraud/versions/2/stats');
      return (json as { model_stats: [{ inference_count: number; execution_count: number }] }).model_stats[0];
    };
    const before = await counts();
    await post(INFER, input());
    const after = await counts();
    expect(after.inference_count - before.inference_count).toBe(2);
    expect(after.execution_count - before.execution_count).toBe(1);
    expect((await fetched('/v2/models/stats')).json).toMatchObject({ model_stats: [{ name: 'fraud' }, {}] });
  });

  it('unloads a name at the doors, and loads it again', async () => {
    expect((await post('/v2/repository/index', { ready: true })).json).toEqual([
      { name: 'fraud', version: '2', state: 'READY', reason: '' },
    ]);
    await post('/v2/repository/models/fraud/unload', { parameters: { unload_dependents: false } });
    expect((await post('/v2/repository/index', '')).json).toMatchObject([{ state: 'UNAVAILABLE' }]);
    expect((await fetched('/v2/models/fraud/ready')).status).toBe(404);
    expect((await post(INFER, input())).status).toBe(404);
    await post('/v2/repository/models/fraud/load', {});
    expect((await post(INFER, input())).status).toBe(200);
  });

  it('speaks version 1', async () => {
    const body = { instances: [[3, 1], { input: [5, null] }] }; // prettier-ignore
    const { json } = await post('/v1/models/fraud:predict', body);
    expect(json).toEqual({ predictions: [expect.closeTo(6, 3), expect.closeTo(10, 3)] });
    expect((await post('/v1/models/fraud/versions/2:predict', { inputs: [[3, 1]] })).json).toEqual({
      outputs: [expect.closeTo(6, 3)],
    });
    expect((await fetched('/v1/models/fraud')).json).toMatchObject({
      model_version_status: [{ version: '2', state: 'AVAILABLE' }],
    });
    expect((await fetched('/v1/models/fraud/metadata')).json).toMatchObject({
      model_spec: { name: 'fraud' },
    });
    expect((await fetched('/v1/models')).json).toEqual({ models: ['fraud'] });
  });

  it('lets pages of its origins read the answers, and no others', async () => {
    const origin = 'http://a.test';
    const headers = { Origin: origin };
    expect((await fetched('/v2', { headers })).headers.get('access-control-allow-origin')).toBe(origin);
    const preflight = await fetched(INFER, {
      method: 'OPTIONS',
      headers: { ...headers, 'Access-Control-Request-Method': 'POST' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, origin]);
    const foreign = await fetched('/v2', { headers: { Origin: 'http://b.test' } });
    expect(foreign.headers.get('access-control-allow-origin')).toBeNull();
  });
});
