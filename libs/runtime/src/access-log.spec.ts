import { once } from 'node:events';
import { createServer, get, type Server } from 'node:http';
import { AccessLog } from './access-log';

type Line = Readonly<Record<string, unknown>>;

/** A server that logs as a service does; `/slow` is never answered. */
const serve = async (share: number, random?: () => number) => {
  const lines: Line[] = [];
  const log = new AccessLog(
    { share, service: 's', instance: 'i', ...(random && { random }) },
    { write: (line) => void lines.push(JSON.parse(line) as Line) },
  );
  const server: Server = createServer((request, response) => {
    response.once('close', () => log.http(request, response, 1.23456));
    if (request.url === '/slow') return;
    response.writeHead(request.url === '/broken' ? 500 : 200, { 'content-length': 2 }).end('ok');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return { lines, server, url: `http://127.0.0.1:${port}` };
};

it('writes what a request was and how it ended, without its query', async () => {
  const { lines, server, url } = await serve(1);
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  await (
    await fetch(`${url}/v2/models/m?token=secret`, { headers: { traceparent, 'user-agent': 'me' } })
  ).text();
  const gone = get(`${url}/slow`);
  gone.on('error', () => undefined);
  await once(server, 'request');
  gone.destroy();
  while (lines.length < 2) await new Promise((turn) => setTimeout(turn, 1));
  server.close();
  expect(lines).toEqual([
    expect.objectContaining({
      log: 'access',
      service: 's',
      protocol: 'http',
      method: 'GET',
      path: '/v2/models/m',
      status: 200,
      ms: 1.235,
      peer: '127.0.0.1',
      agent: 'me',
      trace: 'a'.repeat(32),
    }),
    expect.objectContaining({ path: '/slow', status: 499 }),
  ]);
});

it('writes a share of those that did not fail, and each that did', async () => {
  let n = 0;
  const { lines, server, url } = await serve(0.25, () => (n++ % 4) / 4);
  for (let i = 0; i < 8; i++) await (await fetch(`${url}/${i}`)).text();
  await (await fetch(`${url}/broken`)).text();
  while (lines.length < 3) await new Promise((turn) => setTimeout(turn, 1));
  server.close();
  expect(lines.map(({ path, status }) => [path, status])).toEqual([
    ['/0', 200],
    ['/4', 200],
    ['/broken', 500],
  ]);
});

it('opens standard output', async () => {
  const log = new AccessLog({ share: 1, service: 's', instance: 'i' });
  await log.close();
  expect(log.dropped).toBe(0);
});
