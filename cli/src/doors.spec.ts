import { createServer, type IncomingMessage, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { PlatformError } from '#kernel';
import { openDoor, path } from './doors';

interface Seen {
  readonly method?: string;
  readonly url?: string;
  readonly actor?: string;
  readonly type?: string;
  readonly body: string;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let body = '';
  for await (const piece of request) body += String(piece);
  return body;
};

describe('a door', () => {
  let server: Server;
  let url: string;
  let seen: Seen;
  let answer: { status: number; body: string };

  beforeAll(async () => {
    server = createServer((request, reply) => {
      void bodyOf(request).then((body) => {
        const { method, url: target, headers } = request;
        seen = {
          method,
          url: target,
          actor: headers['x-playhead-actor'] as string | undefined,
          type: headers['content-type'],
          body,
        };
        reply.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((closed) => server.close(closed)));

  const failure = (work: Promise<unknown>): Promise<PlatformError> =>
    work.then(
      () => Promise.reject(new Error('it did not fail')),
      (error: PlatformError) => error,
    );

  it('gets, with the parts of the path and the query escaped', async () => {
    answer = { status: 200, body: '{"models":[]}' };
    expect(
      await openDoor(url).get(path`/v1/models/${'a/b c'}/versions/${3}`, {
        asOf: '2018-05-06T00:00:00+02:00',
        limit: undefined,
      }),
    ).toEqual({ models: [] });
    expect(seen).toEqual({
      method: 'GET',
      url: '/v1/models/a%2Fb%20c/versions/3?asOf=2018-05-06T00%3A00%3A00%2B02%3A00',
      actor: undefined,
      type: undefined,
      body: '',
    });
  });

  it('posts JSON and says who acts', async () => {
    answer = { status: 202, body: '{"run":"run-0-1"}' };
    await openDoor(url, 'grace').post('/v1/models/fraud/train', { seed: 1 });
    expect(seen).toEqual({
      method: 'POST',
      url: '/v1/models/fraud/train',
      actor: 'grace',
      type: 'application/json',
      body: '{"seed":1}',
    });
  });

  it('posts without a body', async () => {
    answer = { status: 202, body: '{}' };
    await openDoor(url, 'grace').post('/v1/runs/run-0-1/cancel');
    expect(seen).toMatchObject({ method: 'POST', type: undefined, body: '' });
  });

  it("gives the service's refusal as it was said", async () => {
    answer = {
      status: 409,
      body: '{"error":{"code":"PLAYHEAD_CONFLICT","message":"fraud@3 did not pass its gates","details":{"request":"r"}}}',
    };
    const error = await failure(openDoor(url).post('/v1/models/fraud/versions/3/promote', {}));
    expect(error).toBeInstanceOf(PlatformError);
    expect([error.code, error.message, error.disposition, error.details]).toEqual([
      'PLAYHEAD_CONFLICT',
      'fraud@3 did not pass its gates',
      'refuse',
      { request: 'r' },
    ]);
  });

  it('keeps a code that it does not know among the details', async () => {
    answer = {
      status: 404,
      body: '{"error":{"code":"PLAYHEAD_FUTURE","message":"no such thing","details":{}}}',
    };
    const error = await failure(openDoor(url).get('/v1/models/x'));
    expect([error.code, error.details]).toEqual(['PLAYHEAD_REQUEST_INVALID', { code: 'PLAYHEAD_FUTURE' }]);
  });

  it('takes a 5xx and a 429 as passing', async () => {
    answer = { status: 503, body: '{"error":{"code":"PLAYHEAD_NOT_READY","message":"log: away"}}' };
    expect((await failure(openDoor(url).get('/x'))).disposition).toBe('retry');
    answer = { status: 502, body: '<html>bad gateway</html>' };
    expect((await failure(openDoor(url).get('/x'))).message).toBe(
      `${url} answers 502: <html>bad gateway</html>`,
    );
    answer = { status: 200, body: '<html>hello</html>' };
    expect((await failure(openDoor(url).get('/x'))).message).toBe(
      `${url} does not answer with JSON; is it a service of playhead?`,
    );
  });

  it('says so where nothing answers', async () => {
    const spare = createServer().listen(0, '127.0.0.1');
    await once(spare, 'listening');
    const { port } = spare.address() as AddressInfo;
    await new Promise((closed) => spare.close(closed));
    const error = await failure(openDoor(`http://127.0.0.1:${port}`).get('/v1/models'));
    expect([error.code, error.message]).toEqual([
      'PLAYHEAD_NOT_READY',
      `nothing answers at http://127.0.0.1:${port}; is it up? \`./playhead status\` tells`,
    ]);
  });
});
