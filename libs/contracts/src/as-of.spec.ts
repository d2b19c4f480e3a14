import { formatAsOf, parseAsOf } from './as-of';

it.each([
  ['2018-05-06T02:00:00+02:00', '2018-05-06T00:00:00.000Z'],
  ['1:1180,0:1200', 'vectors=0:1200,1:1180'],
  ['vectors=0:5;labels=1:0,0:7', 'vectors=0:5;labels=0:7,1:0'],
  ['labels=0:7', 'labels=0:7'],
])('reads %s as %s', (text, canonical) => {
  expect(formatAsOf(parseAsOf(text))).toBe(canonical);
  expect(formatAsOf(parseAsOf(canonical))).toBe(canonical);
});

it('gives offsets by partition', () => {
  expect(parseAsOf('vectors=0:5,1:6')).toEqual({
    by: 'offsets',
    vectors: new Map([
      [0, 5],
      [1, 6],
    ]),
  });
});

it.each([
  ['', 'is no cut'],
  ['yesterday', 'is no cut'],
  ['0:1,0:2', 'names partition 0 twice'],
  ['vectors=0:1;vectors=0:2', 'names vectors twice'],
  ['inputs=0:1', 'is no cut'],
  ['0:-1', 'is no cut'],
  ['0:1,', 'is no cut'],
])('refuses "%s": it %s', (text, why) => {
  expect(() => parseAsOf(text)).toThrow(why);
});
