/** The whole service over the log in memory, asked at its doors: what Prometheus, a collector and the access log see of it. */
import { Metadata } from '@grpc/grpc-js';
import { tracing as sdk } from '@opentelemetry/sdk-node';
import { TOPICS } from '#contracts';
import {
  AccessLog,
  IdSource,
  Sampling,
  Tracing,
  loadConfig,
  startService,
  type RunningService,
} from '#runtime';
import { GrpcDoor } from '../oip/grpc';
import { GrpcClient } from '../oip/grpc/grpc-client.testing';
import { HttpDoor } from '../oip/http';
import { servingConfig } from '../serving.config';
import { ServingModule } from '../serving.module';
import { ServingWorld } from '../serving.testing';

const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const traceparent = `00-${PARENT.traceId}-${PARENT.spanId}-01`;

const lines: Record<string, unknown>[] = [];
const exporter = new sdk.InMemorySpanExporter();
let service: RunningService;

beforeAll(async () => {
  const world = await ServingWorld.make();
  await world.topics(1, TOPICS.models);
  await world.deploy(2);
  await world.vector(0, 3);
  const ids = new IdSource();
  const provider = new sdk.BasicTracerProvider({
    idGenerator: ids,
    spanProcessors: [new sdk.SimpleSpanProcessor(exporter)],
  });
  const tracing = new Tracing(provider.getTracer('test'), ids, new Sampling('parentbased_always_off'), () =>
    Promise.resolve(),
  );
  const to = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const accessLog = new AccessLog({ share: 1, service: 'serving', instance: 'test' }, to);
  service = await startService({
    config: loadConfig(servingConfig, {
      PLAYHEAD_PORT: '0',
      PLAYHEAD_SERVING_GRPC_PORT: '0',
      PLAYHEAD_NAMESPACE: world.namespace,
      PLAYHEAD_ARTIFACT_DIR: '/nowhere',
      PLAYHEAD_SEAL_RECORDS: '0',
    }),
    module: ServingModule,
    ports: { ...world.ports, tracing, accessLog },
    frontDoor: (app) => app.get(HttpDoor).handle,
  });
  await world.until('ready', async () => (await fetch(`${service.url}/health/ready`)).ok, 20_000);
}, 30_000);
afterAll(() => service?.stop());

const post = (path: string, body: unknown): Promise<Response> =>
  fetch(`${service.url}${path}`, {
    method: 'POST',
    headers: { traceparent, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const scraped = async (accept: string): Promise<string> =>
  (await fetch(`${service.url}/metrics`, { headers: { accept } })).text();

it('shows an inference to Prometheus, with its trace, to the collector and in the access log', async () => {
  const inputs = [{ name: 'input', datatype: 'FP32', shape: [2, 2], data: [3, 1, 5, 1] }];
  expect((await post('/v2/models/fraud/infer', { id: 'r1', inputs })).status).toBe(200);
  expect((await post('/v2/models/fraud/infer', { inputs: [] })).status).toBe(400);
  const of = '{model="fraud",version="2"}';
  const text = await scraped('text/plain');
  expect(text).toContain(`\nnv_inference_request_success${of} 1\n`);
  expect(text).toContain(`\nnv_inference_count${of} 2\n`);
  expect(text).toContain(`\nnv_inference_exec_count${of} 1\n`);
  expect(text).toContain('\nplayhead_serving_models_loaded{place="inline"} 1\n');
  const exemplar = (await scraped('application/openmetrics-text;version=1.0.0')).split('\n');
  const [bucket] = exemplar.filter((line) => line.includes(`trace_id="${PARENT.traceId}"`));
  expect(bucket).toMatch(
    /^playhead_serving_request_seconds_bucket\{protocol="rest-v2",model="fraud",version="2",status="ok"/,
  );
  expect(exemplar.at(-2)).toBe('# EOF');
  const spans = exporter.getFinishedSpans();
  const server = spans.find(({ name }) => name === 'POST /v2/models/{model}/infer')!;
  expect(server.parentSpanContext).toMatchObject(PARENT);
  expect(server.attributes).toMatchObject({
    'oip.request.id': 'r1',
    'oip.request.rows': 2,
    'playhead.route': 'champion',
  });
  expect(lines.filter(({ path }) => path === '/v2/models/fraud/infer')).toEqual([
    expect.objectContaining({ protocol: 'http', method: 'POST', status: 200, trace: PARENT.traceId }),
    expect.objectContaining({ status: 400 }),
  ]);
});

it('shows an inference over gRPC', async () => {
  exporter.reset();
  const client = new GrpcClient(`127.0.0.1:${service.app.get(GrpcDoor).port}`);
  const metadata = new Metadata();
  metadata.set('traceparent', traceparent);
  const contents = { fp32_contents: [3, 1] };
  const inputs = [{ name: 'input', datatype: 'FP32', shape: [1, 2], contents }];
  await client.call('ModelInfer', { model_name: 'fraud', inputs }, metadata);
  client.close();
  const server = exporter
    .getFinishedSpans()
    .find(({ name }) => name === 'inference.GRPCInferenceService/ModelInfer');
  expect(server).toMatchObject({ parentSpanContext: PARENT, attributes: { 'oip.model.version': '2' } });
  expect(lines.filter(({ protocol }) => protocol === 'grpc')).toEqual([
    expect.objectContaining({ status: 'ok', model: 'fraud', version: '2', rows: 1, trace: PARENT.traceId }),
  ]);
  expect(await scraped('text/plain')).toContain(
    'playhead_serving_request_seconds_count{protocol="grpc",model="fraud",version="2",status="ok"} 1\n',
  );
});

it('has a server span for the doors of the framework, and the inference below it', async () => {
  exporter.reset();
  const answer = await post('/v1/deployments/fraud/predict', { entity: { customer_id: 'C1' } });
  expect(answer.status).toBe(200);
  const spans = exporter.getFinishedSpans();
  const door = spans.find(({ name }) => name === 'POST /v1/deployments/:deployment/predict')!;
  expect(door).toMatchObject({
    parentSpanContext: PARENT,
    attributes: { 'http.response.status_code': 200 },
  });
  const infer = spans.find(({ name }) => name === 'infer')!;
  expect(infer.parentSpanContext).toMatchObject({
    traceId: PARENT.traceId,
    spanId: door.spanContext().spanId,
  });
});
