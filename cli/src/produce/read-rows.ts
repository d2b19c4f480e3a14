import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { Refused } from '#kernel';

/** A row of a file: cells by column name, as text, or already typed where the format has types. */
export type Row = Readonly<Record<string, unknown>>;

export type FileFormat = 'csv' | 'ndjson' | 'parquet' | 'table';

export interface ReadOptions {
  readonly path: string;
  /** By the file's ending where it is not said. */
  readonly format?: FileFormat;
  /** Names of the columns, for files without a header. */
  readonly columns?: readonly string[];
  readonly limit?: number;
}

export const formatOf = (path: string): FileFormat => {
  const name = path.toLowerCase().replace(/\.gz$/, '');
  if (name.endsWith('.csv') || name.endsWith('.tsv')) return 'csv';
  if (name.endsWith('.ndjson') || name.endsWith('.jsonl') || name.endsWith('.json')) return 'ndjson';
  if (name.endsWith('.parquet')) return 'parquet';
  if (name.endsWith('.txt') || name.endsWith('.dat')) return 'table';
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `cannot tell the format of ${path}; say --format csv, ndjson, parquet or table`,
  );
};

/** Rows of a file in its order: CSV (gzip allowed) and Parquet through DuckDB, newline-delimited JSON, and tables separated by white space. */
export const readRows = (options: ReadOptions): AsyncGenerator<Row> => {
  if (!existsSync(options.path))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file ${options.path}`);
  const format = options.format ?? formatOf(options.path);
  switch (format) {
    case 'csv':
    case 'parquet':
      return readWithDuckDb(options, format);
    case 'ndjson':
      return readNdjson(options);
    case 'table':
      return readTable(options);
  }
};

async function* readWithDuckDb(
  { path, columns, limit }: ReadOptions,
  format: 'csv' | 'parquet',
): AsyncGenerator<Row> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    const names = columns
      ? `, names = [${columns.map(literal).join(', ')}], header = false`
      : ', header = true';
    const source =
      format === 'csv'
        ? `read_csv(${literal(path)}, all_varchar = true, parallel = false${names})`
        : `read_parquet(${literal(path)})`;
    // Types become text as their canonical strings; the stream's fields say what they are.
    const result = await connection.stream(
      `SELECT * FROM ${source}${limit === undefined ? '' : ` LIMIT ${limit}`}`,
    );
    const header = result.columnNames();
    for (
      let chunk = await result.fetchChunk();
      chunk && chunk.rowCount > 0;
      chunk = await result.fetchChunk()
    ) {
      const cells = chunk.getColumns();
      for (let row = 0; row < chunk.rowCount; row++) {
        const values: Record<string, unknown> = {};
        for (let column = 0; column < header.length; column++)
          values[header[column]!] = plain(cells[column]![row]);
        yield values;
      }
    }
  } catch (error) {
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${path} cannot be read as ${format}: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const plain = (value: unknown): unknown => {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return String(value);
};

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

async function* linesOf(path: string, limit = Infinity): AsyncGenerator<{ text: string; number: number }> {
  const file = createReadStream(path);
  const input = path.toLowerCase().endsWith('.gz') ? file.pipe(createGunzip()) : file;
  let number = 0;
  let given = 0;
  for await (const text of createInterface({ input, crlfDelay: Infinity })) {
    number++;
    if (text.trim() === '') continue;
    if (given++ >= limit) return;
    yield { text, number };
  }
}

async function* readNdjson({ path, limit }: ReadOptions): AsyncGenerator<Row> {
  for await (const { text, number } of linesOf(path, limit)) {
    try {
      yield JSON.parse(text) as Row;
    } catch (cause) {
      throw new Refused('PLAYHEAD_REQUEST_INVALID', `${path}:${number} is not JSON`, { cause });
    }
  }
}

async function* readTable({ path, columns, limit }: ReadOptions): AsyncGenerator<Row> {
  if (!columns)
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `${path} has no header; name its columns with --columns a,b,c`,
    );
  for await (const { text, number } of linesOf(path, limit)) {
    const cells = text.trim().split(/\s+/);
    if (cells.length !== columns.length)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `${path}:${number} has ${cells.length} columns, --columns names ${columns.length}`,
      );
    yield Object.fromEntries(columns.map((name, index) => [name, cells[index]]));
  }
}
