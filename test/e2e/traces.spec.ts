/**
 * One event from its producer to the last fold of monitoring, as one trace, through six services that export to a collector of the
 * test; what stands on the log while tracing is off; and a collector that hangs.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HEADERS, TOPICS, sourcePositionOf, type CompiledStream } from '#contracts';
import { readTopic, type HeaderEntry, type LogRecord } from '#eventlog';
import { partitionOf } from '#kernel';
import { OtlpCollector, renderTrace, type ReceivedSpan } from '#testing';
import { fetchDefinition } from '../../cli/src/definitions';
import type { Occurrence } from '../../cli/src/demo/fraud-simulator';
import { simulatedFraud } from '../../cli/src/demo/fraud-source';
import { IngestDoor, JSON_TYPE } from '../support/ingest-door';
import { Life } from '../support/life';

const PAYMENTS = 16_000;
const NAMESPACE = 'traces';
const WITHIN_MS = 60_000;
const SENT_BY = 'b'.repeat(16);
const CUSTOMER = 'traced-customer';

const ROADS = [
  TOPICS.observations('transactions'),
  TOPICS.vectors('fraud'),
  TOPICS.predictions('fraud'),
  TOPICS.deploymentInputs('fraud'),
];

const environment: Record<string, string> = {
  OTEL_BSP_SCHEDULE_DELAY: '200',
  OTEL_TRACES_SAMPLER: 'parentbased_always_off',
};

let collector: OtlpCollector;
let life: Life;
let eventTime = 0;
let sent = 0;

beforeAll(async () => {
  collector = await OtlpCollector.start();
  Object.assign(environment, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_SDK_DISABLED: 'true' });
  life = await Life.begin(NAMESPACE, environment);
  const occurrences = [...(simulatedFraud(PAYMENTS).occurrences() as Iterable<Occurrence>)];
  await life.write(occurrences);
  await life.folded();
  await life.trainAndServe();
  const observed = await readTopic(life.log, life.topic(ROADS[0]!));
  eventTime = Math.max(
    ...observed.map(({ value }) =>
      Date.parse((JSON.parse(String(value)) as { event_time: string }).event_time),
    ),
  );
}, 600_000);

afterAll(async () => {
  await life?.end();
  await collector?.stop();
}, 120_000);

const traceOf = (digit: string): string => digit.repeat(32);
const sampled = (digit: string): string => `00-${traceOf(digit)}-${SENT_BY}-01`;

const payment = () => ({
  transaction_id: `traced-${++sent}`,
  event_time: new Date((eventTime += 1_000)).toISOString(),
  customer_id: CUSTOMER,
  terminal_id: 'T1',
  amount: 12.5,
});

/** Posts one payment as a client does that is traced itself. */
const post = async (traceparent: string): Promise<void> => {
  const { services } = await life.platform.status();
  const door = new IngestDoor(services.ingestion!.url);
  const headers = { ...JSON_TYPE, traceparent, tracestate: 'vendor=1' };
  expect(await door.post(JSON.stringify(payment()), headers)).toMatchObject({
    status: 200,
    body: { accepted: 1 },
  });
};

/** Writes one payment to the inbox as a traced Kafka producer does. */
const produce = async (traceparent: string): Promise<void> => {
  const { services } = await life.platform.status();
  const { partitions } = await fetchDefinition<CompiledStream>(
    services.registry!.url,
    'Stream',
    'transactions',
  );
  const key = Buffer.from(CUSTOMER);
  const headers: HeaderEntry[] = [[HEADERS.traceparent, Buffer.from(traceparent)]];
  const value = Buffer.from(JSON.stringify(payment()));
  const producer = life.log.producer();
  const topic = life.topic(TOPICS.inbox('transactions'));
  await producer.send([{ topic, partition: partitionOf(key, partitions), key, value, headers }]);
  await producer.close();
};

/** The records that the last payment of the traced customer became, one for each topic on its way. */
const arrived = async (): Promise<LogRecord[]> => {
  for (const until = Date.now() + WITHIN_MS; Date.now() < until; await sleep(200)) {
    const lasts = await Promise.all(
      ROADS.map(async (name) =>
        (await readTopic(life.log, life.topic(name))).filter(({ value }) =>
          String(value).includes(`"traced-${sent}"`),
        ),
      ),
    );
    if (lasts.every(({ length }) => length > 0)) return lasts.map((records) => records.at(-1)!);
  }
  throw new Error(`traced-${sent} is not everywhere within ${WITHIN_MS} ms`);
};

/** The spans of a trace, once the last hop is there. */
const received = async (traceId: string): Promise<ReceivedSpan[]> => {
  const last = `${life.topic(TOPICS.deploymentInputs('fraud'))} process`;
  for (const until = Date.now() + WITHIN_MS; Date.now() < until; await sleep(100))
    if (collector.trace(traceId).some(({ name }) => name === last)) {
      await sleep(1_000);
      return collector.trace(traceId);
    }
  throw new Error(`no "${last}" within ${WITHIN_MS} ms:\n${renderTrace(collector.trace(traceId))}`);
};

