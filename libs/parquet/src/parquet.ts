import type * as DuckDb from '@duckdb/node-api';
import { duckDb, literal, quote, withDuckDb } from './duck-db';

export type ColumnType = 'double' | 'integer' | 'bigint' | 'text' | 'timestamp';

/** A column of a Parquet file. Timestamps are epoch ms, null is missing. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
}

export type Cell = number | string | null;

const duckDbType = (type: ColumnType): DuckDb.DuckDBType => {
  const { DOUBLE, INTEGER, BIGINT, VARCHAR, TIMESTAMP_MS } = duckDb();
  return { double: DOUBLE, integer: INTEGER, bigint: BIGINT, text: VARCHAR, timestamp: TIMESTAMP_MS }[type];
};

const CONVERT: Readonly<Record<ColumnType, (cell: Cell) => DuckDb.DuckDBValue>> = {
  double: (cell) => cell,
  integer: (cell) => cell,
  bigint: (cell) => (cell === null ? null : BigInt(cell)),
  text: (cell) => cell,
  timestamp: (cell) => (cell === null ? null : new (duckDb().DuckDBTimestampMillisecondsValue)(BigInt(cell))),
};

const CHUNK_ROWS = 2_048;
const FLUSH_CHUNKS = 8;

/** Writes rows to a Parquet file through DuckDB. `cell(row, column)` is asked for in chunks; the event loop turns between them. */
export const writeParquet = async (
  path: string,
  columns: readonly Column[],
  rows: number,
  cell: (row: number, column: number) => Cell,
): Promise<void> =>
  withDuckDb(async (connection) => {
    const definitions = columns.map(({ name, type }) => `${quote(name)} ${duckDbType(type).toString()}`);
    await connection.run(`CREATE TABLE data (${definitions.join(', ')})`);
    const appender = await connection.createAppender('data');
    const types = columns.map(({ type }) => duckDbType(type));
    for (let from = 0; from < rows; from += CHUNK_ROWS) {
      const size = Math.min(CHUNK_ROWS, rows - from);
      const chunk = duckDb().DuckDBDataChunk.create(types, size);
      columns.forEach(({ type }, column) => {
        const convert = CONVERT[type];
        chunk.setColumnValues(
          column,
          Array.from({ length: size }, (_, row) => convert(cell(from + row, column))),
        );
      });
      appender.appendDataChunk(chunk);
      // What has gathered is written by the thread that asks: little at a time.
      if ((from / CHUNK_ROWS) % FLUSH_CHUNKS === FLUSH_CHUNKS - 1) appender.flushSync();
      await new Promise((resolve) => setImmediate(resolve));
    }
    appender.closeSync();
    await connection.run(`COPY data TO ${literal(path)} (FORMAT parquet, COMPRESSION zstd)`);
  });

export interface NumericTable {
  readonly rows: number;
  /** One array for each column asked for, in that order; missing is NaN. */
  readonly columns: readonly Float64Array[];
}

/** Reads columns of a Parquet file as doubles, in the order of the file; timestamps as epoch ms. */
export const readParquetColumns = async (path: string, names: readonly string[]): Promise<NumericTable> =>
  withDuckDb(async (connection) => {
    await connection.run('SET preserve_insertion_order = true');
    const counted = await connection.runAndReadAll(
      `SELECT count(*)::DOUBLE FROM read_parquet(${literal(path)})`,
    );
    const rows = Number(counted.getRows()[0]![0]);
    const columns = names.map(() => new Float64Array(rows));
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM read_parquet(${literal(path)})`);
    const times = described
      .getRows()
      .flatMap(([name, type]) => (String(type).startsWith('TIMESTAMP') ? [name] : []));
    const double = (name: string): string =>
      times.includes(name) ? `epoch_ms(${quote(name)})::DOUBLE` : `${quote(name)}::DOUBLE`;
    const result = await connection.stream(
      `SELECT ${names.map(double).join(', ')} FROM read_parquet(${literal(path)})`,
    );
    let row = 0;
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      for (let column = 0; column < names.length; column++) {
        const target = columns[column]!;
        chunk
          .getColumnValues(column)
          .forEach((value, i) => (target[row + i] = value === null ? Number.NaN : (value as number)));
      }
      row += chunk.rowCount;
    }
    return { rows, columns };
  });

/** A column of texts by number. */
export interface TextColumn {
  /** The distinct texts, in the order in which they first stand in the file; null is missing. */
  readonly values: readonly (string | null)[];
  /** Index into `values`, for each row. */
  readonly codes: Uint32Array;
}

/** Reads columns of a Parquet file as texts, in the order of the file; of those that it does not have there is none. */
export const readParquetTexts = async (
  path: string,
  names: readonly string[],
): Promise<Readonly<Record<string, TextColumn>>> =>
  withDuckDb(async (connection) => {
    await connection.run('SET preserve_insertion_order = true');
    const file = `read_parquet(${literal(path)})`;
    const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${file}`);
    const known = described.getRows().map(([name]) => String(name));
    const columns: Record<string, TextColumn> = {};
    for (const name of names.filter((each) => known.includes(each))) {
      const codeOf = new Map<string | null, number>();
      const codes: number[] = [];
      const result = await connection.stream(`SELECT ${quote(name)}::VARCHAR FROM ${file}`);
      for (
        let chunk = await result.fetchChunk();
        chunk && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      )
        for (const value of chunk.getColumnValues(0)) {
          const text = value as string | null;
          const code = codeOf.get(text) ?? codeOf.size;
          codeOf.set(text, code);
          codes.push(code);
        }
      columns[name] = { values: [...codeOf.keys()], codes: Uint32Array.from(codes) };
    }
    return columns;
  });
