import { SpanKind, type Span } from '@opentelemetry/api';
import { HEADERS, sourcePositionOf } from '#contracts';
import {
  HeaderList,
  type LogRecord,
  type Output,
  type RoundTrace,
  type RoundTracer,
  type Slice,
  type TracedFold,
} from '#eventlog';
import { formatPosition, tryParsePosition } from '#kernel';
import type { Sampling } from './sampling';
import { recordAttributes, roundAttributes, sendAttributes } from './span-attributes';
import type { Spans } from './spans';
import { SAMPLED, contextOf, withContext, type TraceContext } from './trace-context';
import { hexOf, seedOf, spanIdOf, traceWordsOf, wordsOf, type TraceWords } from './trace-ids';

/** A record whose trace is recorded: what it came with, or the id of the trace that begins with it. */
interface Sampled {
  readonly record: LogRecord;
  readonly traceId: string;
  readonly parent?: TraceContext;
}

/**
 * The spans of one fold: `<source> process` for each sampled record, `<output> send` for each output made from one, and one span
 * for the round with links to its records. Their ids are hashes of the trace, the positions and the topics (ADR 0016), since those of
 * the send spans stand in the outputs.
 */
export class FoldTracer implements RoundTracer {
  private readonly seed: TraceWords;

  constructor(
    private readonly fold: TracedFold,
    private readonly spans: Spans,
    private readonly sampling: Sampling,
  ) {
    this.seed = seedOf(fold.topic);
  }

  folded(
    slices: readonly Slice<unknown>[],
    outputs: Output[],
    from: number,
    beganMs: number,
  ): RoundTrace | undefined {
    const sampled: Sampled[] = [];
    let records = 0;
    for (const slice of slices) {
      records += slice.records.length;
      for (const record of slice.records) {
        const traced = this.look(record);
        if (traced) sampled.push(traced);
      }
    }
    if (sampled.length === 0) return undefined;
    // One reading of both clocks for a round: the SDK would take one for each span, and a child could begin before its parent.
    const epochMs = Date.now() - performance.now();
    const now = (): number => epochMs + performance.now();
    const began = epochMs + beganMs;
    const ended = now();
    const round = this.startRound(records, began);
    const hops = new Map<string, TraceContext>();
    const offsets = new Set<number>();
    for (const one of sampled) {
      const { partition, offset } = one.record;
      hops.set(formatPosition(partition, offset), this.process(one, round, began, ended));
      offsets.add(offset);
    }
    const sends: Span[] = [];
    for (let i = from; i < outputs.length; i++) {
      const output = outputs[i]!;
      const hop = offsets.has(output.source) ? hops.get(this.sourceOf(output) ?? '') : undefined;
      if (!hop) continue;
      const spanId = spanIdOf(hop.traceId, 'send', hop.spanId, output.topic, output.partition, output.k);
      outputs[i] = { ...output, headers: withContext(output.headers, { ...hop, spanId }) };
      sends.push(this.startSend(output, hop, spanId, ended));
    }
    return {
      acknowledged: () => {
        const acknowledged = now();
        for (const send of sends) send.end(acknowledged);
        round.end(acknowledged);
      },
    };
  }

  /**
   * A record that brings no context begins a trace only where it enters: what is made from a record that was not sampled must not be
   * drawn again at every hop.
   */
  private look(record: LogRecord): Sampled | undefined {
    const parent = contextOf(record.headers);
    if (parent) {
      const { traceId, flags } = parent;
      return this.sampling.continues(flags, () => wordsOf(traceId)) ? { record, traceId, parent } : undefined;
    }
    const { partition, offset, timestamp, headers } = record;
    const words = traceWordsOf(this.seed, partition, offset, timestamp);
    if (!this.sampling.begins(words)) return undefined;
    if (!this.fold.enters && sourcePositionOf(headers)) return undefined;
    return { record, traceId: hexOf(words) };
  }

  private startRound(records: number, began: number): Span {
    const { topic, group } = this.fold;
    return this.spans.start(`${topic} process`, {
      kind: SpanKind.CONSUMER,
      startTime: began,
      attributes: roundAttributes(topic, group, records),
    });
  }

  /** The span of one record, ended; gives the context of what is made from it. */
  private process(
    { record: { partition, offset }, traceId, parent }: Sampled,
    round: Span,
    began: number,
    ended: number,
  ): TraceContext {
    const { topic, group } = this.fold;
    const spanId = spanIdOf(traceId, 'process', group, partition, offset);
    const span = this.spans.start(
      `${topic} process`,
      {
        kind: SpanKind.CONSUMER,
        startTime: began,
        attributes: recordAttributes(topic, group, partition, offset),
        links: [{ context: round.spanContext() }],
      },
      parent,
      { traceId, spanId },
    );
    round.addLink({ context: span.spanContext() });
    span.end(ended);
    return { traceId, spanId, flags: (parent?.flags ?? 0) | SAMPLED, state: parent?.state };
  }

  private startSend(
    { topic, partition }: Output,
    hop: TraceContext,
    spanId: string,
    startTime: number,
  ): Span {
    return this.spans.start(
      `${topic} send`,
      { kind: SpanKind.PRODUCER, startTime, attributes: sendAttributes(topic, partition) },
      hop,
      { spanId },
    );
  }

  /**
   * The position of the record that an output was made from, as its headers say: its id, or, of a record that was moved within its
   * topic and keeps the headers that it had, where it came from. Undefined where they do not say it.
   */
  private sourceOf({ topic, headers }: Output): string | undefined {
    const moved = topic === this.fold.topic;
    const text = new HeaderList(headers).text(moved ? HEADERS.movedFrom : HEADERS.id);
    const position = text === undefined ? undefined : tryParsePosition(text);
    return position && formatPosition(position.partition, position.offset);
  }
}
