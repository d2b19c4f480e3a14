import { Refused, timestampMs } from '#kernel';
import { rowConverter } from '../produce/convert-row';
import { readRows } from '../produce/read-rows';
import {
  DEFAULT_FRAUD_SIMULATION,
  simulateFraud,
  type FraudLabel,
  type Occurrence,
  type Payment,
} from './fraud-simulator';

/** Payments and their labels in event-time order, with the span that they cover. */
export interface FraudSource {
  readonly payments: number;
  readonly firstTime: number;
  readonly lastTime: number;
  occurrences(): Iterable<Occurrence> | AsyncIterable<Occurrence>;
}

/** Payments of our own generator; `rows` scales the number of customers, and the seed is fixed. */
export const simulatedFraud = (rows: number): FraudSource => {
  // Some more than a customer pays on average in the sixty days, so that there are always enough to cut from.
  const perCustomer = 112;
  const customers = Math.max(20, Math.ceil(rows / perCustomer));
  const simulation = {
    ...DEFAULT_FRAUD_SIMULATION,
    customers,
    terminals: Math.max(40, Math.round(customers * 1.6)),
  };
  const limited = function* (): Generator<Occurrence> {
    let payments = 0;
    for (const occurrence of simulateFraud(simulation)) {
      if (occurrence.stream === 'transactions' && ++payments > rows) return;
      yield occurrence;
    }
  };
  return spanOf([...limited()]);
};

const LABEL_DELAY_MS = 7 * 86_400_000;

/** Columns of the Fraud Detection Handbook's payments; TX_FRAUD_SCENARIO is a leak and never read. */
const COLUMNS = new Map([
  ['TRANSACTION_ID', 'transaction_id'],
  ['TX_DATETIME', 'event_time'],
  ['CUSTOMER_ID', 'customer_id'],
  ['TERMINAL_ID', 'terminal_id'],
  ['TX_AMOUNT', 'amount'],
  ['TX_FRAUD', 'is_fraud'],
]);

const FIELDS = [
  { name: 'transaction_id', type: 'string' },
  { name: 'event_time', type: 'timestamp' },
  { name: 'customer_id', type: 'string' },
  { name: 'terminal_id', type: 'string' },
  { name: 'amount', type: 'number' },
  { name: 'is_fraud', type: 'boolean' },
] as const;

/** A payment of a file, and what became of it. */
export interface LabelledPayment {
  readonly payment: Payment;
  /** Event time, epoch ms. */
  readonly time: number;
  readonly isFraud: boolean;
}

/** The payments of a file in its order. */
export async function* readPayments(path: string, rows?: number): AsyncGenerator<LabelledPayment> {
  const convert = rowConverter(
    { fields: FIELDS.map((field) => ({ ...field, required: true, nullable: false })) },
    COLUMNS,
  );
  for await (const row of readRows({ path, limit: rows })) {
    const { transaction_id, event_time, customer_id, terminal_id, amount, is_fraud } = convert(
      row,
    ) as unknown as Payment & { readonly is_fraud: boolean };
    const time = timestampMs(event_time);
    if (transaction_id === undefined || Number.isNaN(time))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${path} has not the columns ${[...COLUMNS.keys()].join(', ')}`,
      );
    yield {
      payment: { transaction_id, event_time: new Date(time).toISOString(), customer_id, terminal_id, amount },
      time,
      isFraud: is_fraud,
    };
  }
}

/** What becomes known of a payment, at a time (epoch ms). */
export const labelOf = ({ payment, isFraud }: LabelledPayment, knownAt: number): FraudLabel => ({
  label_id: `L${payment.transaction_id}`,
  known_at: new Date(knownAt).toISOString(),
  transaction_id: payment.transaction_id,
  customer_id: payment.customer_id,
  terminal_id: payment.terminal_id,
  is_fraud: isFraud,
});

/** A file of payments: each label becomes known seven days after its payment, and is streamed then. */
export const fraudFromFile = async (path: string, rows: number | undefined): Promise<FraudSource> => {
  const payments: Occurrence[] = [];
  const labels: Occurrence[] = [];
  for await (const labelled of readPayments(path, rows)) {
    const { payment, time } = labelled;
    const knownAt = time + LABEL_DELAY_MS;
    payments.push({ stream: 'transactions', time, event: payment });
    labels.push({ stream: 'fraud-labels', time: knownAt, event: labelOf(labelled, knownAt) });
  }
  if (payments.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path} holds no payments`);
  return spanOf(merged(payments, labels));
};

/** Two lists in time order as one; the payment first where both fall on the same moment. */
const merged = (a: readonly Occurrence[], b: readonly Occurrence[]): Occurrence[] => {
  const all: Occurrence[] = [];
  let j = 0;
  for (const one of a) {
    while (j < b.length && b[j]!.time < one.time) all.push(b[j++]!);
    all.push(one);
  }
  // Labels that become known after the last payment are not streamed: the file ends there.
  return all;
};

const spanOf = (occurrences: readonly Occurrence[]): FraudSource => {
  const payments = occurrences.filter(({ stream }) => stream === 'transactions');
  return {
    payments: payments.length,
    firstTime: payments[0]!.time,
    lastTime: payments[payments.length - 1]!.time,
    occurrences: () => occurrences,
  };
};
