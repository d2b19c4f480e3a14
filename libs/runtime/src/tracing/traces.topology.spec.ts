/** A fold with traces on over the log in memory: what stands on the log must not depend on how it came there. */
import { tracing as sdk } from '@opentelemetry/sdk-node';
import { EnvelopeTemplate, HEADERS } from '#contracts';
import { NoControl, perRecord, type Fold, type HeaderEntry, type LogRecord } from '#eventlog';
import { formatPosition } from '#kernel';
import { ServiceWorld, settle } from '#testing';
import { ServiceLog } from '../service-log';
import { Sampling, type SamplerName } from './sampling';
import { IdSource } from './spans';
import { Tracing } from './tracing';

const SOURCE = 'a.numbers';
const OUTPUT = 'ingestion.totals';
const template = new EnvelopeTemplate({ type: 'ingestion.number.seen', source: SOURCE });

const fold: Fold<null, undefined> = {
  name: 'numbers',
  initial: () => null,
  process: perRecord((_, record, round) => {
    const headers = template.headers(
      formatPosition(record.partition, record.offset),
      '2026-01-01T00:00:00.000Z',
      round.controlHeader,
    );
    const { partition, offset, value } = record;
    round.emit({ topic: `t.${OUTPUT}`, partition, key: null, value, headers, source: offset, k: 0 });
  }),
  restore: { from: 'none' },
  total: true,
  dropSeen: false,
};

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
const NUMBERS = 60;

const worldWithNumbers = async (): Promise<ServiceWorld> => {
  const world = new ServiceWorld('ingestion');
  await world.topics(2, SOURCE, OUTPUT);
  for (let n = 0; n < NUMBERS; n++)
    await world.raw(SOURCE, Buffer.from(String(n)), {
      partition: n % 2,
      ...(n === 7 && { extra: [[HEADERS.traceparent, Buffer.from(PARENT)]] }),
    });
  return world;
};

const tracer = (sampler: SamplerName) => {
  const ids = new IdSource();
  const exporter = new sdk.InMemorySpanExporter();
  const spanProcessors = [new sdk.SimpleSpanProcessor(exporter)];
  const provider = new sdk.BasicTracerProvider({ idGenerator: ids, spanProcessors });
  return {
    exporter,
    tracing: new Tracing(provider.getTracer('test'), ids, new Sampling(sampler, 0.5), () =>
      Promise.resolve(),
    ),
  };
};

/** Folds until `until` outputs stand there (all of them by default), in rounds of at most `maxRecords`. */
const run = async (
  world: ServiceWorld,
  tracing?: Tracing,
  maxRecords = 2_000,
  until = NUMBERS,
): Promise<void> => {
  const ports = { ...world.ports, ...(tracing && { tracing }) };
  const log = new ServiceLog({ service: world.service, namespace: world.namespace }, ports, world.transport);
  await log.start();
  const runner = log.runner({ fold, source: SOURCE, primary: OUTPUT, control: new NoControl(), maxRecords });
  try {
    await runner.start();
    if (until < NUMBERS) await world.untilRecords(OUTPUT, until);
    else await settle(world.log, world.topic(SOURCE), runner);
  } finally {
    await runner.stop();
    await log.stop();
  }
};

const written = async (world: ServiceWorld): Promise<string[]> =>
  (await world.records(OUTPUT)).map(
    ({ partition, offset, headers }: LogRecord) =>
      `${partition}-${offset} ${headers
        .entries()
        .map(([name, value]: HeaderEntry) => `${name}=${String(value)}`)
        .join(' ')}`,
  );

it('writes the same records in one go, in rounds of one, and when it is started again half-way', async () => {
  const worlds = [await worldWithNumbers(), await worldWithNumbers(), await worldWithNumbers()] as const;
  await run(worlds[0], tracer('parentbased_traceidratio').tracing);
  await run(worlds[1], tracer('parentbased_traceidratio').tracing, 1);
  await run(worlds[2], tracer('parentbased_traceidratio').tracing, 1, NUMBERS / 2);
  await run(worlds[2], tracer('parentbased_traceidratio').tracing);
  const [whole, ones, again] = await Promise.all(worlds.map(written));
  expect(whole!.filter((line) => line.includes('traceparent=')).length).toBeGreaterThan(10);
  expect(whole!.filter((line) => line.includes('traceparent=')).length).toBeLessThan(50);
  expect(ones).toEqual(whole);
  expect(again).toEqual(whole);
});

it('changes nothing but the two headers', async () => {
  const [on, off] = [await worldWithNumbers(), await worldWithNumbers()];
  const { tracing, exporter } = tracer('parentbased_always_off');
  await run(on, tracing);
  await run(off);
  const [traced, plain] = [await written(on), await written(off)];
  expect(plain.some((line) => line.includes('trace'))).toBe(false);
  expect(traced.map((line) => line.replace(/ traceparent=\S+/, ''))).toEqual(plain);
  expect(traced.filter((line) => line.includes('traceparent='))).toEqual([
    expect.stringMatching(
      new RegExp(`ce_id=1-3 .* traceparent=00-${'a'.repeat(32)}-(?!b{16})[0-9a-f]{16}-01$`),
    ),
  ]);
  expect(exporter.getFinishedSpans().map(({ name }) => name)).toEqual([
    't.a.numbers process',
    't.ingestion.totals send',
    't.a.numbers process',
  ]);
});
