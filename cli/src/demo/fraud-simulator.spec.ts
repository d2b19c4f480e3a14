import { DEFAULT_FRAUD_SIMULATION, simulateFraud } from './fraud-simulator';

const small = { ...DEFAULT_FRAUD_SIMULATION, customers: 60, terminals: 100, days: 20 };

describe('simulateFraud', () => {
  const occurrences = [...simulateFraud(small)];
  const payments = occurrences.filter(({ stream }) => stream === 'transactions');
  const labels = occurrences.flatMap((occurrence) =>
    occurrence.stream === 'fraud-labels' ? [occurrence.event] : [],
  );

  it('gives the same stream for the same seed and another for another', () => {
    expect([...simulateFraud(small)]).toEqual(occurrences);
    expect([...simulateFraud({ ...small, seed: 8 })]).not.toEqual(occurrences);
  });

  it('is in time order, payments and labels together', () => {
    const times = occurrences.map(({ time }) => time);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });

  it('tells of each payment once whether it was fraud, seven days later', () => {
    const paidAt = new Map(payments.map(({ time, event }) => [event.transaction_id, time]));
    expect(labels).toHaveLength(payments.length);
    expect(
      labels.every(
        (label) => Date.parse(label.known_at) - paidAt.get(label.transaction_id)! === 7 * 86_400_000,
      ),
    ).toBe(true);
  });

  it('holds some fraud, and far less than half', () => {
    const share = labels.filter(({ is_fraud }) => is_fraud).length / labels.length;
    expect(share).toBeGreaterThan(0.005);
    expect(share).toBeLessThan(0.2);
  });
});
