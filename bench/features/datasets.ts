/**
 * How fast data sets and historical features are made of the real card payments, and with how much memory: over the log in memory, so
 * that neither Kafka nor a disk is measured. Historical features run beside a DuckDB query that computes the same windows over a
 * Parquet export of the observations, one thread each, and the values are compared.
 *
 *   npm run build && node --expose-gc dist/bench/features/datasets.js [payments] [entity rows]
 *
 * PLAYHEAD_DATA names the folder of the real streams (default ../shared/data).
 */
import { createReadStream, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { MemoryArtifactStore } from '#artifacts';
import {
  DefinitionApplied,
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  TrainingRequested,
  compileProject,
  encodeEvent,
  loadDefinitions,
  qualify,
  type CompiledFeatureService,
} from '#contracts';
import { createMemoryLog, type MemoryLog, type NewRecord } from '#eventlog';
import { ENGINE_VERSION } from '#features';
import { Rng, partitionOf } from '#kernel';
import { writeParquet } from '#parquet';
import {
  buildDataset,
  historicalFeatures,
  readServiceRevision,
  rebuildDataset,
  refoldVectors,
  type EntityRow,
} from '#replay';

const file = `${process.env.PLAYHEAD_DATA ?? '../shared/data'}/fraud/transactions-2018-04-to-06.csv.gz`;
const PARTITIONS = 4;
const DAY = 86_400_000;
const NAMESPACE = 'bench';
const WINDOWS = [1, 7, 30];
const PROJECT = `
kind: Stream
name: transactions
spec:
  key: customer_id
  id: transaction_id
  time: event_time
  partitions: ${PARTITIONS}
  fields: { transaction_id: {type: string}, event_time: {type: timestamp}, customer_id: {type: string}, terminal_id: {type: string}, amount: {type: number, decimals: 2} }
---
kind: FeatureView
name: spend
spec:
  stream: transactions
  entity: customer_id
  features:
    - { name: amount, value: amount }
${WINDOWS.map((days) => `    - { name: count_${days}d, aggregate: count, window: ${days}d }\n    - { name: mean_${days}d, aggregate: mean, of: amount, window: ${days}d }\n    - { name: max_${days}d, aggregate: max, of: amount, window: ${days}d }\n    - { name: std_${days}d, aggregate: std, of: amount, window: ${days}d }`).join('\n')}
---
kind: FeatureService
name: fraud
spec: { trigger: transactions, views: [spend] }
`;

interface Payment {
  readonly id: string;
  readonly customer: string;
  readonly time: number;
  readonly amount: number;
  readonly fraud: boolean;
}

const readPayments = async (limit: number): Promise<Payment[]> => {
  const payments: Payment[] = [];
  for await (const line of createInterface({ input: createReadStream(file).pipe(createGunzip()) })) {
    const [id, time, customer, , amount, fraud] = line.split(',') as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (id === 'TRANSACTION_ID') continue;
    if (payments.length === limit) break;
    const at = Date.parse(`${time.replace(' ', 'T')}Z`);
    payments.push({ id, customer, time: at, amount: Number(amount), fraud: fraud === '1' });
  }
  return payments;
};

/** Appends in batches, as services do. */
const appender = (
  log: MemoryLog,
): { add(record: NewRecord): Promise<void> | undefined; flush(): Promise<void> } => {
  const producer = log.producer();
  let batch: NewRecord[] = [];
  const flush = async (): Promise<void> => {
    const records = batch;
    batch = [];
    await producer.send(records);
  };
  return {
    add: (record) => {
      batch.push(record);
      return batch.length >= 2_000 ? flush() : undefined;
    },
    flush,
  };
};

const topic = (name: string): string => qualify(NAMESPACE, name);

const fillLog = async (log: MemoryLog, payments: readonly Payment[]): Promise<CompiledFeatureService> => {
  const { project } = loadDefinitions([{ path: 'bench.yaml', text: PROJECT }]);
  const definition = compileProject(project, String(ENGINE_VERSION)).find(
    ({ kind }) => kind === 'FeatureService',
  )!;
  const compiled = definition.compiled as CompiledFeatureService;
  const [observations, labels, vectors] = [
    TOPICS.observations('transactions'),
    TOPICS.observations('fraud-labels'),
    TOPICS.vectors('fraud'),
  ];
  await log.ensureTopics(
    [TOPICS.definitions, TOPICS.deadLetters('feature')].map((name) => ({ name: topic(name), partitions: 1 })),
  );
  await log.ensureTopics(
    [observations, labels, vectors].map((name) => ({ name: topic(name), partitions: PARTITIONS })),
  );
  const { add, flush } = appender(log);
  const fact = {
    kind: 'FeatureService' as const,
    name: 'fraud',
    revision: '1',
    digest: definition.digest,
    spec: {},
    compiled: compiled as unknown as Record<string, unknown>,
    applied_by: 'bench',
  };
  const applied = new EnvelopeTemplate({ type: DefinitionApplied.type, source: 'bench' });
  await add({
    topic: topic(TOPICS.definitions),
    partition: 0,
    key: null,
    value: encodeEvent(DefinitionApplied, fact),
    headers: applied.headers('0-0', new Date(0).toISOString()),
  });
  const observed = new EnvelopeTemplate({
    type: 'ingestion.observation.recorded',
    source: 'ingestion.inbox.x',
  });
  for (const [n, { id, customer, time, amount, fraud }] of payments.entries()) {
    const partition = partitionOf(Buffer.from(customer), PARTITIONS);
    const record = (name: string, event: object, at: string): NewRecord => ({
      topic: topic(name),
      partition,
      key: Buffer.from(customer),
      value: Buffer.from(JSON.stringify(event)),
      headers: observed.headers(`${partition}-${n}`, at),
    });
    const at = new Date(time).toISOString();
    await add(
      record(
        observations,
        { transaction_id: id, event_time: at, customer_id: customer, terminal_id: '1', amount },
        at,
      ),
    );
    const known_at = new Date(time + 7 * DAY).toISOString();
    await add(record(labels, { known_at, transaction_id: id, is_fraud: fraud }, known_at));
  }
  await flush();
  const service = await readServiceRevision({ log, namespace: NAMESPACE }, fact);
  const computed = new EnvelopeTemplate({ type: 'feature.vector.computed', source: observations });
  await refoldVectors({
    log,
    namespace: NAMESPACE,
    service,
    onVector: ({ partition, offset, key, eventTime, text }) =>
      add({
        topic: topic(vectors),
        partition,
        key,
        value: text,
        headers: computed.headers(`${partition}-${offset}`, eventTime, [HEADERS.control, '0']),
      }),
  });
  await flush();
  return compiled;
};

const megabytes = (): number => {
  globalThis.gc?.();
  return process.memoryUsage().rss / 2 ** 20;
};

interface Measured<T> {
  readonly result: T;
  readonly seconds: number;
  /** How far the resident memory rose above what it was. */
  readonly peakMegabytes: number;
  /** The longest that anything else in the process had to wait. */
  readonly longestPauseMs: number;
}

/** Seconds of the processor, all threads: a busy machine makes them longer by its caches only. */
const timed = async <T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> => {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return { result, seconds: (user + system) / 1e6 };
};

const measured = async <T>(work: () => Promise<T>): Promise<Measured<T>> => {
  const before = megabytes();
  let peak = before;
  const delay = monitorEventLoopDelay({ resolution: 5 });
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss / 2 ** 20)), 20);
  delay.enable();
  const { result, seconds } = await timed(work);
  delay.disable();
  clearInterval(watch);
  return { result, seconds, peakMegabytes: peak - before, longestPauseMs: delay.max / 1e6 };
};

