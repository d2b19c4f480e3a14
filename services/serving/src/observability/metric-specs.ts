import type { MetricSpec } from '#runtime';

const VERSION = { model: 'the name that was asked', version: 'the version that answered' } as const;

/** Names and meanings of Triton's metrics, so that dashboards for it show these doors. No `_total`: the names are as its users know them. */
export const TRITON_METRICS = {
  success: {
    name: 'nv_inference_request_success',
    kind: 'counter',
    unit: 'requests',
    labels: VERSION,
    help: 'inference requests that were answered',
  },
  failure: {
    name: 'nv_inference_request_failure',
    kind: 'counter',
    unit: 'requests',
    labels: { ...VERSION, reason: 'REJECTED (shed or too late), CANCELED, BACKEND or OTHER' },
    help: 'inference requests that failed',
  },
  count: {
    name: 'nv_inference_count',
    kind: 'counter',
    unit: 'rows',
    labels: VERSION,
    help: 'rows that were answered',
  },
  executions: {
    name: 'nv_inference_exec_count',
    kind: 'counter',
    unit: 'batches',
    labels: VERSION,
    help: 'runs of the model; fewer than requests where rows were scored together',
  },
  request: {
    name: 'nv_inference_request_duration_us',
    kind: 'counter',
    unit: 'us',
    labels: VERSION,
    help: 'time of answered requests from decoding to the answer, all together',
  },
  queue: {
    name: 'nv_inference_queue_duration_us',
    kind: 'counter',
    unit: 'us',
    labels: VERSION,
    help: 'time that requests waited for the model, and for the log where answers are logged durably',
  },
  input: {
    name: 'nv_inference_compute_input_duration_us',
    kind: 'counter',
    unit: 'us',
    labels: VERSION,
    help: 'time of decoding requests',
  },
  infer: {
    name: 'nv_inference_compute_infer_duration_us',
    kind: 'counter',
    unit: 'us',
    labels: VERSION,
    help: 'time that requests were in the model',
  },
  output: {
    name: 'nv_inference_compute_output_duration_us',
    kind: 'counter',
    unit: 'us',
    labels: VERSION,
    help: 'time of encoding answers',
  },
  pending: {
    name: 'nv_inference_pending_request_count',
    kind: 'gauge',
    unit: 'rows',
    labels: VERSION,
    help: 'rows that wait for the model',
  },
} as const satisfies Record<string, MetricSpec>;

/** What serving tells beside Triton's names. */
export const SERVING_METRICS = {
  requests: {
    name: 'playhead_serving_request_seconds',
    kind: 'histogram',
    unit: 'seconds',
    labels: {
      protocol: 'rest-v2, rest-v1, grpc or predict',
      model: 'the name that was asked; empty where there is none of it',
      version: 'the version that answered',
      status: 'ok, or the code of the error',
    },
    help: 'time of requests that reached a model, from decoding to the answer; with exemplars of traced ones in OpenMetrics',
    boundaries: [0.0001, 0.00025, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
  },
  batches: {
    name: 'playhead_serving_batch_rows',
    kind: 'histogram',
    unit: 'rows',
    labels: VERSION,
    help: 'rows that went through the model at once',
    boundaries: [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024],
  },
  shed: {
    name: 'playhead_serving_shed_requests_total',
    kind: 'counter',
    unit: 'requests',
    labels: VERSION,
    help: 'requests that were refused because too many rows waited',
  },
  loaded: {
    name: 'playhead_serving_models_loaded',
    kind: 'gauge',
    unit: 'models',
    labels: { place: 'inline or processes: where their rows are scored' },
    help: 'model files in memory',
  },
  memory: {
    name: 'playhead_serving_model_memory_bytes',
    kind: 'gauge',
    unit: 'bytes',
    labels: { artifact: 'first 12 digits of the digest of the file' },
    help: 'about what a model in memory takes',
  },
  unlogged: {
    name: 'playhead_serving_access_lines_dropped_total',
    kind: 'counter',
    unit: 'lines',
    labels: {},
    help: 'lines of the access log that standard output was too slow for',
  },
} as const satisfies Record<string, MetricSpec>;
