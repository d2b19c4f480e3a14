import { SpanKind, SpanStatusCode, type Span } from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { formatTraceparent } from '../tracing/trace-context';
import type { RequestTracer } from '../tracing/request-tracer';

/** What is asked every few seconds and tells nothing. */
const UNTRACED = /^\/(health\/|metrics$|openapi\.json$)/;

/**
 * A server span for each request of the framework's doors whose trace is recorded (HTTP semantic conventions of OpenTelemetry). What the
 * door does further sees the span as the `traceparent` that the request came with.
 */
export const traceDoors = (server: FastifyInstance, tracer: RequestTracer): void => {
  const spans = new WeakMap<FastifyRequest, Span>();
  server.addHook('onRequest', (request, _reply, done) => {
    const path = pathOf(request.url);
    const { traceparent } = request.headers;
    const trace = UNTRACED.test(path)
      ? undefined
      : tracer.traceOf(typeof traceparent === 'string' ? traceparent : undefined);
    if (trace) {
      const route = request.routeOptions.url;
      const span = tracer.begin(
        trace,
        route === undefined ? request.method : `${request.method} ${route}`,
        SpanKind.SERVER,
        {
          'http.request.method': request.method,
          'url.path': path,
          'url.scheme': 'http',
          ...(route !== undefined && { 'http.route': route }),
        },
      );
      spans.set(request, span);
      const { traceId, spanId, traceFlags } = span.spanContext();
      request.headers.traceparent = formatTraceparent({ traceId, spanId, flags: traceFlags });
    }
    done();
  });
  server.addHook('onResponse', (request, { statusCode }, done) => {
    const span = spans.get(request);
    if (span) {
      span.setAttribute('http.response.status_code', statusCode);
      if (statusCode >= 500) {
        span.setAttribute('error.type', String(statusCode));
        span.setStatus({ code: SpanStatusCode.ERROR });
      }
      span.end();
    }
    done();
  });
};

const pathOf = (url: string): string => {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
};
