import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { HEADERS } from '#contracts';
import { HeaderList, type HeaderEntry } from '#eventlog';
import type { Sampling } from './sampling';
import { batchSendAttributes } from './span-attributes';
import type { Spans } from './spans';
import { SAMPLED, contextHeaders, contextOf } from './trace-context';
import { wordsOf } from './trace-ids';

export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The sending of what one request brought. */
export interface DoorSend {
  /** The context for the records. */
  readonly headers: readonly HeaderEntry[];
  /** Ends the span when they are durable, or when it is known that they are not. */
  until<T>(appended: Promise<T>): Promise<T>;
}

/** The context headers of a request, as a record has them; empty where the request brings no valid context. */
export const carriedContext = (request: RequestHeaders): readonly HeaderEntry[] => {
  const parent = request[HEADERS.traceparent];
  const headers = typeof parent === 'string' ? [[HEADERS.traceparent, Buffer.from(parent)] as const] : [];
  return contextOf(new HeaderList(headers)) ? headers : [];
};

/** The span `<topic> send` of a door, below the sampled context that a request came with; without one, whoever reads the records decides. */
export class DoorTracer {
  constructor(
    private readonly spans: Spans,
    private readonly sampling: Sampling,
  ) {}

  sending(topic: string, request: RequestHeaders, records: number): DoorSend | undefined {
    const state = request[HEADERS.tracestate];
    const parent = contextOf(
      new HeaderList([
        ...carriedContext(request),
        ...(typeof state === 'string' ? [[HEADERS.tracestate, Buffer.from(state)] as const] : []),
      ]),
    );
    if (!parent || !this.sampling.continues(parent.flags, () => wordsOf(parent.traceId))) return undefined;
    const span = this.spans.start(
      `${topic} send`,
      { kind: SpanKind.PRODUCER, attributes: batchSendAttributes(topic, records) },
      parent,
    );
    const { spanId } = span.spanContext();
    return {
      headers: contextHeaders({ ...parent, spanId, flags: parent.flags | SAMPLED }),
      until: async (appended) => {
        try {
          return await appended;
        } catch (error) {
          span.setStatus({ code: SpanStatusCode.ERROR });
          throw error;
        } finally {
          span.end();
        }
      },
    };
  }
}
