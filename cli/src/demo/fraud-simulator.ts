import { Rng, log } from '#kernel';

/**
 * Card payments of our own making, in the manner of public fraud simulators: customers with spending habits pay at terminals near
 * them; some days a few cards and a few terminals are compromised for a while. Seeded: the same options give the same stream.
 */
export interface FraudSimulation {
  readonly seed: number;
  readonly customers: number;
  readonly terminals: number;
  readonly days: number;
  /** Midnight UTC of the first day, epoch ms. */
  readonly start: number;
  /** Days until it is known whether a payment was fraud. */
  readonly labelDelayDays: number;
  /** From this day on everybody pays more, and thieves do something new. Never by default. */
  readonly driftDay?: number;
}

export const DEFAULT_FRAUD_SIMULATION: FraudSimulation = {
  seed: 7,
  customers: 600,
  terminals: 1_000,
  days: 60,
  start: Date.UTC(2026, 0, 1),
  labelDelayDays: 7,
};

export interface Payment {
  readonly transaction_id: string;
  readonly event_time: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly amount: number;
}

export interface FraudLabel {
  readonly label_id: string;
  readonly known_at: string;
  readonly transaction_id: string;
  readonly customer_id: string;
  readonly terminal_id: string;
  readonly is_fraud: boolean;
}

/** One thing that happens, in the order of `time` (epoch ms). */
export type Occurrence =
  | { readonly stream: 'transactions'; readonly time: number; readonly event: Payment }
  | { readonly stream: 'fraud-labels'; readonly time: number; readonly event: FraudLabel };

const DAY_MS = 86_400_000;

interface Customer {
  readonly id: string;
  readonly meanAmount: number;
  readonly paymentsPerDay: number;
  readonly terminals: readonly number[];
  compromisedUntil: number;
}

/** Days of payments in time order, with the labels that become known meanwhile between them. */
export function* simulateFraud(options: FraudSimulation): Generator<Occurrence> {
  const rng = new Rng(options.seed);
  const customers = makeCustomers(options, rng);
  const compromisedTerminals = new Map<number, number>();
  let labels: (Occurrence & { stream: 'fraud-labels' })[] = [];
  let serial = 0;
  for (let day = 0; day < options.days + options.labelDelayDays; day++) {
    const midnight = options.start + (day + 1) * DAY_MS;
    const today: Occurrence[] = [];
    if (day < options.days) {
      compromise(options, customers, compromisedTerminals, day, rng);
      for (const payment of paymentsOf(options, customers, compromisedTerminals, day, rng)) {
        const id = String(serial++);
        const { time, customer, terminal, amount, fraud } = payment;
        const where = { customer_id: customer, terminal_id: `T${terminal}` };
        today.push({
          stream: 'transactions',
          time,
          event: { transaction_id: id, event_time: iso(time), ...where, amount },
        });
        const knownAt = time + options.labelDelayDays * DAY_MS;
        labels.push({
          stream: 'fraud-labels',
          time: knownAt,
          event: {
            label_id: `L${id}`,
            known_at: iso(knownAt),
            transaction_id: id,
            ...where,
            is_fraud: fraud,
          },
        });
      }
    }
    const due = labels.filter(({ time }) => time < midnight);
    labels = labels.filter(({ time }) => time >= midnight);
    yield* [...due, ...today].sort((a, b) => a.time - b.time);
  }
}

const iso = (time: number): string => new Date(time).toISOString();

const makeCustomers = (options: FraudSimulation, rng: Rng): Customer[] => {
  const places = Array.from(
    { length: options.terminals },
    () => [rng.uniform() * 100, rng.uniform() * 100] as const,
  );
  return Array.from({ length: options.customers }, (_, index) => {
    const x = rng.uniform() * 100;
    const y = rng.uniform() * 100;
    const near = places.flatMap(([px, py], terminal) =>
      (px - x) * (px - x) + (py - y) * (py - y) < 64 ? [terminal] : [],
    );
    return {
      id: `C${index}`,
      meanAmount: 5 + rng.uniform() * 95,
      paymentsPerDay: rng.uniform() * 4,
      terminals: near.length > 0 ? near : [rng.below(options.terminals)],
      compromisedUntil: -1,
    };
  });
};

