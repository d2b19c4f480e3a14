import { SpanStatusCode, type Attributes, type Span, type SpanKind } from '@opentelemetry/api';
import type { Sampling } from './sampling';
import type { Spans } from './spans';
import { parseTraceparent, type TraceContext } from './trace-context';
import { hexOf, wordsOf, type TraceWords } from './trace-ids';

/** A request whose trace is recorded: below the span it came from, or the first of its trace. */
export interface RequestTrace {
  readonly traceId: string;
  readonly parent?: TraceContext;
}

/** A stretch of time with a name, on the clock of `performance.now()`. */
export interface Stretch {
  readonly name: string;
  readonly beganMs: number;
  readonly endedMs: number;
}

export interface FinishedRequest extends Stretch {
  readonly kind: SpanKind;
  readonly attributes: Attributes;
  /** Why it failed; absent where it did not. */
  readonly failure?: string;
  /** Within it. */
  readonly parts?: readonly Stretch[];
}

/** No valid `traceparent` of today is longer; later versions may append. */
const MAX_TRACEPARENT = 256;

/** The spans of requests at the doors. Whether one is recorded is decided as for records: by the trace's id and what its beginner said. */
export class RequestTracer {
  constructor(
    private readonly spans: Spans,
    private readonly sampling: Sampling,
    private readonly words: () => TraceWords = randomWords,
  ) {}

  /** Undefined where the trace is not recorded. A `traceparent` that is not valid counts as none. */
  traceOf(traceparent: string | undefined): RequestTrace | undefined {
    const parent =
      traceparent === undefined || traceparent.length > MAX_TRACEPARENT
        ? undefined
        : parseTraceparent(traceparent);
    if (!parent) {
      const words = this.words();
      return this.sampling.begins(words) ? { traceId: hexOf(words) } : undefined;
    }
    const { traceId } = parent;
    return this.sampling.continues(parent.flags, () => wordsOf(traceId)) ? { traceId, parent } : undefined;
  }

  /** A span that is ended by whoever asked for it; it begins now. */
  begin(trace: RequestTrace, name: string, kind: SpanKind, attributes: Attributes): Span {
    return this.spans.start(name, { kind, attributes }, trace.parent, { traceId: trace.traceId });
  }

  /** Records what is over already, with its parts as children. Returns the id of its span. */
  record({ parent, traceId }: RequestTrace, request: FinishedRequest): string {
    // One reading of both clocks: the SDK would take one for each span, and a child could begin before its parent.
    const epochMs = Date.now() - performance.now();
    const { name, kind, attributes, beganMs, endedMs, failure, parts = [] } = request;
    const options = { kind, attributes, startTime: epochMs + beganMs };
    const span = this.spans.start(name, options, parent, { traceId });
    const { spanId, traceFlags } = span.spanContext();
    for (const part of parts) {
      this.spans
        .start(part.name, { startTime: epochMs + part.beganMs }, { traceId, spanId, flags: traceFlags })
        .end(epochMs + part.endedMs);
    }
    if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
    span.end(epochMs + endedMs);
    return spanId;
  }
}

/** Ids need to differ, not to be secret; asked for each request that brings no context. */
const randomWords = (): TraceWords => [randomWord(), randomWord(), randomWord(), randomWord()];
const randomWord = (): number => (Math.random() * 4294967296) >>> 0;
