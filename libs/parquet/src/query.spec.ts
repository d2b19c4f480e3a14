import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeParquet } from './parquet';
import { queryParquet } from './query';

const folder = mkdtempSync(join(tmpdir(), 'playhead-query-'));
const files = { train: join(folder, "it's train.parquet"), holdout: join(folder, 'holdout.parquet') };
const other = join(folder, 'other.parquet');
const secret = join(folder, 'secret.csv');

beforeAll(async () => {
  for (const [rows, path] of [
    [100, files.train],
    [10, files.holdout],
    [1, other],
  ] as const)
    await writeParquet(
      path,
      [
        { name: 'amount', type: 'double' },
        { name: 'label', type: 'double' },
        { name: 'at', type: 'timestamp' },
        { name: 'id', type: 'text' },
      ],
      rows,
      (row, column) => [row % 7 === 0 ? null : row / 2, row % 2, 1_700_000_000_000 + row, `e${row}`][column]!,
    );
  writeFileSync(secret, 'a\n1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const query = (sql: string, limit = 1_000) => queryParquet(sql, files, { limit });

it('answers what the rows say', async () => {
  const { columns, rows, truncated } = await query(
    'SELECT label, count(*) AS n, count(amount) AS known, max(amount) AS most FROM train GROUP BY label ORDER BY label',
  );
  expect(columns.map(({ name }) => name)).toEqual(['label', 'n', 'known', 'most']);
  expect(rows).toEqual([
    [0, 50, 42, 48],
    [1, 50, 43, 49.5],
  ]);
  expect(truncated).toBe(false);
});

it('joins the parts, and gives times and missing values', async () => {
  const { rows } = await query(
    'SELECT t.id, t.amount, t.at FROM train t JOIN holdout h USING (id) ORDER BY t.at LIMIT 2',
  );
  expect(rows).toEqual([
    ['e0', null, '2023-11-14 22:13:20'],
    ['e1', 0.5, '2023-11-14 22:13:20.001'],
  ]);
});

it('tells the columns', async () => {
  const { rows } = await query('DESCRIBE train');
  expect(rows.map(([name, type]) => [name, type])).toEqual([
    ['amount', 'DOUBLE'],
    ['label', 'DOUBLE'],
    ['at', 'TIMESTAMP'],
    ['id', 'VARCHAR'],
  ]);
});

it('gives no more rows than asked for, and says so', async () => {
  const { rows, truncated } = await query('SELECT * FROM train', 7);
  expect([rows.length, truncated]).toEqual([7, true]);
});

it.each([
  ['another file', `SELECT * FROM read_parquet('${other}')`],
  ['another format', `SELECT * FROM read_csv('${secret}')`],
  ['a text file', `SELECT * FROM read_text('/etc/hostname')`],
  ['a folder', `SELECT * FROM glob('/etc/*')`],
  ['an address', `SELECT * FROM read_csv('https://example.com/a.csv')`],
  ['an extension', 'INSTALL httpfs'],
  ['another database', `ATTACH '${join(folder, 'x.db')}'`],
  ['a copy', `COPY train TO '${join(folder, 'copy.csv')}'`],
  ['a copy over its own file', `COPY (SELECT 1) TO ${`'${files.holdout}'`}`],
  ['a new table', 'CREATE TABLE x AS SELECT 1'],
  ['other settings', 'SET enable_external_access = true'],
  ['two statements', 'SELECT 1; SELECT 2'],
  ['a mistake', 'SELECT amout FROM train'],
])('refuses %s', async (_, sql) => {
  await expect(query(sql)).rejects.toMatchObject({ code: 'PLAYHEAD_REQUEST_INVALID' });
  expect(existsSync(join(folder, 'copy.csv'))).toBe(false);
});
