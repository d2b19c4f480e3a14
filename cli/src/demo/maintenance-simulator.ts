import { Rng } from '#kernel';

/**
 * A fleet of engines of our own making, with readings like those of NASA's turbofans: each engine wears, slowly at first, until it fails
 * and another takes its place. At a known moment two sensors of every engine are calibrated anew and read higher. Seeded.
 */
export interface FleetSimulation {
  readonly seed: number;
  /** Engines that run at a time. */
  readonly engines: number;
  /** Readings in all; the last ones may be of engines that never fail. */
  readonly readings: number;
  /** Of the first readings, epoch ms. */
  readonly start: number;
  /** Event time from which on the sensors read higher; null for never. */
  readonly driftAt: number | null;
}

/** What is measured once a cycle, in the units of the public data: degrees Rankine, psia, and ratios. */
export const SENSORS = ['t24', 't30', 't50', 'p30', 'ps30', 'phi', 'bpr', 'w31', 'w32'] as const;
export type Sensor = (typeof SENSORS)[number];

export interface Reading {
  readonly time: number;
  readonly engine: string;
  /** From 1, since the engine was new. */
  readonly cycle: number;
  readonly sensors: Readonly<Record<Sensor, number>>;
  /** Cycles until it fails; 0 at its last one. */
  readonly remaining: number;
}

/** An engine runs a cycle in two hours. */
export const CYCLE_MS = 7_200_000;

/** New, by how much it changes until the engine fails, and how much it scatters; measured on the public data. */
const NATURE: Readonly<Record<Sensor, readonly [base: number, wear: number, scatter: number]>> = {
  t24: [642.38, 1.35, 0.38],
  t30: [1586.84, 15.7, 4.6],
  t50: [1402.76, 28.1, 5.9],
  p30: [553.95, -2.59, 0.62],
  ps30: [47.35, 0.83, 0.18],
  phi: [521.91, -2.24, 0.51],
  bpr: [8.418, 0.106, 0.027],
  w31: [38.93, -0.53, 0.13],
  w32: [23.36, -0.307, 0.08],
};

/** What the new calibration adds. */
const CALIBRATION: Readonly<Partial<Record<Sensor, number>>> = { t50: 22, ps30: 0.7 };

const SHORTEST_LIFE = 60;
const LONGEST_LIFE = 120;

interface Engine {
  name: string;
  life: number;
  cycle: number;
  /** Two engines are never quite the same. */
  offset: number;
}

export function* simulateFleet(options: FleetSimulation): Generator<Reading> {
  const rng = new Rng(options.seed);
  let serial = 0;
  const newEngine = (): Engine => ({
    name: `E${serial++}`,
    life: SHORTEST_LIFE + rng.below(LONGEST_LIFE - SHORTEST_LIFE),
    cycle: 0,
    offset: 0.15 * normal(rng),
  });
  const fleet = Array.from({ length: options.engines }, (): Engine => {
    const engine = newEngine();
    return { ...engine, cycle: rng.below(engine.life) };
  });
  const between = CYCLE_MS / options.engines;
  for (let index = 0; index < options.readings; index++) {
    const place = index % options.engines;
    let engine = fleet[place]!;
    if (engine.cycle === engine.life) engine = fleet[place] = newEngine();
    engine.cycle++;
    const time = Math.floor(options.start + index * between);
    const isCalibrated = options.driftAt !== null && time >= options.driftAt;
    const sensors = {} as Record<Sensor, number>;
    const used = engine.cycle / engine.life;
    for (const sensor of SENSORS) {
      const [base, wear, scatter] = NATURE[sensor];
      const shift = isCalibrated ? (CALIBRATION[sensor] ?? 0) : 0;
      const value = base + wear * used * used * used + scatter * (engine.offset + normal(rng)) + shift;
      sensors[sensor] = Math.round(value * 1e4) / 1e4;
    }
    const { name, cycle, life } = engine;
    yield { time, engine: name, cycle, sensors, remaining: life - cycle };
  }
}

/** Irwin-Hall: mean 0 and variance 1, without a transcendental function. */
const normal = (rng: Rng): number => {
  let sum = -6;
  for (let i = 0; i < 12; i++) sum += rng.uniform();
  return sum;
};
