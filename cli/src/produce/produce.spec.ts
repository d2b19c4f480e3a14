import { gzipSync } from 'node:zlib';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { rowConverter } from './convert-row';
import { parsePacing } from './pacing';
import { readRows, type Row } from './read-rows';

const folder = mkdtempSync(join(tmpdir(), 'playhead-produce-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = (name: string, content: string | Buffer): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const all = async (rows: AsyncIterable<Row>): Promise<Row[]> => {
  const read: Row[] = [];
  for await (const row of rows) read.push(row);
  return read;
};

describe('readRows', () => {
  it('reads CSV as text, gzip and all, in its order', async () => {
    const path = file(
      'a.csv.gz',
      gzipSync('ID,AT,AMOUNT\n0,2018-04-01 00:00:31,57.16\n1,2018-04-01 00:02:10,081.50\n'),
    );
    expect(await all(readRows({ path }))).toEqual([
      { ID: '0', AT: '2018-04-01 00:00:31', AMOUNT: '57.16' },
      { ID: '1', AT: '2018-04-01 00:02:10', AMOUNT: '081.50' },
    ]);
  });

  it('reads newline-delimited JSON and names the line that is none', async () => {
    expect(await all(readRows({ path: file('b.ndjson', '{"a":1}\n\n{"a":2}\n') }))).toEqual([
      { a: 1 },
      { a: 2 },
    ]);
    await expect(all(readRows({ path: file('c.ndjson', '{"a":1}\nnope\n') }))).rejects.toThrow(
      'c.ndjson:2 is not JSON',
    );
  });

  it('reads tables separated by any white space, with columns that are named', async () => {
    const path = file('d.txt', '1 2.5  x \n3\t4.5\ty\n');
    expect(await all(readRows({ path, columns: ['unit', 'value', 'name'] }))).toEqual([
      { unit: '1', value: '2.5', name: 'x' },
      { unit: '3', value: '4.5', name: 'y' },
    ]);
    await expect(all(readRows({ path, columns: ['unit'] }))).rejects.toThrow(
      'd.txt:1 has 3 columns, --columns names 1',
    );
    await expect(all(readRows({ path }))).rejects.toThrow('--columns');
  });
});

describe('rowConverter', () => {
  const stream = {
    fields: [
      { name: 'id', type: 'string', required: true, nullable: false },
      { name: 'at', type: 'timestamp', required: true, nullable: false },
      { name: 'amount', type: 'number', required: true, nullable: false },
      { name: 'fraud', type: 'boolean', required: true, nullable: false },
    ],
  } as const;

  it('renames, converts by type, takes zone-less times as UTC, and drops what is no field', () => {
    const convert = rowConverter(stream, new Map([['AT', 'at']]));
    expect(convert({ id: 7, AT: '2018-04-01 00:00:31', amount: '57.16', fraud: '1', leak: '3' })).toEqual({
      id: '7',
      at: '2018-04-01T00:00:31Z',
      amount: 57.16,
      fraud: true,
    });
  });

  it('leaves alone what it cannot convert, for the schema to refuse', () => {
    expect(rowConverter(stream)({ id: 'a', at: 'yesterday', amount: 'much', fraud: 'maybe' })).toEqual({
      id: 'a',
      at: 'yesterday',
      amount: 'much',
      fraud: 'maybe',
    });
    expect(rowConverter(stream)({ amount: '' })).toEqual({ amount: null });
  });
});

describe('parsePacing', () => {
  it('paces by rate', () => {
    expect(parsePacing({ rate: '500/s' }).waitMs(100, 100, '')).toBe(100);
  });
  it('paces by event time', () => {
    const pacing = parsePacing({ speed: '60x' });
    expect(pacing.waitMs(0, 0, '2018-04-01T00:00:00Z')).toBe(0);
    expect(pacing.waitMs(400, 1, '2018-04-01T00:01:00Z')).toBe(600);
  });
  it('goes at once by default, and refuses nonsense', () => {
    expect(parsePacing({ speed: 'max' }).waitMs(0, 1e9, '')).toBe(0);
    expect(() => parsePacing({ rate: 'fast' })).toThrow('--rate');
    expect(() => parsePacing({ speed: 'x60' })).toThrow('--speed');
    expect(() => parsePacing({ rate: '1', speed: 'max' })).toThrow('not both');
  });
});
