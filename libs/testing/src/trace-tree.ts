import type { ReceivedSpan } from './otlp-collector';

/**
 * The spans of one trace as an indented text, a child below its parent, children in the order of their names; a span whose parent did
 * not arrive stands at the left. `times` adds when each began (from the first one's start on) and how long it took, in milliseconds.
 */
export const renderTrace = (
  spans: readonly ReceivedSpan[],
  { times = false }: { readonly times?: boolean } = {},
): string => {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const zero = spans.reduce(
    (first, { startNs }) => (startNs < first ? startNs : first),
    spans[0]?.startNs ?? 0n,
  );
  const lines = (parent: string | undefined, depth: number): string[] =>
    spans
      .filter(({ parentSpanId }) => (known.has(parentSpanId) ? parentSpanId : undefined) === parent)
      .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.startNs < b.startNs ? -1 : 1))
      .flatMap((span) => [
        `${'  '.repeat(depth)}${span.name}  [${span.service}]${times ? timesOf(span, zero) : ''}`,
        ...lines(span.spanId, depth + 1),
      ]);
  return lines(undefined, 0).join('\n');
};

const timesOf = ({ startNs, endNs }: ReceivedSpan, zero: bigint): string =>
  `  +${milliseconds(startNs - zero)} ms, ${milliseconds(endNs - startNs)} ms`;

const milliseconds = (ns: bigint): string => (Number(ns) / 1e6).toFixed(1);
