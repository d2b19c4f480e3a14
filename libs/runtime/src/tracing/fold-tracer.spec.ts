import { SpanKind, type Span } from '@opentelemetry/api';
import { tracing } from '@opentelemetry/sdk-node';
import { EnvelopeTemplate, HEADERS } from '#contracts';
import { HeaderList, type HeaderEntry, type LogRecord, type Output, type Slice } from '#eventlog';
import { formatPosition } from '#kernel';
import { FoldTracer } from './fold-tracer';
import { Sampling, type SamplerName } from './sampling';
import { IdSource, Spans } from './spans';

const SOURCE = 't.ingestion.inbox.payments';
const OUTPUT = 't.ingestion.observations.payments';
const fold = { topic: SOURCE, group: 't.ingestion.observe', enters: true };
const PARENT = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
const traceparent = (flags: string): HeaderEntry => [
  HEADERS.traceparent,
  Buffer.from(`00-${PARENT.traceId}-${PARENT.spanId}-${flags}`),
];

/** One process: what it wrote and what it exported. */
class Process {
  readonly exporter = new tracing.InMemorySpanExporter();
  private readonly ids = new IdSource();
  private readonly provider = new tracing.BasicTracerProvider({
    idGenerator: this.ids,
    spanProcessors: [new tracing.SimpleSpanProcessor(this.exporter)],
  });
  readonly spans = new Spans(this.provider.getTracer('test'), this.ids);

  run(
    slices: readonly Slice<unknown>[],
    outputs: Output[],
    sampler: SamplerName,
    traced = fold,
  ): readonly (string | undefined)[] {
    const tracer = new FoldTracer(traced, this.spans, new Sampling(sampler));
    tracer.folded(slices, outputs, 0, performance.now())?.acknowledged();
    return outputs.map(({ headers }) => new HeaderList(headers).text(HEADERS.traceparent));
  }

  /** Name, span id, parent's id. */
  exported(): string[] {
    return this.exporter
      .getFinishedSpans()
      .filter(({ attributes }) => attributes['messaging.batch.message_count'] === undefined)
      .map(
        (span) => `${span.name} ${span.spanContext().spanId} < ${span.parentSpanContext?.spanId ?? 'none'}`,
      )
      .sort();
  }
}

const record = (partition: number, offset: number, headers: readonly HeaderEntry[] = []): LogRecord => ({
  topic: SOURCE,
  partition,
  offset,
  timestamp: 1_700_000_000_000,
  key: null,
  value: Buffer.from('{}'),
  headers: new HeaderList(headers),
});
const slice = (...records: readonly LogRecord[]): Slice<unknown> => ({
  partition: records[0]!.partition,
  state: null,
  records,
});
const template = new EnvelopeTemplate({
  type: 'ingestion.observation.recorded',
  source: 'ingestion.inbox.payments',
});
const outputOf = ({ partition, offset, value }: LogRecord, more: Partial<Output> = {}): Output => ({
  topic: OUTPUT,
  partition,
  key: null,
  value,
  headers: template.headers(formatPosition(partition, offset), '2026-01-01T00:00:00.000Z'),
  source: offset,
  k: 0,
  ...more,
});

it('puts the hop of a sampled record below the span that it came from, and its outputs below the hop', () => {
  const process = new Process();
  const traced = record(0, 7, [traceparent('01'), [HEADERS.tracestate, Buffer.from('vendor=1')]]);
  const outputs = [outputOf(record(0, 6)), outputOf(traced), outputOf(traced, { topic: 't.notes', k: 1 })];
  const contexts = process.run([slice(record(0, 6), traced)], outputs, 'parentbased_always_off');
  expect(contexts).toEqual([
    undefined,
    `00-${PARENT.traceId}-e8ee3c281afa0b9d-01`,
    `00-${PARENT.traceId}-96306eec218923be-01`,
  ]);
  expect(new HeaderList(outputs[1]!.headers).text(HEADERS.tracestate)).toBe('vendor=1');
  expect(process.exported()).toEqual([
    `${SOURCE} process a9b6445bdf16a211 < ${PARENT.spanId}`,
    `${OUTPUT} send e8ee3c281afa0b9d < a9b6445bdf16a211`,
    't.notes send 96306eec218923be < a9b6445bdf16a211',
  ]);
});

