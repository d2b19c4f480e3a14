/** The nine customer features of the example by other means, to see what the engine costs. */
import type { FeatureEvent } from '#features';

export const DAY = 86_400_000;
const WINDOWS = [1, 7, 30].map((days) => days * DAY);

export type NineFeatures = (event: FeatureEvent) => (number | null)[];

const dayOf = (time: number): number => new Date(time).getUTCDay();
const hourOf = (time: number): number => new Date(time).getUTCHours();
const values = (time: number, amount: number): number[] => [
  amount,
  hourOf(time) < 6 ? 1 : 0,
  dayOf(time) === 0 || dayOf(time) === 6 ? 1 : 0,
];

/** Looks at every event of the window again. */
export const naive = (): NineFeatures => {
  const customers = new Map<string, { time: number; amount: number }[]>();
  return (event) => {
    const time = Date.parse(event.event_time as string);
    const amount = event.amount as number;
    const key = event.customer_id as string;
    const events = (customers.get(key) ?? []).filter((other) => other.time > time - 30 * DAY);
    events.push({ time, amount });
    customers.set(key, events);
    const windows = WINDOWS.map((width) =>
      events.filter((other) => other.time > time - width && other.time <= time),
    );
    const means = windows.map(
      (members) => members.reduce((sum, other) => sum + other.amount, 0) / members.length,
    );
    return [...values(time, amount), ...windows.map(({ length }) => length), ...means];
  };
};

/** Running sums written for these nine alone: no late event, no expression, no exact sum, no snapshot, nothing ever forgotten. */
export const byHand = (): NineFeatures => {
  interface Customer {
    readonly times: number[];
    readonly amounts: number[];
    readonly starts: number[];
    readonly sums: number[];
  }
  const customers = new Map<string, Customer>();
  return (event) => {
    const time = Date.parse(event.event_time as string);
    const amount = event.amount as number;
    const key = event.customer_id as string;
    let customer = customers.get(key);
    if (customer === undefined)
      customers.set(key, (customer = { times: [], amounts: [], starts: [0, 0, 0], sums: [0, 0, 0] }));
    const { times, amounts, starts, sums } = customer;
    times.push(time);
    amounts.push(amount);
    const result: number[] = values(time, amount);
    for (let i = 0; i < 3; i++) {
      let start = starts[i]!;
      let sum = sums[i]! + amount;
      for (; times[start]! <= time - WINDOWS[i]!; start++) sum -= amounts[start]!;
      starts[i] = start;
      sums[i] = sum;
      result[3 + i] = times.length - start;
      result[6 + i] = sum / (times.length - start);
    }
    return result;
  };
};