const say = (
  what: string,
  count: number,
  { seconds, peakMegabytes, longestPauseMs }: Measured<unknown>,
): void =>
  console.log(
    `${what}: ${count} in ${seconds.toFixed(1)} processor seconds, ${Math.round(count / seconds)}/s, +${peakMegabytes.toFixed(0)} MB, longest pause ${longestPauseMs.toFixed(0)} ms`,
  );

/** Counts, means and maxima at each row, by range windows over payments and rows together. Times are whole seconds. */
const byDuckDb = async (folder: string): Promise<{ seconds: number; values: (number | null)[][] }> => {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  const columns = WINDOWS.flatMap((days) => [
    `count(amount) OVER w${days}`,
    `avg(amount) OVER w${days}`,
    `max(amount) OVER w${days}`,
    `stddev_samp(amount) OVER w${days}`,
  ]);
  const windows = WINDOWS.map(
    (days) =>
      `w${days} AS (PARTITION BY customer ORDER BY time RANGE BETWEEN ${days * DAY - 1} PRECEDING AND CURRENT ROW)`,
  );
  const { result: values, seconds } = await timed(async () => {
    const answer = await connection.runAndReadAll(`
    SELECT * EXCLUDE (row) FROM (
      SELECT row, ${columns.join(', ')} FROM (
        SELECT customer, time, amount, NULL AS row FROM read_parquet('${folder}/payments.parquet')
        UNION ALL SELECT customer, time, NULL, row FROM read_parquet('${folder}/rows.parquet'))
      WINDOW ${windows.join(', ')})
    WHERE row IS NOT NULL ORDER BY row`);
    return answer.getRows().map((row) => row.map((value) => (value === null ? null : Number(value))));
  });
  connection.closeSync();
  instance.closeSync();
  return { seconds, values };
};