it('has one span for the round, with links to and from its records', () => {
  const process = new Process();
  const records = [record(0, 7, [traceparent('01')]), record(0, 8), record(0, 9, [traceparent('03')])];
  process.run([slice(...records)], [], 'parentbased_always_off');
  const spans = process.exporter.getFinishedSpans();
  const round = spans.find(({ attributes }) => attributes['messaging.batch.message_count'] !== undefined)!;
  const hops = spans.filter((span) => span !== round);
  expect(round).toMatchObject({
    name: `${SOURCE} process`,
    kind: SpanKind.CONSUMER,
    parentSpanContext: undefined,
    attributes: {
      'messaging.system': 'kafka',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': SOURCE,
      'messaging.consumer.group.name': fold.group,
      'messaging.batch.message_count': 3,
    },
  });
  expect(round.links.map(({ context }) => context.spanId)).toEqual(
    hops.map((hop) => hop.spanContext().spanId),
  );
  expect(hops.map(({ links }) => links.map(({ context }) => context.spanId))).toEqual(
    hops.map(() => [round.spanContext().spanId]),
  );
  expect(hops.map(({ attributes }) => attributes['messaging.kafka.message.offset'])).toEqual([7, 9]);
});

it('writes the same headers and names the same spans, whatever the rounds are and whoever folds them', () => {
  const records = [0, 1].flatMap((partition) => [0, 1, 2, 3].map((offset) => record(partition, offset)));
  const together = new Process();
  const wholes = records.map((one) => outputOf(one));
  const contexts = together.run(
    [slice(...records.slice(0, 4)), slice(...records.slice(4))],
    wholes,
    'always_on',
  );
  const apart = new Process();
  const singles = records
    .toReversed()
    .flatMap((one) => apart.run([slice(one)], [outputOf(one)], 'always_on'));
  expect(contexts.every((context) => context !== undefined)).toBe(true);
  expect(new Set(contexts).size).toBe(8);
  expect(singles.toReversed()).toEqual(contexts);
  expect(apart.exported()).toEqual(together.exported());
});

it('begins traces where records enter, and where they do not say from what they were made', () => {
  const derived = record(0, 1, [[HEADERS.id, Buffer.from('0-77')]]);
  const request = record(0, 2, [[HEADERS.id, Buffer.from('request-1')]]);
  const begun = (enters: boolean): boolean[] =>
    new Process()
      .run([slice(derived, request)], [outputOf(derived), outputOf(request)], 'parentbased_always_on', {
        ...fold,
        enters,
      })
      .map((context) => context !== undefined);
  expect([begun(true), begun(false)]).toEqual([
    [true, true],
    [false, true],
  ]);
});

it('leaves a record alone that the sender did not sample', () => {
  const process = new Process();
  const unsampled = record(0, 1, [traceparent('00')]);
  const output = outputOf(unsampled);
  const { headers } = output;
  const outputs = [output];
  process.run([slice(unsampled)], outputs, 'parentbased_always_on');
  expect(outputs[0]!.headers).toBe(headers);
  expect(process.exporter.getFinishedSpans()).toEqual([]);
});

it('tells a moved copy from what the partition that it goes to gives', () => {
  const process = new Process();
  const [lost, there] = [record(0, 5, [[HEADERS.id, Buffer.from('1-5')], traceparent('01')]), record(1, 5)];
  const moved = outputOf(lost, {
    topic: SOURCE,
    partition: 1,
    headers: [...lost.headers.entries(), [HEADERS.movedFrom, Buffer.from('0-5')]],
  });
  const contexts = process.run(
    [slice(lost), slice(there)],
    [moved, outputOf(there)],
    'parentbased_always_off',
  );
  expect(contexts[0]).toMatch(new RegExp(`^00-${PARENT.traceId}-(?!${PARENT.spanId})[0-9a-f]{16}-01$`));
  expect(contexts[1]).toBeUndefined();
});

it('lets no span begin before the one above it', () => {
  const process = new Process();
  const traced = record(0, 7, [traceparent('01')]);
  process.run([slice(traced)], [outputOf(traced)], 'parentbased_always_off');
  const nanoseconds = ([seconds, rest]: readonly [number, number]): bigint =>
    BigInt(seconds) * 1_000_000_000n + BigInt(rest);
  const [hop, send, round] = process.exporter.getFinishedSpans();
  expect(hop!.startTime).toEqual(round!.startTime);
  expect(send!.startTime).toEqual(hop!.endTime);
  expect(nanoseconds(send!.endTime) >= nanoseconds(send!.startTime)).toBe(true);
});

it('ends what sends when it is acknowledged, and not before', () => {
  const process = new Process();
  const traced = record(0, 7, [traceparent('01')]);
  const tracer = new FoldTracer(fold, process.spans, new Sampling());
  const trace = tracer.folded([slice(traced)], [outputOf(traced)], 0, performance.now());
  const names = (): string[] =>
    process.exporter
      .getFinishedSpans()
      .map((span: Pick<Span, 'spanContext'> & { name: string }) => span.name);
  expect(names()).toEqual([`${SOURCE} process`]);
  trace!.acknowledged();
  expect(names()).toEqual([`${SOURCE} process`, `${OUTPUT} send`, `${SOURCE} process`]);
});
