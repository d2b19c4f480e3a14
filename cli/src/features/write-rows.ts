import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { Refused } from '#kernel';
import { writeParquet, type Cell, type Column } from '#parquet';
import type { EntityRowInput, HistoricalFeatures } from '#replay';
import { formatOf } from '../produce/read-rows';

/** The rows as they came, with a column for each feature behind them; CSV, NDJSON or Parquet by the ending of the path. */
export const writeFeatureRows = async (
  path: string,
  rows: readonly EntityRowInput[],
  { features, values }: Pick<HistoricalFeatures, 'features' | 'values'>,
): Promise<void> => {
  const format = formatOf(path);
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))].filter(
    (name) => !features.includes(name),
  );
  const cellOf = (row: number, column: number): unknown =>
    column < columns.length ? (rows[row]![columns[column]!] ?? null) : values[row]![column - columns.length];
  const names = [...columns, ...features];
  if (format === 'parquet') {
    const types = names.map((name, column): Column => ({
      name,
      type: column < columns.length ? 'text' : 'double',
    }));
    const text = (value: unknown): Cell =>
      value === null ? null : typeof value === 'string' ? value : JSON.stringify(value);
    const cell = (row: number, column: number): Cell =>
      column < columns.length ? text(cellOf(row, column)) : (cellOf(row, column) as number | null);
    return writeParquet(path, types, rows.length, cell);
  }
  if (format === 'table')
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path}: --out ends with .csv, .ndjson or .parquet`);
  const lineOf =
    format === 'csv'
      ? (cells: readonly unknown[]): string => cells.map(csvCell).join(',')
      : (cells: readonly unknown[]): string =>
          JSON.stringify(Object.fromEntries(names.map((name, column) => [name, cells[column]])));
  const file = createWriteStream(path);
  if (format === 'csv') file.write(`${names.map(csvCell).join(',')}\n`);
  for (let row = 0; row < rows.length; row++) {
    const cells = names.map((_, column) => cellOf(row, column));
    if (!file.write(`${lineOf(cells)}\n`)) await once(file, 'drain');
  }
  file.end();
  await finished(file);
};

/** RFC 4180. */
const csvCell = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};
