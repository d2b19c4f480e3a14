import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entityIn, readEntityRows } from './entity-rows';
import { writeFeatureRows } from './write-rows';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'playhead-features-spec-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const read = async (name: string, text?: string) => {
  if (text !== undefined) writeFileSync(join(folder, name), text);
  return readEntityRows(join(folder, name), ['customer_id']);
};

it('reads keys as text and zone-less times as UTC, and keeps other columns', async () => {
  const csv = 'customer_id,event_timestamp,note\n7,2018-05-01 10:00:00,"a, b"\n';
  expect(await read('wanted.csv', csv)).toEqual([
    { customer_id: '7', event_timestamp: '2018-05-01T10:00:00Z', note: 'a, b' },
  ]);
  const ndjson = '{"customer_id":7,"event_timestamp":"2018-05-01T10:00:00Z"}\n';
  expect(await read('wanted.ndjson', ndjson)).toEqual([
    { customer_id: '7', event_timestamp: '2018-05-01T10:00:00Z' },
  ]);
  await expect(read('none.csv', 'customer_id,event_timestamp\n')).rejects.toThrow('has no rows');
});

const rows = [{ customer_id: '7', event_timestamp: '2018-05-01T10:00:00Z', note: 'a, "b"' }];
const found = { features: ['count', 'mean'], values: [[3, null]] };

it('writes values behind the columns that came', async () => {
  await writeFeatureRows(join(folder, 'known.csv'), rows, found);
  expect(readFileSync(join(folder, 'known.csv'), 'utf8')).toBe(
    'customer_id,event_timestamp,note,count,mean\n7,2018-05-01T10:00:00Z,"a, ""b""",3,\n',
  );
  await writeFeatureRows(join(folder, 'known.ndjson'), rows, found);
  expect(JSON.parse(readFileSync(join(folder, 'known.ndjson'), 'utf8'))).toEqual({
    ...rows[0],
    count: 3,
    mean: null,
  });
  await writeFeatureRows(join(folder, 'known.parquet'), rows, found);
  expect(await read('known.parquet')).toEqual([{ ...rows[0], count: 3, mean: null }]);
});

it('reads --entity', () => {
  expect(entityIn(['customer_id=a=b', 'terminal_id=1'])).toEqual({ customer_id: 'a=b', terminal_id: '1' });
  expect(() => entityIn(['4961'])).toThrow('--entity 4961 is no field=value');
});
