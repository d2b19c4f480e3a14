import { randomBytes } from 'node:crypto';
import {
  ROOT_CONTEXT,
  createTraceState,
  trace,
  type Context,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';
import type { TraceContext } from './trace-context';

export interface GivenIds {
  readonly traceId?: string;
  readonly spanId?: string;
}

/** The SDK's source of ids: those that were decided elsewhere, else random ones. */
export class IdSource {
  private given: GivenIds = {};

  generateTraceId(): string {
    return this.given.traceId ?? randomBytes(16).toString('hex');
  }

  generateSpanId(): string {
    return this.given.spanId ?? randomBytes(8).toString('hex');
  }

  /** Runs `start` with these ids. */
  give<T>(ids: GivenIds, start: () => T): T {
    this.given = ids;
    try {
      return start();
    } finally {
      this.given = {};
    }
  }
}

/** Starts spans whose ids were decided elsewhere. */
export class Spans {
  constructor(
    private readonly tracer: Tracer,
    private readonly ids: IdSource,
  ) {}

  /** A span below `parent`, or one that begins a trace. */
  start(name: string, options: SpanOptions, parent?: TraceContext, ids: GivenIds = {}): Span {
    const context = parent ? below(parent) : ROOT_CONTEXT;
    return this.ids.give(ids, () => this.tracer.startSpan(name, options, context));
  }
}

const below = ({ traceId, spanId, flags, state }: TraceContext): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: flags,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
