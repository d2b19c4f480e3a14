import { tracing as sdk } from '@opentelemetry/sdk-node';
import { Refused } from '#kernel';
import { AccessLog, IdSource, Sampling, Tracing, createMetrics } from '#runtime';
import type { InferAnswer, InferCall, ServedModel } from '../inference';
import { Lane } from '../inference/lane';
import { InferenceObserver } from './inference-observer';

const lane = (): Lane => new Lane({});
const servedBy = (version: string, of = lane()): ServedModel =>
  ({ name: 'fraud', version, route: 'champion', model: 'fraud', lane: of }) as ServedModel;
const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

const callOf = (more: Partial<InferCall> = {}): InferCall => ({
  model: 'fraud',
  rows: 2,
  matrix: new Float32Array(2),
  protocol: 'rest-v2',
  inputMs: 1,
  ...more,
});
const answerOf = (served: ServedModel): InferAnswer => ({ served }) as InferAnswer;
const times = (totalMs: number, inferMs = 1, scoredMs?: number) => ({
  beganMs: performance.now() - totalMs,
  totalMs,
  inferMs,
  scoredMs,
});

const traced = () => {
  const ids = new IdSource();
  const exporter = new sdk.InMemorySpanExporter();
  const provider = new sdk.BasicTracerProvider({
    idGenerator: ids,
    spanProcessors: [new sdk.SimpleSpanProcessor(exporter)],
  });
  const tracing = new Tracing(provider.getTracer('test'), ids, new Sampling('parentbased_always_off'), () =>
    Promise.resolve(),
  );
  return { exporter, tracer: tracing.requests };
};

it("counts under Triton's names and its own", async () => {
  const metrics = createMetrics();
  const observer = new InferenceObserver(metrics);
  const served = servedBy('3');
  for (const totalMs of [1, 8]) {
    served.lane.statistics.answered(2, totalMs, 0.5, 1, 0);
    observer.answered(callOf(), answerOf(served), times(totalMs));
  }
  served.lane.statistics.executed(4, 0.5);
  served.lane.statistics.executed(3, 0.5);
  const refused = (code: 'PLAYHEAD_OVERLOADED' | 'PLAYHEAD_NOT_FOUND') => new Refused(code, 'no');
  observer.failed(callOf({ protocol: 'grpc' }), refused('PLAYHEAD_OVERLOADED'), 2, served);
  observer.failed(callOf({ model: 'nobody' }), refused('PLAYHEAD_NOT_FOUND'), 2, undefined);
  observer.failed(callOf(), new Error('broken'), 2, served);
  const lines = (await metrics.render()).split('\n');
  const of = 'model="fraud",version="3"';
  expect(lines).toEqual(
    expect.arrayContaining([
      `nv_inference_request_success{${of}} 2`,
      `nv_inference_request_failure{${of},reason="REJECTED"} 1`,
      `nv_inference_request_failure{${of},reason="BACKEND"} 1`,
      `nv_inference_count{${of}} 4`,
      `nv_inference_exec_count{${of}} 2`,
      `nv_inference_request_duration_us{${of}} 11000`,
      `nv_inference_queue_duration_us{${of}} 8000`,
      `nv_inference_compute_input_duration_us{${of}} 2000`,
      `nv_inference_compute_infer_duration_us{${of}} 1000`,
      `nv_inference_compute_output_duration_us{${of}} 0`,
      `nv_inference_pending_request_count{${of}} 0`,
      `playhead_serving_request_seconds_bucket{protocol="rest-v2",${of},status="ok",le="0.002"} 1`,
      `playhead_serving_request_seconds_bucket{protocol="rest-v2",${of},status="ok",le="0.01"} 2`,
      `playhead_serving_request_seconds_count{protocol="grpc",${of},status="PLAYHEAD_OVERLOADED"} 1`,
      `playhead_serving_request_seconds_count{protocol="rest-v2",model="",version="",status="PLAYHEAD_NOT_FOUND"} 1`,
      `playhead_serving_request_seconds_count{protocol="rest-v2",${of},status="PLAYHEAD_DEFECT"} 1`,
      `playhead_serving_batch_rows_bucket{${of},le="2"} 0`,
      `playhead_serving_batch_rows_bucket{${of},le="4"} 2`,
      `playhead_serving_batch_rows_sum{${of}} 7`,
      `playhead_serving_shed_requests_total{${of}} 1`,
    ]),
  );
});

