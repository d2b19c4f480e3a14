import type * as DuckDb from '@duckdb/node-api';

/** Loaded when the first file is read or written: most processes never need it. (The output is CommonJS; jest cannot follow an import().) */
export const duckDb = (): typeof DuckDb => require('@duckdb/node-api') as typeof DuckDb;

/** Which program writes the files: another version may write the same rows in other bytes. */
export const PARQUET_WRITER = `duckdb ${(require('@duckdb/node-api/package.json') as { version: string }).version}`;

/** A database in memory with one thread, so that rows keep their order. */
export const withDuckDb = async <T>(
  work: (connection: DuckDb.DuckDBConnection) => Promise<T>,
): Promise<T> => {
  const instance = await duckDb().DuckDBInstance.create(':memory:', { threads: '1' });
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};

export const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;
