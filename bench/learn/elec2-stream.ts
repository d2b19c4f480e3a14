import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refused } from '#kernel';
import type { DataSet, Observation } from '#learn';

const COLUMNS = ['date', 'day', 'period', 'nswprice', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'];

/** The six that the stream's description allows: `date` and `nswprice` say too much of the label. */
export const ELEC2_FEATURES = ['day', 'period', 'nswdemand', 'vicprice', 'vicdemand', 'transfer'];

/** Elec2 in the order of its half hours, from `<PLAYHEAD_DATA>/elec2`. */
export const readElec2 = (data = process.env.PLAYHEAD_DATA ?? '../shared/data'): Observation[] => {
  const folder = resolve(data, 'elec2');
  if (!existsSync(join(folder, 'elec2_data.dat')))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${folder}/elec2_data.dat is not there; say the folder of the streams with PLAYHEAD_DATA`,
    );
  const lines = (name: string): string[] => readFileSync(join(folder, name), 'utf8').trim().split('\n');
  const labels = lines('elec2_label.dat');
  const places = ELEC2_FEATURES.map((feature) => COLUMNS.indexOf(feature));
  return lines('elec2_data.dat').map((line, row) => {
    const numbers = line.trim().split(/\s+/).map(Number);
    return { x: Float32Array.from(places, (place) => numbers[place]!), label: Number(labels[row]) };
  });
};

/** Rows `from` to before `to` as a table. */
export const tableOf = (stream: readonly Observation[], from: number, to: number): DataSet => {
  const rows = stream.slice(from, to);
  return {
    featureNames: ELEC2_FEATURES,
    columns: ELEC2_FEATURES.map((_, f) => Float32Array.from(rows, ({ x }) => x[f]!)),
    labels: Float64Array.from(rows, ({ label }) => label),
  };
};
