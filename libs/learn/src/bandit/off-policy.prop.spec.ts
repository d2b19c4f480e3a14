import fc from 'fast-check';
import { Rng } from '#kernel';
import {
  directMethodValue,
  doublyRobustValue,
  inversePropensityValue,
  selfNormalisedValue,
  type ExpectedRewards,
  type LoggedDecisions,
} from './off-policy';

interface Drawn {
  readonly log: LoggedDecisions;
  readonly expected: ExpectedRewards;
}

const drawn = fc
  .record({ seed: fc.integer(), rows: fc.integer({ min: 2, max: 60 }), arms: fc.integer({ min: 2, max: 6 }) })
  .map(({ seed, rows, arms }): Drawn => {
    const rng = new Rng(seed >>> 0);
    const column = (of: () => number): Float64Array => Float64Array.from({ length: rows }, of);
    return {
      log: {
        rewards: column(() => 4 * rng.uniform() - 1),
        propensities: column(() => (0.05 + rng.uniform()) / arms / 1.05),
        chances: column(() => (rng.below(3) === 0 ? 0 : rng.uniform())),
      },
      expected: { ofShown: column(() => rng.uniform()), ofPolicy: column(() => rng.uniform()) },
    };
  });

const naiveMean = (values: readonly number[]): number =>
  values.reduce((sum, each) => sum + each, 0) / values.length;

/** Row by row, as the papers write it. */
const naive = ({ log: { rewards, propensities, chances }, expected: { ofShown, ofPolicy } }: Drawn) => {
  const rows = [...rewards.keys()];
  const weight = (i: number): number => chances[i]! / propensities[i]!;
  return {
    ips: naiveMean(rows.map((i) => weight(i) * rewards[i]!)),
    snips: naiveMean(rows.map((i) => weight(i) * rewards[i]!)) / naiveMean(rows.map(weight)),
    direct: naiveMean(rows.map((i) => ofPolicy[i]!)),
    robust: naiveMean(rows.map((i) => ofPolicy[i]! + weight(i) * (rewards[i]! - ofShown[i]!))),
  };
};

it('equals the sums of the papers', () => {
  fc.assert(
    fc.property(drawn, (each) => {
      const { ips, snips, direct, robust } = naive(each);
      expect(inversePropensityValue(each.log)!.value).toBeCloseTo(ips, 9);
      expect(directMethodValue(each.expected)!.value).toBeCloseTo(direct, 9);
      expect(doublyRobustValue(each.log, each.expected)!.value).toBeCloseTo(robust, 9);
      const normalised = selfNormalisedValue(each.log);
      if (each.log.chances.some((chance) => chance > 0)) expect(normalised!.value).toBeCloseTo(snips, 9);
      else expect(normalised).toBeNull();
    }),
  );
});

it('the doubly robust estimate is the weighted one with a model of nothing, and the direct one with a model that is right', () => {
  fc.assert(
    fc.property(drawn, ({ log, expected }) => {
      const nothing = { ofShown: log.rewards.map(() => 0), ofPolicy: log.rewards.map(() => 0) };
      expect(doublyRobustValue(log, nothing)).toEqual(inversePropensityValue(log));
      const right = { ofShown: log.rewards, ofPolicy: expected.ofPolicy };
      expect(doublyRobustValue(log, right)!.value).toBeCloseTo(directMethodValue(right)!.value, 12);
    }),
  );
});

it('is the mean reward of the logged policy itself, and its self-normalised value stays between the least and the greatest reward', () => {
  fc.assert(
    fc.property(drawn, ({ log }) => {
      const itself = { ...log, chances: log.propensities };
      const mean = naiveMean([...log.rewards]);
      expect(inversePropensityValue(itself)!.value).toBeCloseTo(mean, 12);
      expect(selfNormalisedValue(itself)!.value).toBeCloseTo(mean, 12);
      const value = selfNormalisedValue(log)?.value ?? mean;
      expect(value).toBeGreaterThanOrEqual(Math.min(...log.rewards) - 1e-12);
      expect(value).toBeLessThanOrEqual(Math.max(...log.rewards) + 1e-12);
    }),
  );
});

it('comes to the exact value of a policy over two contexts and three arms, each within four standard errors', () => {
  const rng = new Rng(11);
  const rows = 30_000;
  const pays = [
    [0.1, 0.3, 0.6],
    [0.5, 0.2, 0.1],
  ] as const;
  const shownWith = [
    [0.5, 0.3, 0.2],
    [0.2, 0.2, 0.6],
  ] as const;
  const judged = [
    [0, 0.1, 0.9],
    [0.8, 0.2, 0],
  ] as const;
  // Contexts are even: the closed form of the judged policy's value.
  const truth = naiveMean(
    judged.map((chances, x) =>
      chances.reduce<number>((sum, chance, arm) => sum + chance * pays[x]![arm]!, 0),
    ),
  );
  const context = Array.from({ length: rows }, () => rng.below(2));
  const arms = context.map((x) => {
    const luck = rng.uniform();
    const [first, second] = shownWith[x]!;
    return luck < first ? 0 : luck < first + second ? 1 : 2;
  });
  const of = (value: (x: number, arm: number) => number): Float64Array =>
    Float64Array.from(context, (x, row) => value(x, arms[row]!));
  const log = {
    rewards: of((x, arm) => (rng.uniform() < pays[x]![arm]! ? 1 : 0)),
    propensities: of((x, arm) => shownWith[x]![arm]!),
    chances: of((x, arm) => judged[x]![arm]!),
  };
  const expected = {
    ofShown: of((x, arm) => pays[x]![arm]!),
    ofPolicy: of((x) => judged[x]!.reduce<number>((sum, chance, arm) => sum + chance * pays[x]![arm]!, 0)),
  };
  for (const estimate of [
    inversePropensityValue(log)!,
    selfNormalisedValue(log)!,
    directMethodValue(expected)!,
    doublyRobustValue(log, expected)!,
  ])
    expect(Math.abs(estimate.value - truth)).toBeLessThan(4 * estimate.standardError);
  expect(doublyRobustValue(log, expected)!.standardError).toBeLessThan(
    inversePropensityValue(log)!.standardError,
  );
});
