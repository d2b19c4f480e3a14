import { Refused } from '#kernel';
import { readRows } from '../produce/read-rows';
import {
  CYCLE_MS,
  SENSORS,
  simulateFleet,
  type FleetSimulation,
  type Reading,
  type Sensor,
} from './maintenance-simulator';
import type { Occurrence, Source } from './scenario';

/**
 * Cycles ahead that anybody plans for: whoever lasts longer is said to last so long. So what a reading meant is known after so many cycles,
 * of engines that failed and of engines that did not alike.
 */
export const HORIZON = 30;

export const simulatedReadings = (options: FleetSimulation): Reading[] => [...simulateFleet(options)];

/** The public data's columns: unit, cycle, three settings, 21 sensors. */
const COLUMNS = ['unit', 'cycle', 'a', 'b', 'c', ...Array.from({ length: 21 }, (_, n) => `s${n + 1}`)];
const COLUMN_OF: Readonly<Record<Sensor, string>> = {
  t24: 's2',
  t30: 's3',
  t50: 's4',
  p30: 's7',
  ps30: 's11',
  phi: 's12',
  bpr: 's15',
  w31: 's20',
  w32: 's21',
};

const START = Date.UTC(2026, 0, 1);
/** In the file each unit stands for itself; here one begins each five cycles, so that some forty run at a time. */
const CYCLES_BETWEEN = 5;

/** Units that all ran to their failure (`train_FD00x.txt`), as a fleet: in the order of time. */
export const readingsOfFile = async (path: string, rows: number | undefined): Promise<Reading[]> => {
  const units = new Map<number, Omit<Reading, 'remaining'>[]>();
  for await (const row of readRows({ path, format: 'table', columns: COLUMNS })) {
    const unit = Number(row.unit);
    const cycle = Number(row.cycle);
    const sensors = Object.fromEntries(
      SENSORS.map((sensor) => [sensor, Number(row[COLUMN_OF[sensor]])]),
    ) as Record<Sensor, number>;
    if (![unit, cycle, ...Object.values(sensors)].every(Number.isFinite))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${path} has not the 26 columns of NASA's turbofans: unit, cycle, 3 settings, 21 sensors`,
      );
    const time = START + (unit * CYCLES_BETWEEN + cycle) * CYCLE_MS + unit * 1_000;
    const readings = units.get(unit) ?? [];
    readings.push({ time, engine: `U${unit}`, cycle, sensors });
    units.set(unit, readings);
  }
  const all = [...units.values()].flatMap((readings) =>
    readings.map((reading) => ({ ...reading, remaining: readings.length - reading.cycle })),
  );
  if (all.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path} holds no readings`);
  return all.sort((a, b) => a.time - b.time).slice(0, rows);
};

/** Readings as they come, and what each meant as soon as it is known: when the engine fails, or when it has lasted as long as anybody plans for. */
export const maintenanceSource = (readings: readonly Reading[]): Source => {
  const lastTime = readings.at(-1)!.time;
  const occurrences = readings
    .flatMap((reading): Occurrence[] => {
      const label = labelOf(reading);
      return label.time <= lastTime ? [readingOf(reading), label] : [readingOf(reading)];
    })
    .sort((a, b) => a.time - b.time);
  return {
    rows: readings.length,
    firstTime: readings[0]!.time,
    lastTime,
    occurrences: () => occurrences,
  };
};

const readingOf = ({ time, engine, cycle, sensors }: Reading): Occurrence => ({
  stream: 'readings',
  time,
  event: { reading_id: `${engine}-${cycle}`, engine_id: engine, event_time: iso(time), cycle, ...sensors },
});

const labelOf = ({ time, engine, cycle, remaining }: Reading): Occurrence => {
  const left = Math.min(HORIZON, remaining);
  const knownAt = time + left * CYCLE_MS;
  return {
    stream: 'lives',
    time: knownAt,
    event: {
      label_id: `L${engine}-${cycle}`,
      known_at: iso(knownAt),
      reading_id: `${engine}-${cycle}`,
      engine_id: engine,
      remaining: left,
    },
  };
};

const iso = (time: number): string => new Date(time).toISOString();
