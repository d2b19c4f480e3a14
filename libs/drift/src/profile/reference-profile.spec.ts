import { profileReference, readReferenceProfile, writeReferenceProfile } from './reference-profile';

const profile = profileReference(
  [
    { name: 'amount', values: Array.from({ length: 100 }, (_, row) => row * 1.5e30) },
    { name: 'is_night', values: [0, 1, 1, null, NaN] },
    { name: 'never', values: [null, null] },
  ],
  [0.1, 0.2, 0.9],
);

it('reads what it wrote, to the byte', () => {
  const text = writeReferenceProfile(profile);
  expect(readReferenceProfile(text)).toEqual(profile);
  expect(writeReferenceProfile(readReferenceProfile(text))).toBe(text);
});

it('has deciles, or a cell for each of few values', () => {
  expect(
    profile.features.map(({ name, bins, counts, missing }) => [name, bins.kind, counts, missing]),
  ).toEqual([
    ['amount', 'intervals', [0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 0], 0],
    ['is_night', 'values', [1, 2, 0], 2],
    ['never', 'values', [0], 2],
  ]);
  expect(profile.score.bins).toEqual({ kind: 'values', values: [0.1, 0.2, 0.9] });
});

it.each([
  ['{', 'it is not JSON'],
  ['[]', 'version none is not known'],
  ['{"version":2}', 'version 2 is not known'],
  ['{"version":1}', 'it has no list of features'],
  ['{"version":1,"features":[{}]}', 'feature 0 has no name'],
  ['{"version":1,"features":[]}', 'column score is no profile'],
])('refuses %s', (text, why) => {
  expect(() => readReferenceProfile(text)).toThrow(`this is not a reference profile: ${why}`);
});
