import { DEFAULT_FRAUD_SIMULATION, simulateFraud, type Payment } from './fraud-simulator';

const DAY_MS = 86_400_000;
const options = {
  ...DEFAULT_FRAUD_SIMULATION,
  customers: 200,
  terminals: 300,
  days: 14,
  labelDelayDays: 0.5,
};
const driftDay = 7;
const driftAt = options.start + driftDay * DAY_MS;

const paymentsOf = (occurrences: ReturnType<typeof simulateFraud>) => {
  const all = [...occurrences];
  const frauds = new Set(
    all.flatMap((each) =>
      each.stream === 'fraud-labels' && each.event.is_fraud ? [each.event.transaction_id] : [],
    ),
  );
  const payments = all.flatMap((each) =>
    each.stream === 'transactions' ? [{ ...each, fraud: frauds.has(each.event.transaction_id) }] : [],
  );
  return { all, payments };
};

const mean = (payments: readonly { readonly event: Payment }[]): number =>
  payments.reduce((sum, { event }) => sum + event.amount, 0) / payments.length;

describe('payments with a drift', () => {
  const { all, payments } = paymentsOf(simulateFraud({ ...options, driftDay }));
  const still = paymentsOf(simulateFraud(options)).payments;
  const [before, after] = [
    payments.filter(({ time }) => time < driftAt),
    payments.filter(({ time }) => time >= driftAt),
  ];

  it('are the same as without one until then', () => {
    const thenStill = still.filter(({ time }) => time < driftAt);
    expect(before.map(({ event }) => event)).toEqual(thenStill.map(({ event }) => event));
    expect(after.map(({ event }) => event.amount)).not.toEqual(
      still.slice(before.length).map(({ event }) => event.amount),
    );
  });

  it('are dearer from then on, and thieves pay less than everybody instead of more', () => {
    const [honest, stolen] = [after.filter(({ fraud }) => !fraud), after.filter(({ fraud }) => fraud)];
    expect(mean(honest) / mean(before.filter(({ fraud }) => !fraud))).toBeCloseTo(1.8, 0);
    expect(mean(before.filter(({ fraud }) => fraud))).toBeGreaterThan(
      mean(before.filter(({ fraud }) => !fraud)),
    );
    expect(mean(stolen)).toBeLessThan(mean(honest) / 2);
  });

  it('are in time order with labels that come half a day later, at any delay', () => {
    const times = all.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    const paidAt = new Map(payments.map(({ time, event }) => [event.transaction_id, time]));
    const delays = all.flatMap((each) =>
      each.stream === 'fraud-labels' ? [each.time - paidAt.get(each.event.transaction_id)!] : [],
    );
    expect([...new Set(delays)]).toEqual([DAY_MS / 2]);
  });
});
