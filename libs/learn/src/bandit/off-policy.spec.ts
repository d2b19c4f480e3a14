import { Rng } from '#kernel';
import { doublyRobustValue, inversePropensityValue, selfNormalisedValue } from './off-policy';

const log = {
  rewards: Float64Array.of(1, 0, 2, 1),
  propensities: Float64Array.of(0.5, 0.25, 0.5, 0.1),
  chances: Float64Array.of(1, 0.5, 0, 0.2),
};

// numpy 2.4: w = c / p; np.mean(w * r), np.std(w * r, ddof=1) / 2; v = sum(w * r) / sum(w), sqrt(sum((w * (r - v))**2)) / sum(w).
it('estimates with their standard errors, by hand', () => {
  expect(inversePropensityValue(log)).toEqual({
    value: 1,
    standardError: expect.closeTo(0.5773502691896258, 12),
    effectiveRows: 3,
  });
  expect(selfNormalisedValue(log)).toEqual({
    value: expect.closeTo(2 / 3, 12),
    standardError: expect.closeTo(0.2721655269759087, 12),
    effectiveRows: 3,
  });
  const expected = { ofShown: Float64Array.of(0.5, 0.5, 1, 1), ofPolicy: Float64Array.of(0.6, 0.4, 0.2, 1) };
  // Parts 0.6 + 2 x 0.5, 0.4 - 2 x 0.5, 0.2, 1.
  expect(doublyRobustValue(log, expected)).toEqual({
    value: expect.closeTo(0.55, 12),
    standardError: expect.closeTo(Math.sqrt((1.05 ** 2 + 1.15 ** 2 + 0.35 ** 2 + 0.45 ** 2) / 3 / 4), 12),
    effectiveRows: 3,
  });
});

it('says nothing of nothing', () => {
  const none = {
    rewards: new Float64Array(0),
    propensities: new Float64Array(0),
    chances: new Float64Array(0),
  };
  expect(inversePropensityValue(none)).toBeNull();
  expect(selfNormalisedValue({ ...log, chances: new Float64Array(4) })).toBeNull();
});

it('comes to the truth of a policy that was never run, each in its own way', () => {
  const rng = new Rng(2);
  const rows = 40_000;
  const x = Float64Array.from({ length: rows }, () => rng.below(2));
  // The log shows arm 1 with chance 0.2 where x = 0, else 0.7; it pays with 0.3 + 0.4 x, the arm 0 with 0.1.
  const chanceOfOne = x.map((each) => (each === 0 ? 0.2 : 0.7));
  const arm = chanceOfOne.map((chance) => (rng.uniform() < chance ? 1 : 0));
  const pays = (row: number, which: number): number => (which === 1 ? 0.3 + 0.4 * x[row]! : 0.1);
  const rewards = arm.map((which, row) => (rng.uniform() < pays(row, which) ? 1 : 0));
  // Judged: always arm 1. Truth: 0.5.
  const decisions = {
    rewards,
    propensities: arm.map((which, row) => (which === 1 ? chanceOfOne[row]! : 1 - chanceOfOne[row]!)),
    chances: arm,
  };
  const wrongModel = { ofShown: x.map(() => 0.2), ofPolicy: x.map(() => 0.2) };
  const rightModel = {
    ofShown: arm.map((which, row) => pays(row, which)),
    ofPolicy: x.map((_, row) => pays(row, 1)),
  };
  const estimates = [
    inversePropensityValue(decisions)!,
    selfNormalisedValue(decisions)!,
    doublyRobustValue(decisions, wrongModel)!,
    doublyRobustValue(decisions, rightModel)!,
  ];
  for (const { value, standardError } of estimates)
    expect(Math.abs(value - 0.5)).toBeLessThan(4 * standardError);
  expect(estimates[3]!.standardError).toBeLessThan(estimates[0]!.standardError);
});
