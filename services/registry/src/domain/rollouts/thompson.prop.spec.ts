import * as fc from 'fast-check';
import { probabilitiesOfBest, sharesOf, type Earned } from './thompson';

const arm = fc
  .tuple(fc.nat({ max: 120 }), fc.nat({ max: 1_000 }))
  .map(([trials, share]): Earned => ({ trials, successes: Math.floor((trials * share) / 1_000) }));
const arms = fc.array(arm, { minLength: 2, maxLength: 5 });

it('gives shares that are 100 together, none below the floor', () => {
  fc.assert(
    fc.property(arms, fc.nat(), fc.nat({ max: 2_000 }), (earned, seed, hundredths) => {
      const explore = hundredths / 100;
      const shares = sharesOf(probabilitiesOfBest(earned, seed), explore);
      expect(shares.reduce((sum, share) => sum + Math.round(share * 100), 0)).toBe(10_000);
      for (const share of shares) {
        expect(share).toBeGreaterThanOrEqual(explore);
        expect(Math.round(share * 100) / 100).toBe(share);
      }
    }),
    { numRuns: 10 },
  );
});

it('draws the same from the same seed', () => {
  fc.assert(
    fc.property(arms, fc.nat(), (earned, seed) => {
      expect(probabilitiesOfBest(earned, seed)).toEqual(probabilitiesOfBest(earned, seed));
    }),
    { numRuns: 3 },
  );
});

/** P(one beats the other) of two arms, by the closed form of Cook (2005) over whole counts. */
const closedForm = (one: Earned, other: Earned): number => {
  const lnGamma = (n: number): number => {
    let sum = 0;
    for (let i = 2; i < n; i++) sum += Math.log(i);
    return sum;
  };
  const lnBeta = (a: number, b: number): number => lnGamma(a) + lnGamma(b) - lnGamma(a + b);
  const [a1, b1] = [1 + one.successes, 1 + one.trials - one.successes];
  const [a2, b2] = [1 + other.successes, 1 + other.trials - other.successes];
  let sum = 0;
  for (let i = 0; i < a1; i++)
    sum += Math.exp(lnBeta(a2 + i, b1 + b2) - Math.log(b1 + i) - lnBeta(1 + i, b1) - lnBeta(a2, b2));
  return sum;
};

it('comes near the probability in closed form', () => {
  fc.assert(
    fc.property(arm, arm, fc.nat(), (one, other, seed) => {
      const [best] = probabilitiesOfBest([one, other], seed);
      // Four standard deviations of 1,000 draws.
      expect(Math.abs(best! - closedForm(one, other))).toBeLessThan(0.065);
    }),
    { numRuns: 20, seed: 7 },
  );
});
