import { Refused, messageOf } from '#kernel';
import { duckDb, literal, quote, withDuckDb } from './duck-db';

/** A value as JSON has it: what does not fit (64-bit integers beyond 2^53, timestamps, lists) is a text. */
export type QueryCell = number | string | boolean | null;

export interface QueryResult {
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly QueryCell[])[];
  /** True where there are more rows than were asked for. */
  readonly truncated: boolean;
}

export interface QueryOptions {
  /** At most so many rows. */
  readonly limit: number;
}

/**
 * Answers one SELECT over Parquet files, each a view under its name. The files are all that the query can read: once the views stand, DuckDB may open
 * no other file, address or extension, and its settings are locked.
 * @throws Refused PLAYHEAD_REQUEST_INVALID with what DuckDB says.
 */
export const queryParquet = (
  sql: string,
  files: Readonly<Record<string, string>>,
  { limit }: QueryOptions,
): Promise<QueryResult> =>
  withDuckDb(async (connection) => {
    const paths = Object.values(files).map(literal).join(', ');
    for (const [name, path] of Object.entries(files))
      await connection.run(`CREATE VIEW ${quote(name)} AS SELECT * FROM read_parquet(${literal(path)})`);
    await connection.run(`SET allowed_paths = [${paths}]`);
    for (const setting of [
      'enable_external_access = false',
      'autoinstall_known_extensions = false',
      'autoload_known_extensions = false',
      "memory_limit = '2GB'",
      'lock_configuration = true',
    ])
      await connection.run(`SET ${setting}`);
    try {
      const statements = await connection.extractStatements(sql);
      if (statements.count !== 1) throw new Error(`${statements.count} statements; one is answered`);
      const prepared = await statements.prepare(0);
      const { SELECT, EXPLAIN } = duckDb().StatementType;
      if (![SELECT, EXPLAIN].includes(prepared.statementType)) throw new Error('only SELECT is answered');
      const result = await prepared.stream();
      const columns = result
        .columnNames()
        .map((name, index) => ({ name, type: result.columnType(index).toString() }));
      const rows: QueryCell[][] = [];
      let truncated = false;
      for (
        let chunk = await result.fetchChunk();
        chunk && chunk.rowCount > 0;
        chunk = await result.fetchChunk()
      ) {
        for (const row of chunk.getRows()) {
          if (rows.length < limit) rows.push(row.map(cellOf));
          else truncated = true;
        }
        if (truncated) break;
      }
      return { columns, rows, truncated };
    } catch (cause) {
      throw new Refused('PLAYHEAD_REQUEST_INVALID', `the query is refused: ${messageOf(cause)}`, { cause });
    }
  });

const cellOf = (value: unknown): QueryCell => {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return String(value);
};
