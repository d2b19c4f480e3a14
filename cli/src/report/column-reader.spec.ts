import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { columnsOf, readColumns } from './column-reader';

const folder = mkdtempSync(join(tmpdir(), 'playhead-columns-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const all = async (path: string, columns: Awaited<ReturnType<typeof columnsOf>>): Promise<number[][]> => {
  const rows = columns.map((): number[] => []);
  for await (const chunk of readColumns(path, columns))
    chunk.forEach((cells, at) => rows[at]!.push(...cells));
  return rows;
};

const CSV = 'amount,grade,items,open\n1.5,A,3,true\n,B,4,false\n2.0,A,NaN,true\n';

it('takes columns of numbers as numbers and all others as categories', async () => {
  const path = file('rows.csv', CSV);
  const columns = await columnsOf(path, undefined, ['items']);
  expect(columns.map(({ name, type, integer }) => ({ name, type, integer }))).toEqual([
    { name: 'amount', type: undefined, integer: false },
    { name: 'grade', type: 'categorical', integer: false },
    { name: 'items', type: 'categorical', integer: undefined },
    { name: 'open', type: 'categorical', integer: false },
  ]);
  expect(await all(path, columns)).toEqual([
    [1.5, Number.NaN, 2],
    [0, 1, 0],
    [3, 4, Number.NaN],
    [0, 1, 0],
  ]);
});

it('numbers the texts of a second file as in the first, and reads NDJSON alike', async () => {
  const columns = await columnsOf(file('first.csv', CSV), ['grade', 'amount']);
  await all(join(folder, 'first.csv'), columns);
  const second = file('second.ndjson', '{"grade":"B"}\n{"grade":"C","amount":7}\n');
  expect(await all(second, columns)).toEqual([
    [1, 2],
    [Number.NaN, 7],
  ]);
});

it('refuses what it cannot take, with what to do', async () => {
  const path = file('ok.csv', 'a,b\n1,2\n');
  await expect(columnsOf(path, ['c'])).rejects.toThrow('ok.csv has no column c; it has a, b');
  await expect(columnsOf(file('none.csv', 'a,b\n'))).rejects.toThrow('none.csv has no rows');
  const columns = await columnsOf(path);
  await expect(all(file('text.csv', 'a,b\n1,2\nx,3\n'), columns)).rejects.toThrow(
    'row 2 of ' + join(folder, 'text.csv') + ' has "x" in a, which held numbers',
  );
  await expect(all(file('other.csv', 'a\n1\n'), columns)).rejects.toThrow(
    'other.csv has no column b; it has a',
  );
});