/** Each day about one card in 200 is stolen for up to 14 days, and one terminal in 500 is tampered with for up to 28. */
const compromise = (
  options: FraudSimulation,
  customers: readonly Customer[],
  terminals: Map<number, number>,
  day: number,
  rng: Rng,
): void => {
  for (let i = 0; i < Math.max(1, Math.round(options.customers / 200)); i++)
    customers[rng.below(customers.length)]!.compromisedUntil = day + 3 + rng.below(11);
  for (let i = 0; i < Math.max(1, Math.round(options.terminals / 500)); i++)
    terminals.set(rng.below(options.terminals), day + 7 + rng.below(21));
  for (const [terminal, until] of terminals) if (until < day) terminals.delete(terminal);
};

/** So much more does everybody pay after the drift. */
const DEARER = 1.8;

interface SimulatedPayment {
  readonly time: number;
  readonly customer: string;
  readonly terminal: number;
  readonly amount: number;
  readonly fraud: boolean;
}

const paymentsOf = (
  options: FraudSimulation,
  customers: readonly Customer[],
  compromisedTerminals: ReadonlyMap<number, number>,
  day: number,
  rng: Rng,
): SimulatedPayment[] => {
  const payments: SimulatedPayment[] = [];
  const hasDrifted = day >= (options.driftDay ?? Infinity);
  const level = hasDrifted ? DEARER : 1;
  for (const customer of customers) {
    const stolen = customer.compromisedUntil >= day;
    if (hasDrifted && stolen) payments.push(...burstOf(options, customer, day, rng));
    const count = poisson(customer.paymentsPerDay, rng) + (stolen && !hasDrifted ? 1 + rng.below(3) : 0);
    for (let i = 0; i < count; i++) {
      const thief = stolen && !hasDrifted && rng.uniform() < 0.6;
      const terminal = customer.terminals[rng.below(customer.terminals.length)]!;
      const tampered = compromisedTerminals.has(terminal) && rng.uniform() < 0.5;
      const secondOfDay = thief || tampered ? rng.uniform() * 86_400 : 43_200 + normal(rng) * 15_000;
      const base = Math.abs(customer.meanAmount + (normal(rng) * customer.meanAmount) / 2);
      const amount = cents(base * level * (thief ? 3 + rng.uniform() * 4 : 1));
      const time = momentOf(options, day, secondOfDay, rng);
      payments.push({ time, customer: customer.id, terminal, amount, fraud: thief || tampered });
    }
  }
  return payments;
};

const cents = (amount: number): number => Math.max(1, Math.round(amount * 100)) / 100;

const momentOf = (options: FraudSimulation, day: number, secondOfDay: number, rng: Rng): number =>
  options.start +
  day * DAY_MS +
  Math.floor(Math.min(86_399, Math.max(0, secondOfDay))) * 1_000 +
  rng.below(1_000);

/** What thieves do after the drift: they try a stolen card with some small payments within a quarter of an hour, where it is not usual. */
const burstOf = (options: FraudSimulation, customer: Customer, day: number, rng: Rng): SimulatedPayment[] => {
  const begin = rng.uniform() * 85_000;
  return Array.from({ length: 2 + rng.below(3) }, () => ({
    time: momentOf(options, day, begin + rng.uniform() * 900, rng),
    customer: customer.id,
    terminal: rng.below(options.terminals),
    amount: cents(1 + rng.uniform() * 4),
    fraud: true,
  }));
};

/** Knuth's method; fine for small means. */
const poisson = (mean: number, rng: Rng): number => {
  let sum = 0;
  for (let count = 0; ; count++) {
    sum -= log(1 - rng.uniform());
    if (sum > mean) return count;
  }
};

/** Irwin-Hall: the sum of twelve uniforms less six has mean 0 and variance 1, and needs no transcendental function. */
const normal = (rng: Rng): number => {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += rng.uniform();
  return sum;
};
