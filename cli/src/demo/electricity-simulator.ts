import { Rng } from '#kernel';

/**
 * A market for electricity of our own making, in the manner of the public one of New South Wales: each half-hour has a demand here and in
 * the state beside, a price there, what flows over the line between, and whether the price here is above its mean of the last 24 hours.
 * At a known moment a second line between the states is opened: more flows, and the price beside, not demand here, decides. Seeded.
 */
export interface ElectricitySimulation {
  readonly seed: number;
  readonly halfHours: number;
  /** Midnight UTC of the first day, epoch ms. */
  readonly start: number;
  /** Event time from which on the second line is open; null for never. */
  readonly driftAt: number | null;
}

/** One half-hour with all columns between 0 and 1 but the day of the week, which is 1 to 7. */
export interface HalfHour {
  readonly time: number;
  readonly day: number;
  readonly period: number;
  readonly nswdemand: number;
  readonly vicprice: number;
  readonly vicdemand: number;
  readonly transfer: number;
  /** Whether the price is above its mean of the last 24 hours. */
  readonly isUp: boolean;
}

export const HALF_HOUR_MS = 1_800_000;
export const HALF_HOURS_A_DAY = 48;

/** Demand by the hour of the day, 0 to 24: a valley at night, a peak in the morning and a higher one in the evening. */
const PROFILE = [0.35, 0.3, 0.28, 0.3, 0.42, 0.6, 0.66, 0.62, 0.7, 0.8, 0.66, 0.5, 0.35] as const;

export function* simulateElectricity(options: ElectricitySimulation): Generator<HalfHour> {
  const rng = new Rng(options.seed);
  const prices: number[] = [];
  let weather = 0;
  for (let index = 0; index < options.halfHours; index++) {
    const time = options.start + index * HALF_HOUR_MS;
    const slot = index % HALF_HOURS_A_DAY;
    const day = (Math.floor(index / HALF_HOURS_A_DAY) % 7) + 1;
    if (slot === 0) weather = 0.5 * weather + 0.01 * normal(rng);
    const usual = profileAt(slot) - (day > 5 ? 0.08 : 0) + weather;
    const isOpen = options.driftAt !== null && time >= options.driftAt;
    const nswdemand = share(usual + 0.03 * normal(rng));
    const vicdemand = share(0.85 * usual + 0.1 + 0.05 * normal(rng));
    const vicprice = share((isOpen ? 0.3 : 0.15) + 0.25 * (1 - usual) + 0.1 * normal(rng));
    const transfer = share((isOpen ? 0.65 : 0.4) + 0.2 * (nswdemand - vicdemand) + 0.07 * normal(rng));
    const price = (isOpen ? 0.1 * nswdemand + vicprice : nswdemand + 0.1 * vicprice) + 0.05 * normal(rng);
    const mean = prices.reduce((sum, each) => sum + each, 0) / Math.max(1, prices.length);
    const isUp = prices.length > 0 && price > mean;
    prices.push(price);
    if (prices.length > HALF_HOURS_A_DAY) prices.shift();
    const period = slot / (HALF_HOURS_A_DAY - 1);
    yield { time, day, period, nswdemand, vicprice, vicdemand, transfer, isUp };
  }
}

const profileAt = (slot: number): number => {
  const at = slot / 4;
  const from = Math.floor(at);
  return PROFILE[from]! + (at - from) * (PROFILE[from + 1]! - PROFILE[from]!);
};

/** To six places, as the market writes it. */
const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 1e6) / 1e6;

/** Irwin-Hall: mean 0 and variance 1, without a transcendental function. */
const normal = (rng: Rng): number => {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += rng.uniform();
  return sum;
};
