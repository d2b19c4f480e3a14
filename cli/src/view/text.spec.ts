import { plural, printable, shortDigest, shortNumber, table } from './text';

it('shows nothing that a terminal would obey', () => {
  expect(printable('a\u001b[2Jb\r\nc\u202e d\u009b0m é 漢')).toBe(
    'a\\u001b[2Jb\\u000d\\u000ac\\u202e d\\u009b0m é 漢',
  );
});

it('sets columns under their titles', () => {
  expect(
    table(
      ['name', 'n', 'note'],
      [
        ['a', 10, null],
        ['long name', 2, 'x\ny'],
      ],
    ),
  ).toBe(['name       n   note', 'a          10', 'long name  2   x\\u000ay'].join('\n'));
  expect(table(['name'], [])).toBe('name');
});

it('shortens numbers and digests', () => {
  expect([0.123456789, 1234567.89, 100_000_000, 0, null, undefined].map(shortNumber)).toEqual([
    '0.123457',
    '1234570',
    '100000000',
    '0',
    '-',
    '-',
  ]);
  expect([shortDigest('a'.repeat(64)), shortDigest(null)]).toEqual(['a'.repeat(12), '-']);
  expect([plural(1, 'row'), plural(0, 'row')]).toEqual(['1 row', '0 rows']);
});
