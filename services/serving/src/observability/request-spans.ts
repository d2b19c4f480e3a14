import { SpanKind, type Attributes } from '@opentelemetry/api';
import { isPlatformError, messageOf } from '#kernel';
import type { RequestTrace, RequestTracer } from '#runtime';
import type { CallTimes, InferCall, ServedModel } from '../inference';

/** Spans are named by what was asked, not by whom; the model is an attribute. */
const SPANS: Readonly<
  Record<InferCall['protocol'], { name: string; kind: SpanKind; attributes: Attributes }>
> = {
  'rest-v2': {
    name: 'POST /v2/models/{model}/infer',
    kind: SpanKind.SERVER,
    attributes: { 'http.request.method': 'POST', 'http.route': '/v2/models/{model}/infer' },
  },
  'rest-v1': {
    name: 'POST /v1/models/{model}:predict',
    kind: SpanKind.SERVER,
    attributes: { 'http.request.method': 'POST', 'http.route': '/v1/models/{model}:predict' },
  },
  grpc: {
    name: 'inference.GRPCInferenceService/ModelInfer',
    kind: SpanKind.SERVER,
    attributes: {
      'rpc.system': 'grpc',
      'rpc.service': 'inference.GRPCInferenceService',
      'rpc.method': 'ModelInfer',
    },
  },
  // Below the server span of the door.
  predict: { name: 'infer', kind: SpanKind.INTERNAL, attributes: {} },
};

const attributesOf = (call: InferCall, served: ServedModel | undefined): Attributes => ({
  ...SPANS[call.protocol].attributes,
  'oip.model.name': call.model,
  'oip.request.rows': call.rows,
  ...(call.id !== undefined && { 'oip.request.id': call.id }),
  ...(served && {
    'oip.model.version': served.version,
    'playhead.model': served.model,
    'playhead.route': served.route,
  }),
});

/** The span of an answered call: decoding, waiting, the model, and the log where the answer waited for it. Returns the span's id. */
export const recordAnswered = (
  tracer: RequestTracer,
  trace: RequestTrace,
  call: InferCall,
  served: ServedModel,
  { beganMs, totalMs, inferMs, scoredMs = totalMs }: CallTimes,
): string => {
  const { name, kind } = SPANS[call.protocol];
  const scored = beganMs + scoredMs;
  const taken = scored - inferMs;
  const ended = beganMs + totalMs;
  const inputMs = call.inputMs ?? 0;
  return tracer.record(trace, {
    name,
    kind,
    attributes: attributesOf(call, served),
    beganMs: beganMs - inputMs,
    endedMs: ended,
    parts: [
      ...(inputMs > 0 ? [{ name: 'decode', beganMs: beganMs - inputMs, endedMs: beganMs }] : []),
      { name: 'queue', beganMs, endedMs: taken },
      { name: 'compute', beganMs: taken, endedMs: scored },
      ...(scoredMs < totalMs ? [{ name: 'log', beganMs: scored, endedMs: ended }] : []),
    ],
  });
};

export const recordFailed = (
  tracer: RequestTracer,
  trace: RequestTrace,
  call: InferCall,
  served: ServedModel | undefined,
  error: unknown,
  totalMs: number,
): string => {
  const { name, kind } = SPANS[call.protocol];
  const endedMs = performance.now();
  const code = isPlatformError(error) ? error.code : 'PLAYHEAD_DEFECT';
  return tracer.record(trace, {
    name,
    kind,
    attributes: { ...attributesOf(call, served), 'error.type': code },
    beganMs: endedMs - totalMs - (call.inputMs ?? 0),
    endedMs,
    failure: messageOf(error),
  });
};
