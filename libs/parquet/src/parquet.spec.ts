import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readParquetColumns, readParquetTexts, writeParquet, type Cell } from './parquet';

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
    const { columns } = await readParquetColumns(path, ['at']);
    expect(columns[0]![4_999]).toBe(1_700_000_004_999);
  });

  it('give texts by number, and none of a column that they do not have', async () => {
    const path = join(folder, 'texts.parquet');
    const texts = ['a', null, 'b', 'a', "it's"];
    await writeParquet(path, [{ name: 'who', type: 'text' }], 5, (row) => texts[row]!);
    expect(await readParquetTexts(path, ['who', 'where'])).toEqual({
      who: { values: ['a', null, 'b', "it's"], codes: Uint32Array.of(0, 1, 2, 0, 3) },
    });
  });

  it('may hold no rows', async () => {
    const path = join(folder, 'empty.parquet');
    await writeParquet(path, [{ name: 'x', type: 'double' }], 0, () => null);
    expect((await readParquetColumns(path, ['x'])).rows).toBe(0);
  });
});
