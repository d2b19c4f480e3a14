import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Refused } from '#kernel';
import { readRows } from '../produce/read-rows';
import {
  HALF_HOUR_MS,
  HALF_HOURS_A_DAY,
  simulateElectricity,
  type ElectricitySimulation,
  type HalfHour,
} from './electricity-simulator';
import type { Occurrence, Source } from './scenario';

/** It is known a day later whether the price went up. */
export const LABEL_DELAY_MS = HALF_HOURS_A_DAY * HALF_HOUR_MS;

const DATA_FILE = 'elec2_data.dat';
const LABEL_FILE = 'elec2_label.dat';
/** `date` and `nswprice` stand in the file and are never read: they tell the answer. */
const COLUMNS = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'];
/** Row 0 of the public stream. */
const ELEC2_START = Date.UTC(1996, 4, 7);

export const simulatedHalfHours = (options: ElectricitySimulation): HalfHour[] => [
  ...simulateElectricity(options),
];

/** The public stream: `path` is the table, or the folder that it lies in; the labels lie beside it. */
export const halfHoursOfFile = async (path: string, rows: number | undefined): Promise<HalfHour[]> => {
  const table = existsSync(path) && statSync(path).isDirectory() ? join(path, DATA_FILE) : path;
  const labels: boolean[] = [];
  for await (const { label } of readRows({
    path: join(dirname(table), LABEL_FILE),
    format: 'table',
    columns: ['label'],
    limit: rows,
  }))
    labels.push(Number(label) === 1);
  const found: HalfHour[] = [];
  for await (const row of readRows({ path: table, format: 'table', columns: COLUMNS, limit: rows })) {
    const index = found.length;
    const isUp = labels[index];
    const [day, period, nswdemand, vicprice, vicdemand, transfer] = [
      'day',
      'period',
      'nswdemand',
      'vicprice',
      'vicdemand',
      'transfer',
    ].map((name) => Number(row[name])) as [number, number, number, number, number, number];
    if (isUp === undefined || !Number.isFinite(transfer))
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `row ${index + 1} of ${table} has not the columns ${COLUMNS.join(', ')}, or no label in ${LABEL_FILE} beside it`,
      );
    const time = ELEC2_START + index * HALF_HOUR_MS;
    found.push({ time, day, period, nswdemand, vicprice, vicdemand, transfer, isUp });
  }
  if (found.length === 0) throw new Refused('PLAYHEAD_REQUEST_INVALID', `${table} holds no rows`);
  return found;
};

const MARKET = 'nsw';

/** Half-hours as they happen, and what becomes known of each a day later. */
export const electricitySource = (halfHours: readonly HalfHour[]): Source => ({
  rows: halfHours.length,
  firstTime: halfHours[0]!.time,
  lastTime: halfHours.at(-1)!.time,
  *occurrences(): Generator<Occurrence> {
    for (const [index, { isUp, time, ...columns }] of halfHours.entries()) {
      const known = halfHours[index - HALF_HOURS_A_DAY];
      if (known) yield labelOf(known);
      const event = { half_hour: idOf(time), market: MARKET, event_time: iso(time), ...columns };
      yield { stream: 'half-hours', time, event };
    }
  },
});

const labelOf = ({ time, isUp }: HalfHour): Occurrence => {
  const knownAt = time + LABEL_DELAY_MS;
  return {
    stream: 'price-moves',
    time: knownAt,
    event: {
      label_id: `L${idOf(time)}`,
      known_at: iso(knownAt),
      half_hour: idOf(time),
      market: MARKET,
      is_up: isUp,
    },
  };
};

/** The half-hour's name, by which predictions and labels find each other. */
export const idOf = (time: number): string => iso(time).slice(0, 16);

const iso = (time: number): string => new Date(time).toISOString();