const main = async (): Promise<void> => {
  if (!existsSync(file)) return console.error(`skipped: there is no ${file}`);
  const [limit = Infinity, asked = 100_000] = process.argv.slice(2).map(Number);
  const payments = await readPayments(limit);
  const log = createMemoryLog({ now: () => 0 });
  const compiled = await fillLog(log, payments);
  const artifacts = new MemoryArtifactStore(NAMESPACE);
  const ports = { log, artifacts, namespace: NAMESPACE };
  const folder = mkdtempSync(join(tmpdir(), 'playhead-bench-'));
  try {
    const { sample } = TrainingRequested;
    const request = {
      ...sample,
      service: { ...sample.service, digest: compiled.digest, features: [...compiled.features] },
      label: { ...sample.label, maturity_ms: 7 * DAY },
      split: { by: 'random' as const, holdout: 0.2, seed: 0 },
    };
    const built = await measured(() => buildDataset(ports, request));
    say('data set from vectors', payments.length, built);
    const { manifest } = built.result;
    for (const source of ['vectors', 'observations'] as const) {
      const rebuilt = await measured(() => rebuildDataset({ ...ports, manifest, source, into: folder }));
      say(
        `rebuilt from ${source} (${rebuilt.result.identical ? 'identical' : 'DIFFERENT'})`,
        payments.length,
        rebuilt,
      );
    }

    const rng = new Rng(1);
    const [from, to] = [payments[0]!.time, payments[payments.length - 1]!.time];
    const rows = Array.from({ length: asked }, (): EntityRow => {
      const { customer } = payments[rng.below(payments.length)]!;
      return { keys: { customer_id: customer }, time: from + rng.below((to - from) / 1_000) * 1_000 };
    });
    const features = compiled.features.filter((name) => name !== 'amount');
    const own = await measured(() =>
      historicalFeatures({ log, namespace: NAMESPACE, service: compiled, rows, features }),
    );
    say('historical features', asked, own);
    const text = { type: 'text' as const };
    const whole = { type: 'bigint' as const };
    await writeParquet(
      `${folder}/payments.parquet`,
      [
        { name: 'customer', ...text },
        { name: 'time', ...whole },
        { name: 'amount', type: 'double' },
      ],
      payments.length,
      (row, column) => [payments[row]!.customer, payments[row]!.time, payments[row]!.amount][column]!,
    );
    await writeParquet(
      `${folder}/rows.parquet`,
      [
        { name: 'customer', ...text },
        { name: 'time', ...whole },
        { name: 'row', ...whole },
      ],
      rows.length,
      (row, column) => [rows[row]!.keys['customer_id']!, rows[row]!.time, row][column]!,
    );
    const beside = await byDuckDb(folder);
    // Its sums are floats in another order: ours are exact.
    const near = (a: number | null, b: number | null): boolean =>
      a === b || (a !== null && b !== null && Math.abs(a - b) <= 1e-6 * Math.max(1, Math.abs(b)));
    const differing = own.result.values.filter(
      (values, row) => !values.every((value, i) => near(value, beside.values[row]![i]!)),
    );
    console.log(
      `the same by DuckDB: ${beside.seconds.toFixed(1)} s, ${(beside.seconds / own.seconds).toFixed(2)} times as long; ${differing.length} rows differ`,
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

void main();
