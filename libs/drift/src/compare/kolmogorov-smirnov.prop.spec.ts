import fc from 'fast-check';
import { kolmogorovSmirnov } from './kolmogorov-smirnov';

const share = (column: readonly number[], at: number): number =>
  column.filter((value) => value <= at).length / column.length;

/** The definition: the distance at every value of either side. */
const slowly = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...[...a, ...b].map((value) => Math.abs(share(a, value) - share(b, value))));

const column = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true })),
  {
    minLength: 1,
    maxLength: 60,
  },
);

it('is the largest distance between the two distributions', () => {
  fc.assert(fc.property(column, column, (a, b) => expect(kolmogorovSmirnov(a, b)).toBe(slowly(a, b))));
});

it('leaves missing values out, and has no value without any', () => {
  expect(kolmogorovSmirnov([1, null, Number.NaN, 2], [1, 2])).toBe(0);
  expect(kolmogorovSmirnov([null], [1])).toBeNull();
});
