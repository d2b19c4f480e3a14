/**
 * Whether a peer computes what we compute: the same payments through it, and through `#features` and `#inference` as the oracle,
 * compared payment by payment.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTopic, type EventLog, type LogRecord } from '#eventlog';
import { compileView, type ViewDefinition } from '#features';
import { loadModel } from '#inference';
import { Defect, partitionOf } from '#kernel';
import type { Peer } from './peers';

const DAY = 86_400_000;

/** The six windows of the common work (bench/README.md); a payment without cents would be a fault of its stream. */
const SIX_WINDOWS: ViewDefinition = {
  name: 'customer-spend',
  entity: 'customer_id',
  stream: {
    name: 'transactions',
    time: 'event_time',
    lateness: DAY,
    jump: 7 * DAY,
    fields: [
      { name: 'transaction_id', type: 'string' },
      { name: 'event_time', type: 'timestamp' },
      { name: 'customer_id', type: 'string' },
      { name: 'amount', type: 'number', decimals: 2 },
    ],
  },
  features: [1, 7, 30].flatMap((days) => [
    { name: `tx_count_${days}d`, aggregate: 'count' as const, window: days * DAY },
    { name: `amount_mean_${days}d`, aggregate: 'mean' as const, of: 'amount', window: days * DAY },
  ]),
};

/** As it stands in the inbox. */
export interface InboxPayment {
  readonly transaction_id: string;
  readonly event_time: string;
  readonly customer_id: string;
  readonly amount: number;
}

export interface Prediction {
  readonly partition: number;
  readonly transaction_id: string;
  readonly values: readonly (number | null)[];
  readonly score: number;
}

const partitionFor = (payment: InboxPayment, partitions: number): number =>
  partitionOf(Buffer.from(payment.customer_id), partitions);

/** What each payment gets, by the library that the platform itself uses; payments in the order of the log. */
export const expectedPredictions = async (
  payments: readonly InboxPayment[],
  partitions: number,
  modelFile: string,
): Promise<Map<string, Prediction>> => {
  const engine = compileView(SIX_WINDOWS);
  const states = Array.from({ length: partitions }, () => engine.createState());
  const rows = payments.map((payment) =>
    engine.apply(states[partitionFor(payment, partitions)]!, { ...payment }),
  );
  const model = await loadModel(readFileSync(modelFile), {
    featureCount: engine.names.length,
    task: 'binary',
  });
  const scores = await model.score(Float32Array.from(rows.flat(), (value) => value ?? Number.NaN));
  await model.close();
  return new Map(
    payments.map((payment, i) => [
      payment.transaction_id,
      {
        partition: partitionFor(payment, partitions),
        transaction_id: payment.transaction_id,
        values: rows[i]!,
        score: scores[i]!,
      },
    ]),
  );
};

export const readPrediction = ({ partition, value }: Pick<LogRecord, 'partition' | 'value'>): Prediction => ({
  partition,
  ...(JSON.parse(String(value)) as Omit<Prediction, 'partition'>),
});

export interface Judgement {
  readonly outputs: number;
  /** Outputs beyond the first for a payment. */
  readonly duplicates: number;
  /** Payments without an output. */
  readonly missing: number;
  /** Outputs of payments that were not expected; nothing else is counted of them. */
  readonly unknown: number;
  /** Outputs (duplicates too) with a value further off than 1e-9, relative where it is above 1. */
  readonly wrongValues: number;
  /** Outputs with a score further off than 1e-6. */
  readonly wrongScores: number;
  readonly wrongPartitions: number;
  /** The furthest. */
  readonly worstValue: number;
  readonly worstScore: number;
}

const MOST_OFF_VALUE = 1e-9;
const MOST_OFF_SCORE = 1e-6;

const distance = (given: number | null | undefined, wanted: number | null): number =>
  given === wanted
    ? 0
    : Math.abs((given ?? Number.NaN) - (wanted ?? Number.NaN)) / Math.max(1, Math.abs(wanted ?? 0));

