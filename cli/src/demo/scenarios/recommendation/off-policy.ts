import {
  directMethodValue,
  doublyRobustValue,
  inversePropensityValue,
  selfNormalisedValue,
  type PolicyValue,
} from '#learn';
import type { OpenVersion } from '../../open-version';

/** An item that was shown at random, and what came of it. */
export interface LoggedShowing {
  /** Inputs of the model for each item that could have been shown, in the order of the model's features. */
  readonly inputs: readonly (readonly (number | null)[])[];
  /** Which of them was shown. */
  readonly item: number;
  readonly propensity: number;
  readonly clicked: boolean;
}

export interface PolicyEstimate {
  readonly ips: PolicyValue;
  readonly snips: PolicyValue;
  readonly direct: PolicyValue;
  readonly robust: PolicyValue;
}

/** The chance to show an item, given the scores of all. */
export type Policy = (item: number, scores: readonly number[]) => number;

/** Scores of each item by row. */
export const scoresByRow = async (
  version: OpenVersion,
  log: readonly LoggedShowing[],
): Promise<readonly (readonly number[])[]> => {
  const flat = Float32Array.from(
    log.flatMap(({ inputs }) => inputs.flatMap((row) => row.map((value) => value ?? Number.NaN))),
  );
  const scores = await version.score(flat);
  let at = 0;
  return log.map(({ inputs }) => inputs.map(() => scores[at++]!));
};

/**
 * What a policy would have been worth, in clicks a visit, had it chosen instead of chance.
 *
 * @param scores by the version whose policy is judged.
 * @param expected clicks by item, by a model of them that has not seen the log.
 */
export const estimatePolicy = (
  log: readonly LoggedShowing[],
  policy: Policy,
  scores: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): PolicyEstimate | null => {
  const decisions = {
    rewards: Float64Array.from(log, ({ clicked }) => (clicked ? 1 : 0)),
    propensities: Float64Array.from(log, ({ propensity }) => propensity),
    chances: Float64Array.from(log, ({ item }, row) => policy(item, scores[row]!)),
  };
  const rewards = {
    ofShown: Float64Array.from(log, ({ item }, row) => expected[row]![item]!),
    ofPolicy: Float64Array.from(log, (_, row) =>
      expected[row]!.reduce((sum, each, item) => sum + policy(item, scores[row]!) * each, 0),
    ),
  };
  const ips = inversePropensityValue(decisions);
  const snips = selfNormalisedValue(decisions);
  const direct = directMethodValue(rewards);
  const robust = doublyRobustValue(decisions, rewards);
  return ips && snips && direct && robust && { ips, snips, direct, robust };
};

/** Value and standard error, for a table. */
export const withError = ({ value, standardError }: PolicyValue): string =>
  `${value.toFixed(4)} ± ${standardError.toFixed(4)}`;