const contexts = (records: readonly LogRecord[]): (string | undefined)[] =>
  records.map(({ headers }) => headers.text(HEADERS.traceparent));

it('exports nothing and adds no header while tracing is off', async () => {
  await post(sampled('1'));
  const records = await arrived();
  // What the sender said stands on in the observation, as it did before there were traces.
  expect(contexts(records)).toEqual([sampled('1'), undefined, undefined, undefined]);
  expect(
    records.flatMap(({ headers }) => headers.entries()).filter(([name]) => name === HEADERS.tracestate),
  ).toEqual([]);
  expect(collector.requests).toBe(0);
});

describe('with tracing on', () => {
  beforeAll(async () => {
    environment.OTEL_SDK_DISABLED = 'false';
    await life.platform.run(['down']);
    await life.platform.run(['up']);
  }, 180_000);

  const road = [
    'ingestion.inbox.transactions process  [playhead-ingestion]',
    '  ingestion.observations.transactions send  [playhead-ingestion]',
    '    ingestion.observations.transactions process  [playhead-feature]',
    '      feature.vectors.fraud send  [playhead-feature]',
    '        feature.vectors.fraud process  [playhead-serving]',
    '          serving.predictions.fraud send  [playhead-serving]',
    '            serving.predictions.fraud process  [playhead-monitoring]',
    '              monitoring.inputs.fraud send  [playhead-monitoring]',
    '                monitoring.inputs.fraud process  [playhead-monitoring]',
  ];
  /** Without what monitoring adds up beyond the payment itself: whether a window has passed is no matter of the payment. */
  const alongTheRoad = (spans: readonly ReceivedSpan[]): ReceivedSpan[] =>
    spans.filter(
      ({ attributes }) => attributes['messaging.destination.name'] !== life.topic(TOPICS.monitoringInputs),
    );
  const below = (lines: readonly string[], depth: number): string =>
    lines.map((line) => '  '.repeat(depth) + line).join('\n');

  it('one payment over HTTP is one trace through all hops', async () => {
    await post(sampled('2'));
    const records = await arrived();
    const spans = await received(traceOf('2'));
    process.stderr.write(`\none trace of one payment:\n${renderTrace(spans, { times: true })}\n\n`);
    expect(renderTrace(alongTheRoad(spans)).replaceAll(`${NAMESPACE}.`, '')).toBe(
      `ingestion.inbox.transactions send  [playhead-ingestion]\n${below(road, 1)}`,
    );
    expect(spans.filter(({ parentSpanId }) => parentSpanId === SENT_BY)).toHaveLength(1);
    expect(new Set(spans.map(({ traceState }) => traceState))).toEqual(new Set(['vendor=1']));
    expect(records.map(({ headers }) => headers.text(HEADERS.tracestate))).toEqual(
      ROADS.map(() => 'vendor=1'),
    );
    const senders = ROADS.map(
      (name) => spans.find((span) => span.name === `${life.topic(name)} send`)!.spanId,
    );
    expect(contexts(records)).toEqual(senders.map((spanId) => `00-${traceOf('2')}-${spanId}-01`));
  });

  it('one payment from a Kafka producer, too', async () => {
    await produce(sampled('3'));
    await arrived();
    expect(renderTrace(alongTheRoad(await received(traceOf('3')))).replaceAll(`${NAMESPACE}.`, '')).toBe(
      below(road, 0),
    );
  });

  it('the positions in the spans are those on the log', async () => {
    await produce(sampled('4'));
    const records = await arrived();
    const hops = alongTheRoad(await received(traceOf('4'))).filter(({ kind }) => kind === 'consumer');
    const positionOf = ({ attributes }: ReceivedSpan): string =>
      `${attributes['messaging.destination.partition.id']}-${attributes['messaging.kafka.message.offset']}`;
    const expected = records.map(({ headers }) => {
      const { partition, offset } = sourcePositionOf(headers)!;
      return `${partition}-${offset}`;
    });
    const { partition, offset } = records.at(-1)!;
    expect(new Set(hops.map(positionOf))).toEqual(new Set([...expected, `${partition}-${offset}`]));
  });

  it('what nobody asked to trace is not traced: all other spans are rounds', () => {
    const asked = ['2', '3', '4'].map(traceOf);
    const others = collector.spans.filter(({ traceId }) => !asked.includes(traceId));
    expect(others.length).toBeGreaterThan(0);
    for (const round of others) {
      expect(round.attributes['messaging.batch.message_count']).toBeGreaterThan(0);
      expect(asked).toContain(round.links[0]!.traceId);
    }
  });

  it('a collector that hangs holds up neither records nor the end of a service', async () => {
    collector.hangs = true;
    for (const digit of '567') await produce(sampled(digit));
    await arrived();
    const began = Date.now();
    await life.platform.run(['down']);
    expect(Date.now() - began).toBeLessThan(20_000);
    await life.platform.run(['up']);
  }, 180_000);
});
