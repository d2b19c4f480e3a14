import { ANNOTATIONS, HEADERS } from '#contracts';
import type { HeaderEntry, NewHeader, RecordHeaders } from '#eventlog';

/** Where a record stands in a trace, as W3C Trace Context says it in `traceparent` and `tracestate`. */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits: the span that the record was sent by. */
  readonly spanId: string;
  /** Eight bits; the lowest one says that the trace is sampled. */
  readonly flags: number;
  /** What other tracing systems add for each other; carried as it is. */
  readonly state?: string;
}

export const SAMPLED = 1;

const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** No valid `traceparent` of version 00 is longer; later versions may append, and what is absurd is not looked at. */
const MAX_TRACEPARENT = 256;
/** The specification asks for 512 characters at least to be carried. */
const MAX_TRACESTATE = 512;

/** Reads a `traceparent`; undefined where it is not valid (https://www.w3.org/TR/trace-context/, section 3.2). */
export const parseTraceparent = (text: string): TraceContext | undefined => {
  const match = TRACEPARENT.exec(text);
  if (!match) return undefined;
  const [version, traceId, spanId, flags] = match.slice(1, 5) as [string, string, string, string];
  const more = match[5];
  if (version === 'ff' || (version === '00' && more !== undefined)) return undefined;
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, flags: parseInt(flags, 16) };
};

export const formatTraceparent = ({ traceId, spanId, flags }: TraceContext): string =>
  `00-${traceId}-${spanId}-${(flags & 0xff).toString(16).padStart(2, '0')}`;

/** The context that a record came with. */
export const contextOf = (headers: Pick<RecordHeaders, 'get'>): TraceContext | undefined => {
  const parent = headers.get(HEADERS.traceparent);
  if (!parent || parent.length > MAX_TRACEPARENT) return undefined;
  const context = parseTraceparent(parent.toString('latin1'));
  const state = context && headers.get(HEADERS.tracestate);
  return state && isState(state) ? { ...context, state: state.toString('latin1') } : context;
};

/** Printable ASCII, and not too much of it. */
const isState = (state: Buffer): boolean =>
  state.length > 0 && state.length <= MAX_TRACESTATE && state.every((byte) => byte >= 0x20 && byte < 0x7f);

/** The context as headers. */
export const contextHeaders = (context: TraceContext): HeaderEntry[] => [
  [HEADERS.traceparent, Buffer.from(formatTraceparent(context))],
  ...(context.state === undefined ? [] : ([[HEADERS.tracestate, Buffer.from(context.state)]] as const)),
];

/**
 * The headers with another context: in the place of the first one, else at the end. (Of a dead letter the original headers stand in
 * front; so what is driven again from it goes on in its trace.)
 */
export const withContext = (headers: readonly NewHeader[], context: TraceContext): NewHeader[] => {
  const first = headers.findIndex(isOfTrace);
  const others = headers.filter((header) => !isOfTrace(header));
  others.splice(first < 0 ? others.length : first, 0, ...contextHeaders(context));
  return others;
};

const isOfTrace = ([name]: NewHeader): boolean => ANNOTATIONS.includes(name);
