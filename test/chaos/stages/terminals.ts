/** Payments and labels by terminal, made by hand, and their features computed the slow and obvious way from what stands on the log. */
import { Rng } from '#kernel';
import type { Written } from '../../support/life';

const DAY = 86_400_000;
const DAYS = 18;
const START = Date.UTC(2025, 5, 2);
const LABEL_DELAY = 2 * DAY;

export interface Traffic {
  /** In the order in which producers send. */
  readonly written: readonly Written[];
  readonly payments: number;
  readonly labels: number;
  readonly duplicates: number;
}

/**
 * Seeded: the same seed gives the same stream. Some payments name no terminal; some are hours late, some labels days (within the
 * stream's lateness); some events are sent twice.
 */
export const makeTraffic = (seed: number, payments: number): Traffic => {
  const rng = new Rng(seed);
  const sent: (Written & { readonly at: number })[] = [];
  let duplicates = 0;
  const send = (at: number, written: Written): void => {
    sent.push({ ...written, at });
    if (rng.uniform() > 0.01) return;
    sent.push({ ...written, at: at + rng.below(DAY) });
    duplicates++;
  };
  for (let n = 0; n < payments; n++) {
    const time = START + Math.floor((n / payments) * DAYS * DAY) + rng.below(60_000);
    const terminal = rng.below(120);
    const fraud = rng.uniform() < (terminal % 10 === 0 ? 0.5 : 0.04);
    const who = {
      transaction_id: `P${n}`,
      customer_id: `C${rng.below(300)}`,
      terminal_id: rng.uniform() < 0.03 ? null : `T${terminal}`,
    };
    const amount = (100 + rng.below(fraud ? 90_000 : 20_000)) / 100;
    const late = rng.uniform() < 0.05 ? rng.below(DAY / 4) : 0;
    const payment = { ...who, event_time: new Date(time).toISOString(), amount };
    send(time + late, { stream: 'transactions', event: payment });
    const known = time + LABEL_DELAY;
    const lag = rng.uniform() < 0.1 ? rng.below(3 * DAY) : 0;
    const label = { ...who, label_id: `L${n}`, known_at: new Date(known).toISOString(), is_fraud: fraud };
    send(known + lag, { stream: 'fraud-labels', event: label });
  }
  const written = sent.sort((a, b) => a.at - b.at).map(({ stream, event }) => ({ stream, event }));
  return { written, payments, labels: payments, duplicates };
};

export interface SeenPayment {
  /** Of its observation, as vectors name it. */
  readonly position: string;
  readonly time: number;
  readonly customer: string;
  readonly terminal: string | null;
  readonly cents: number;
}

export interface SeenLabel {
  readonly time: number;
  readonly terminal: string;
  readonly fraud: boolean;
}

/** A payment or a label as it stands on one partition of the stage's inputs. */
export type SeenInput = { readonly payment: SeenPayment } | { readonly label: SeenLabel };

type Values = readonly (number | null)[];

const within = <T extends { readonly time: number }>(events: readonly T[], to: number, days: number): T[] =>
  events.filter(({ time }) => time > to - days * DAY && time <= to);
const sumOf = (payments: readonly SeenPayment[]): number =>
  payments.reduce((sum, { cents }) => sum + cents, 0);

/** By position: what the customer's own view gives. `payments` are those of one partition, in its order. */
export const customerValues = (payments: readonly SeenPayment[]): Map<string, Values> =>
  new Map(
    payments.map((payment, at) => {
      const own = payments.slice(0, at + 1).filter(({ customer }) => customer === payment.customer);
      const week = within(own, payment.time, 7);
      const values = [
        payment.cents / 100,
        within(own, payment.time, 1).length,
        sumOf(week) / (week.length * 100),
      ];
      return [payment.position, values];
    }),
  );

/** By position: what the stage gives in the order in which its inputs were merged. `inputs` are those of one partition. */
export const terminalValues = (inputs: readonly SeenInput[]): Map<string, Values> => {
  const found = new Map<string, Values>();
  const payments: SeenPayment[] = [];
  const labels: SeenLabel[] = [];
  for (const input of inputs) {
    if ('label' in input) {
      labels.push(input.label);
      continue;
    }
    const { payment } = input;
    const { position, time, terminal } = payment;
    payments.push(payment);
    const here = terminal === null ? [] : payments.filter((other) => other.terminal === terminal);
    const known = terminal === null ? [] : labels.filter((other) => other.terminal === terminal);
    const week = within(known, time, 7);
    found.set(position, [
      within(here, time, 1).length,
      sumOf(within(here, time, 7)) / 100,
      within(known, time, 1).length,
      week.length,
      week.length === 0 ? 0 : week.filter(({ fraud }) => fraud).length / week.length,
    ]);
  }
  return found;
};
