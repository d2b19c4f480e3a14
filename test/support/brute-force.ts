/** The features of examples/fraud/playhead.yaml computed the slow and obvious way, from the observations alone. */

export interface Observed {
  readonly partition: number;
  readonly offset: number;
  readonly time: number;
  readonly customer: string;
  readonly amount: number;
}

const DAY = 86_400_000;
const cents = (amount: number): bigint => BigInt(Math.round(amount * 100));

const mean = (events: readonly Observed[]): number | null =>
  events.length === 0
    ? null
    : Number(events.reduce((sum, { amount }) => sum + cents(amount), 0n)) / events.length / 100;

const std = (events: readonly Observed[]): number | null => {
  if (events.length < 2) return null;
  const n = BigInt(events.length);
  const sum = events.reduce((total, { amount }) => total + cents(amount), 0n);
  const squares = events.reduce((total, { amount }) => total + cents(amount) * cents(amount), 0n);
  // n * sum(x^2) - (sum x)^2 is exact in whole cents.
  return Math.sqrt(Number(n * squares - sum * sum) / (events.length * (events.length - 1))) / 100;
};

/** Values in the order of the definition; `history` holds the customer's events in log order up to and including the trigger. */
export const featuresOf = (trigger: Observed, history: readonly Observed[]): (number | null)[] => {
  const within = (days: number): Observed[] =>
    history.filter(({ time }) => time > trigger.time - days * DAY && time <= trigger.time);
  const at = new Date(trigger.time);
  const [d1, d7, d30] = [within(1), within(7), within(30)];
  return [
    trigger.amount,
    at.getUTCHours() < 6 ? 1 : 0,
    at.getUTCDay() === 0 || at.getUTCDay() === 6 ? 1 : 0,
    d1.length,
    d7.length,
    d30.length,
    mean(d1),
    mean(d7),
    mean(d30),
    d7.length === 0 ? null : Math.max(...d7.map(({ amount }) => amount)),
    std(d30),
  ];
};
