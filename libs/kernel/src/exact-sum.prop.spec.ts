import fc from 'fast-check';
import { ExactMoments } from './exact-moments';
import { sumOracle, varianceOracle } from './exact-rational.testing';
import { ExactSum, decimalScale, scaleDecimal } from './exact-sum';

const wide = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e280, max: 1e280 });
const near = fc.oneof(
  fc.double({ noNaN: true, min: -1000, max: 1000 }),
  fc.constantFrom(0.1, 0.2, 0.3, 1, 1e16, -1e16, 2 ** 53, 1e-17, 0.5, -0),
);
const squarable = fc
  .oneof(near, fc.double({ noNaN: true, min: -1e100, max: 1e100 }))
  .filter((x) => x === 0 || Math.abs(x) > 1e-130);
const terms = (term: fc.Arbitrary<number>) => fc.array(term, { maxLength: 40 });
const shuffled = <T>(items: readonly T[]) => fc.shuffledSubarray([...items], { minLength: items.length });

describe('ExactSum', () => {
  it('is the double nearest to the exact sum', () => {
    fc.assert(
      fc.property(fc.oneof(terms(near), terms(wide)), (xs) => {
        expect(ExactSum.of(xs).value()).toBe(sumOracle(xs));
      }),
      { numRuns: 500 },
    );
  });

  it('settles ties to even, past zeros', () => {
    expect(ExactSum.of([1, 2 ** -53]).value()).toBe(1);
    expect(ExactSum.of([1, 2 ** -53, 2 ** -120]).value()).toBe(1 + 2 ** -52);
    expect(ExactSum.of([1, 2 ** -53, -(2 ** -120)]).value()).toBe(1);
    expect(ExactSum.of([1e308 / 2 ** 60, 1, -1e308 / 2 ** 60]).value()).toBe(1);
    expect(Object.is(ExactSum.of([-0, -0]).value(), 0)).toBe(true);
    expect(ExactSum.of(Array<number>(10).fill(0.1)).value()).toBe(1);
  });

  it('gives the same bits on any order and any path of additions, removals and merges', () => {
    const scenario = fc
      .tuple(fc.oneof(terms(near), terms(wide)), fc.oneof(terms(near), terms(wide)))
      .chain(([kept, removed]) =>
        fc.tuple(
          fc.constant(kept),
          shuffled([
            ...kept.map((x) => ({ x, add: true })),
            ...removed.flatMap((x) => [
              { x, add: true },
              { x, add: false },
            ]),
          ]),
          fc.nat(100),
        ),
      );
    fc.assert(
      fc.property(scenario, ([kept, steps, cut]) => {
        const first = new ExactSum();
        const second = new ExactSum();
        steps.forEach(({ x, add }, i) => {
          const sum = i < cut ? first : second;
          if (add) sum.add(x);
          else sum.remove(x);
        });
        first.merge(second);
        const expected = ExactSum.of(kept);
        expect(first.value()).toBe(expected.value());
        expect(first.parts()).toEqual(expected.parts());
        expect(ExactSum.of(first.parts()).value()).toBe(expected.value());
      }),
      { numRuns: 500 },
    );
  });

  it('merges with itself', () => {
    const sum = ExactSum.of([0.1, 0.2, 1e17]);
    sum.merge(sum);
    expect(sum.value()).toBe(ExactSum.of([0.1, 0.2, 1e17, 0.1, 0.2, 1e17]).value());
  });

  it('counts what is not finite apart and forgets it again', () => {
    const sum = ExactSum.of([1, Infinity]);
    expect(sum.value()).toBe(Infinity);
    sum.add(-Infinity);
    expect(sum.value()).toBeNaN();
    sum.remove(Infinity);
    expect(sum.value()).toBe(-Infinity);
    sum.add(NaN);
    expect(sum.value()).toBeNaN();
    sum.remove(NaN);
    sum.remove(-Infinity);
    expect(sum.value()).toBe(1);
    expect(sum.parts()).toEqual([1]);
    sum.add(1.7e308);
    expect(sum.value()).toBe(Infinity);
    expect(() => sum.parts()).toThrow('not finite');
  });
});

