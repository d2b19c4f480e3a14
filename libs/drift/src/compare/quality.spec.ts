import { duplicateShare, freshnessOf } from './quality';

it('counts rows that came before, missing values being alike', () => {
  expect(
    duplicateShare([
      [1, 1, 2, 1, null, Number.NaN],
      [0, -0, 0, 5, 1, 1],
    ]),
  ).toBe(2 / 6);
  expect(
    duplicateShare([
      [12, 1],
      [3, 23],
    ]),
  ).toBe(0);
  expect(duplicateShare([[]])).toBeNull();
});

it('is stale when the newest row is older than the limit', () => {
  expect(freshnessOf([1000, null, 4000, 2000], 10_000, 6000)).toEqual({ ageMs: 6000, isStale: false });
  expect(freshnessOf([1000], 10_000, 6000)).toEqual({ ageMs: 9000, isStale: true });
  expect(freshnessOf([null], 10_000, 6000)).toBeNull();
});
