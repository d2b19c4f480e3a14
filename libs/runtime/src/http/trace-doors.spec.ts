import { SpanKind } from '@opentelemetry/api';
import { tracing as sdk } from '@opentelemetry/sdk-node';
import fastify, { type FastifyInstance } from 'fastify';
import { RequestTracer } from '../tracing/request-tracer';
import { Sampling, type SamplerName } from '../tracing/sampling';
import { IdSource, Spans } from '../tracing/spans';
import { traceDoors } from './trace-doors';

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}`;

/** Doors that answer with the `traceparent` that they see. */
const doors = (sampler: SamplerName): { server: FastifyInstance; exporter: sdk.InMemorySpanExporter } => {
  const ids = new IdSource();
  const exporter = new sdk.InMemorySpanExporter();
  const provider = new sdk.BasicTracerProvider({
    idGenerator: ids,
    spanProcessors: [new sdk.SimpleSpanProcessor(exporter)],
  });
  const server = fastify();
  traceDoors(server, new RequestTracer(new Spans(provider.getTracer('test'), ids), new Sampling(sampler)));
  server.get('/v1/things/:name', (request) => request.headers.traceparent ?? 'none');
  server.get('/health/live', () => 'live');
  server.get('/broken', (_, reply) => reply.status(503).send('away'));
  return { server, exporter };
};

const servers: FastifyInstance[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close())));

const get = async (server: FastifyInstance, path: string, flags?: string): Promise<string> => {
  if (!servers.includes(server)) {
    servers.push(server);
    await server.listen({ port: 0, host: '127.0.0.1' });
  }
  const { port } = server.server.address() as { port: number };
  const headers: Record<string, string> = flags === undefined ? {} : { traceparent: `${PARENT}-${flags}` };
  return (await fetch(`http://127.0.0.1:${port}${path}`, { headers })).text();
};

it('has a server span for a request, below the one it came from, and the door sees it', async () => {
  const { server, exporter } = doors('parentbased_always_off');
  const seen = await get(server, '/v1/things/a?secret=1', '01');
  const [span] = exporter.getFinishedSpans();
  expect(span).toMatchObject({
    name: 'GET /v1/things/:name',
    kind: SpanKind.SERVER,
    parentSpanContext: { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
    attributes: {
      'http.request.method': 'GET',
      'http.route': '/v1/things/:name',
      'http.response.status_code': 200,
      'url.path': '/v1/things/a',
    },
  });
  expect(seen).toBe(`00-${'a'.repeat(32)}-${span!.spanContext().spanId}-01`);
});

it('leaves alone what its beginner did not sample, and what brings no context where none begins', async () => {
  const { server, exporter } = doors('parentbased_always_off');
  expect(await get(server, '/v1/things/a', '00')).toBe(`${PARENT}-00`);
  expect(await get(server, '/v1/things/a')).toBe('none');
  expect(exporter.getFinishedSpans()).toEqual([]);
});

it('begins traces, but for what is asked every few seconds, and tells failures', async () => {
  const { server, exporter } = doors('parentbased_always_on');
  await get(server, '/health/live');
  await get(server, '/broken');
  await get(server, '/nowhere');
  expect(exporter.getFinishedSpans().map(({ name, status }) => [name, status.code])).toEqual([
    ['GET /broken', 2],
    ['GET', 0],
  ]);
});