it('records the span of a sampled request, its parts below it, and its trace as exemplar', async () => {
  const { exporter, tracer } = traced();
  const metrics = createMetrics();
  const observer = new InferenceObserver(metrics, tracer);
  const served = servedBy('3');
  observer.answered(callOf({ traceparent: PARENT, id: 'r1' }), answerOf(served), times(10, 2, 6));
  observer.answered(callOf(), answerOf(served), times(10));
  observer.failed(
    callOf({ traceparent: PARENT, protocol: 'grpc' }),
    new Refused('PLAYHEAD_OVERLOADED', 'no'),
    1,
    served,
  );
  const spans = exporter.getFinishedSpans();
  const ms = ([seconds, ns]: readonly [number, number]): number => seconds * 1_000 + ns / 1e6;
  const server = spans.find(({ name }) => name === 'POST /v2/models/{model}/infer')!;
  expect(server.parentSpanContext).toMatchObject({ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) });
  expect(server.attributes).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v2/models/{model}/infer',
    'oip.model.name': 'fraud',
    'oip.model.version': '3',
    'oip.request.rows': 2,
    'oip.request.id': 'r1',
    'playhead.model': 'fraud',
    'playhead.route': 'champion',
  });
  const parts = spans.filter(
    ({ parentSpanContext }) => parentSpanContext?.spanId === server.spanContext().spanId,
  );
  expect(parts.map(({ name, duration }) => [name, Math.round(ms(duration))])).toEqual([
    ['decode', 1],
    ['queue', 4],
    ['compute', 2],
    ['log', 4],
  ]);
  const failed = spans.find(({ name }) => name === 'inference.GRPCInferenceService/ModelInfer')!;
  expect(failed).toMatchObject({
    status: { code: 2, message: 'no' },
    attributes: { 'error.type': 'PLAYHEAD_OVERLOADED' },
  });
  expect(spans).toHaveLength(6);
  const exemplars = (await metrics.render('openmetrics')).split('\n').filter((line) => line.includes(' # {'));
  expect(exemplars).toEqual([
    expect.stringMatching(
      new RegExp(
        `le="0\\.025"\\} 2 # \\{trace_id="${'a'.repeat(32)}",span_id="${server.spanContext().spanId}"\\} 0\\.011 \\d`,
      ),
    ),
    expect.stringContaining('PLAYHEAD_OVERLOADED'),
  ]);
});

it('writes a line for each call over gRPC, and of a share of them, those that failed by our fault', () => {
  const lines: Record<string, unknown>[] = [];
  const to = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  const observing = (share: number): InferenceObserver => {
    const log = new AccessLog({ share, service: 'serving', instance: 'test' }, to);
    return new InferenceObserver(createMetrics(), undefined, log);
  };
  const served = servedBy('3');
  const call = callOf({ protocol: 'grpc', traceparent: PARENT, id: 'r1' });
  observing(1).answered(call, answerOf(served), times(3));
  observing(1).answered(callOf(), answerOf(served), times(3));
  observing(0).answered(call, answerOf(served), times(3));
  observing(0).failed(call, new Refused('PLAYHEAD_INFERENCE_INVALID', 'yours'), 3, served);
  observing(0).failed(call, new Error('ours'), 3, served);
  const line = {
    log: 'access',
    protocol: 'grpc',
    path: '/inference.GRPCInferenceService/ModelInfer',
    trace: 'a'.repeat(32),
    id: 'r1',
    rows: 2,
    model: 'fraud',
    version: '3',
    route: 'champion',
    ms: 4,
  };
  expect(lines).toEqual([
    expect.objectContaining({ ...line, status: 'ok', failed: false }),
    expect.objectContaining({ ...line, status: 'PLAYHEAD_DEFECT', failed: true }),
  ]);
});
