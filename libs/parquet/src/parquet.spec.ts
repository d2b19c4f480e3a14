import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readParquetColumns, writeParquet, type Cell } from './parquet';

describe('Parquet files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-parquet-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('come back in order, bit for bit, with missing values as NaN', async () => {
    const path = join(folder, "it's.parquet");
    const amount = (row: number): Cell => (row % 7 === 0 ? null : row / 3);
    await writeParquet(
      path,
      [
        { name: 'id', type: 'text' },
        { name: 'at', type: 'timestamp' },
        { name: 'the "amount"', type: 'double' },
        { name: 'offset', type: 'bigint' },
      ],
      5_000,
      (row, column) => [`e${row}`, 1_700_000_000_000 + row, amount(row), row][column]!,
    );
    const table = await readParquetColumns(path, ['the "amount"', 'offset']);
    expect(table.rows).toBe(5_000);
    expect(Array.from(table.columns[0]!)).toEqual(
      Array.from({ length: 5_000 }, (_, row) => amount(row) ?? Number.NaN),
    );
    expect(Array.from(table.columns[1]!)).toEqual(Array.from({ length: 5_000 }, (_, row) => row));
  });

  it('may hold no rows', async () => {
    const path = join(folder, 'empty.parquet');
    await writeParquet(path, [{ name: 'x', type: 'double' }], 0, () => null);
    expect((await readParquetColumns(path, ['x'])).rows).toBe(0);
  });
});
