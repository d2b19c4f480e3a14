import { literal, quote, withDuckDb } from './duck-db';

/** A row that two files do not have in common. */
export interface RowDifference {
  /** Values of the key columns. */
  readonly key: readonly string[];
  /** The first column that differs; absent where one file lacks the row: then the value of the other is undefined. */
  readonly column?: string;
  readonly stored?: string | null;
  readonly rebuilt?: string | null;
}

/** Compares two Parquet files of the same columns row by row: the first row, in the order of the key, that is not in both or differs. */
export const firstDifferentRow = (
  stored: string,
  rebuilt: string,
  key: readonly string[],
): Promise<RowDifference | undefined> =>
  withDuckDb(async (connection) => {
    const described = await connection.runAndReadAll(
      `DESCRIBE SELECT * FROM read_parquet(${literal(stored)})`,
    );
    const columns = described
      .getRows()
      .map(([name]) => String(name))
      .filter((name) => !key.includes(name));
    const pair = (name: string): string => `a.${quote(name)}::VARCHAR, b.${quote(name)}::VARCHAR`;
    const differs = columns.map((name) => `a.${quote(name)} IS DISTINCT FROM b.${quote(name)}`);
    const { 0: first } = (
      await connection.runAndReadAll(`
        SELECT a.${quote(key[0]!)} IS NULL, b.${quote(key[0]!)} IS NULL,
          ${key.map((name) => `${quote(name)}::VARCHAR`).join(', ')}, ${columns.map(pair).join(', ')}
        FROM read_parquet(${literal(stored)}) a
        FULL JOIN read_parquet(${literal(rebuilt)}) b USING (${key.map(quote).join(', ')})
        WHERE a.${quote(key[0]!)} IS NULL OR b.${quote(key[0]!)} IS NULL OR ${differs.join(' OR ')}
        ORDER BY ${key.map(quote).join(', ')} LIMIT 1`)
    ).getRows();
    if (!first) return undefined;
    const [isNew, isGone, ...cells] = first as [boolean, boolean, ...(string | null)[]];
    const named = { key: cells.slice(0, key.length).map(String) };
    if (isNew) return { ...named, rebuilt: 'present' };
    if (isGone) return { ...named, stored: 'present' };
    const values = cells.slice(key.length);
    const at = columns.findIndex((_, i) => values[2 * i] !== values[2 * i + 1]);
    return {
      ...named,
      column: columns[at]!,
      stored: values[2 * at] ?? null,
      rebuilt: values[2 * at + 1] ?? null,
    };
  });
