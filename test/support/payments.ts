/** Payments of examples/fraud/playhead.yaml, made by hand, and where they belong. */
import { partitionOf } from '#kernel';

export const PARTITIONS = 4;
export const DAY = 86_400_000;

/** Long ago, so that the append time limits nothing: each partition's watermark begins here. */
export const BASE = Math.floor(Date.now() / DAY) * DAY - 30 * DAY;

export const at = (ms: number): string => new Date(BASE + ms).toISOString();

/** As Kafka's Java producer has it. */
export const ownerOf = (customer: string): number => partitionOf(Buffer.from(customer), PARTITIONS);

export const customersOf = (partition: number, count: number): string[] => {
  const found: string[] = [];
  for (let n = 1; found.length < count; n++) if (ownerOf(`c-${n}`) === partition) found.push(`c-${n}`);
  return found;
};

export interface Payment {
  readonly transaction_id: string;
  readonly event_time: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly amount: number;
}

let made = 0;

/** A good one of some customer of the partition, with an id of its own. */
export const payment = (partition: number, members: Partial<Payment> = {}): Payment => ({
  transaction_id: `tx-${made++}`,
  event_time: at(0),
  customer_id: customersOf(partition, 1)[0]!,
  terminal_id: 't-1',
  amount: 12.34,
  ...members,
});
