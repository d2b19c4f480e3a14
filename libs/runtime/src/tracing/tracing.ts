import type { Tracer } from '@opentelemetry/api';
import type { RoundTracer, TracedFold } from '#eventlog';
import { DoorTracer } from './door-tracer';
import { FoldTracer } from './fold-tracer';
import { RequestTracer } from './request-tracer';
import type { Sampling } from './sampling';
import { Spans, type IdSource } from './spans';

/** Traces of one process. It is absent where tracing is off. */
export class Tracing {
  readonly door: DoorTracer;
  readonly requests: RequestTracer;
  private readonly spans: Spans;

  /** `ids` must be the source of ids of the SDK that `tracer` belongs to. */
  constructor(
    tracer: Tracer,
    ids: IdSource,
    private readonly sampling: Sampling,
    /** Exports what is left, within a limit. */
    readonly close: () => Promise<void>,
  ) {
    this.spans = new Spans(tracer, ids);
    this.door = new DoorTracer(this.spans, sampling);
    this.requests = new RequestTracer(this.spans, sampling);
  }

  fold(fold: TracedFold): RoundTracer {
    return new FoldTracer(fold, this.spans, this.sampling);
  }
}