const valuesDistance = (given: Prediction, wanted: Prediction): number =>
  given.values.length === wanted.values.length
    ? Math.max(...wanted.values.map((value, i) => distance(given.values[i], value)))
    : Number.NaN;

/** Holds outputs against what they should be. NaN is further off than anything. */
export const judge = (
  outputs: Iterable<Prediction>,
  expected: ReadonlyMap<string, Prediction>,
): Judgement => {
  const seen = new Set<string>();
  const found = {
    outputs: 0,
    wrongValues: 0,
    wrongScores: 0,
    wrongPartitions: 0,
    worstValue: 0,
    worstScore: 0,
  };
  let unknown = 0;
  for (const output of outputs) {
    found.outputs += 1;
    const wanted = expected.get(output.transaction_id);
    if (!wanted) {
      unknown += 1;
      continue;
    }
    seen.add(output.transaction_id);
    const value = valuesDistance(output, wanted);
    const score = Math.abs(output.score - wanted.score);
    if (!(value <= MOST_OFF_VALUE)) found.wrongValues += 1;
    if (!(score <= MOST_OFF_SCORE)) found.wrongScores += 1;
    if (output.partition !== wanted.partition) found.wrongPartitions += 1;
    found.worstValue = Math.max(found.worstValue, value);
    found.worstScore = Math.max(found.worstScore, score);
  }
  return {
    ...found,
    unknown,
    duplicates: found.outputs - unknown - seen.size,
    missing: expected.size - seen.size,
  };
};

export interface PeerCheck {
  readonly log: EventLog;
  readonly brokers: readonly string[];
  readonly modelFile: string;
  /** In event-time order. */
  readonly payments: readonly InboxPayment[];
  readonly partitions?: number;
}

const ROUND = 500;

/** Appends payments to a topic as a producer would: key and partition by the customer. */
export const writePayments = async (
  log: EventLog,
  topic: string,
  partitions: number,
  payments: readonly InboxPayment[],
): Promise<void> => {
  const producer = log.producer();
  for (let from = 0; from < payments.length; from += ROUND)
    await producer.send(
      payments.slice(from, from + ROUND).map((payment) => ({
        topic,
        partition: partitionFor(payment, partitions),
        key: Buffer.from(payment.customer_id),
        value: Buffer.from(JSON.stringify(payment)),
        headers: [],
      })),
    );
  await producer.close();
};

/**
 * Runs a peer that was built over the payments, in topics of its own that are removed again, and compares.
 * @throws Defect when its numbers are not ours: what it takes for them would be no comparison.
 */
export const checkPeer = async (peer: Peer, check: PeerCheck): Promise<Judgement> => {
  const { log, brokers, modelFile, payments, partitions = 4 } = check;
  const run = `peer-check-${randomUUID()}`;
  const [input, output] = [`${run}.in`, `${run}.out`];
  const workFolder = mkdtempSync(join(tmpdir(), 'playhead-peer-check-'));
  await log.ensureTopics([input, output].map((name) => ({ name, partitions })));
  try {
    await writePayments(log, input, partitions, payments);
    const process = await peer.start({
      brokers,
      input,
      output,
      modelFile,
      group: run,
      count: payments.length,
      workFolder,
    });
    await process.done;
    const outputs = (await readTopic(log, output)).map(readPrediction);
    const judgement = judge(outputs, await expectedPredictions(payments, partitions, modelFile));
    const { duplicates, missing, unknown, wrongValues, wrongScores, wrongPartitions } = judgement;
    if (duplicates + missing + unknown + wrongValues + wrongScores + wrongPartitions > 0)
      throw new Defect(`${peer.name} does not do the common work: ${JSON.stringify(judgement)}`);
    return judgement;
  } finally {
    const made = await log.listTopics(run);
    await log.deleteTopics(made);
    rmSync(workFolder, { recursive: true, force: true });
  }
};