describe('decimals', () => {
  const cents = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });

  it('sums cents exactly and rounds once', () => {
    const scale = decimalScale(2);
    fc.assert(
      fc.property(fc.array(cents, { maxLength: 60 }), (amounts) => {
        const sum = ExactSum.of(amounts.map((amount) => scaleDecimal(amount / 100, scale)));
        expect(sum.over(scale)).toBe(Number(amounts.reduce((total, amount) => total + amount, 0)) / 100);
      }),
    );
  });

  it('reads back every decimal it is made of', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), fc.integer({ min: 0, max: 15 }), (units, decimals) => {
        const scale = decimalScale(decimals);
        const value = units / scale;
        fc.pre(Math.abs(units) < 2 ** 51);
        expect(scaleDecimal(value, scale)).toBe(units);
      }),
      { numRuns: 1000 },
    );
  });

  it('stays exact beyond 2^53', () => {
    const sum = ExactSum.of([2 ** 53, 1, 1, 1, 2 ** 60]);
    sum.remove(2 ** 60);
    sum.remove(2 ** 53);
    expect(sum.value()).toBe(3);
  });

  it('refuses a number of decimals that has no exact scale', () => {
    expect(() => decimalScale(16)).toThrow('decimals');
    expect(() => decimalScale(0.5)).toThrow('decimals');
  });
});

describe('ExactMoments', () => {
  it('gives the variance of the exact rational, rounded', () => {
    fc.assert(
      fc.property(terms(squarable), (xs) => {
        const moments = new ExactMoments();
        for (const x of xs) moments.add(x);
        expect(moments.variance()).toBe(varianceOracle(xs));
        expect(moments.mean()).toBe(xs.length === 0 ? null : sumOracle(xs) / xs.length);
      }),
      { numRuns: 500 },
    );
  });

  it('gives the same bits on any path, also through its parts', () => {
    const scenario = fc.tuple(terms(squarable), terms(fc.oneof(squarable, wide))).chain(([kept, removed]) =>
      fc.tuple(
        fc.constant(kept),
        shuffled([
          ...kept.map((x) => ({ x, add: true })),
          ...removed.flatMap((x) => [
            { x, add: true },
            { x, add: false },
          ]),
        ]),
      ),
    );
    fc.assert(
      fc.property(scenario, ([kept, steps]) => {
        let moments = new ExactMoments();
        for (const { x, add } of steps) add ? moments.add(x) : moments.remove(x);
        moments = ExactMoments.fromParts(moments.parts());
        expect(moments.count).toBe(kept.length);
        expect(moments.variance()).toBe(varianceOracle(kept));
        expect(moments.std()).toBe(kept.length < 2 ? null : Math.sqrt(varianceOracle(kept)!));
      }),
      { numRuns: 300 },
    );
  });

  it('does not cancel: a large offset leaves the variance alone', () => {
    const moments = new ExactMoments();
    for (const x of [4, 7, 13, 16]) moments.add(x + 1e9);
    expect(moments.variance()).toBe(30);
    const equal = new ExactMoments();
    for (let i = 0; i < 3; i++) equal.add(0.1);
    expect(equal.variance()).toBe(0);
  });

  it('scales: cents in, euros out', () => {
    const moments = new ExactMoments();
    for (const x of [1250, 350, 999]) moments.add(x);
    expect(moments.mean(100)).toBe(2599 / 300);
    expect(moments.variance(100)).toBe((3 * (1250 ** 2 + 350 ** 2 + 999 ** 2) - 2599 ** 2) / 60000);
  });

  it('is NaN while a member is not finite or too large to square', () => {
    const moments = new ExactMoments();
    moments.add(1);
    moments.add(1e200);
    moments.add(2);
    expect(moments.variance()).toBeNaN();
    moments.remove(1e200);
    expect(moments.variance()).toBe(0.5);
  });
});
