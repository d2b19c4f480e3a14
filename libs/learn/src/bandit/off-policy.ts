/** Decisions of a logging policy, by row, and how another policy, the one to be judged, would have decided. */
export interface LoggedDecisions {
  /** What came of the arm that was shown. */
  readonly rewards: Float64Array;
  /** With which chance the logging policy showed it; above 0. */
  readonly propensities: Float64Array;
  /** With which chance the judged policy would show the same arm in that context. */
  readonly chances: Float64Array;
}

/** A model of the rewards, for the doubly robust estimate. */
export interface ExpectedRewards {
  /** Of the arm that was shown. */
  readonly ofShown: Float64Array;
  /** Of what the judged policy would show: over all arms, its chance x the expected reward. */
  readonly ofPolicy: Float64Array;
}

export interface PolicyValue {
  /** The mean reward of the judged policy. */
  readonly value: number;
  readonly standardError: number;
  /** How many rows the weights are worth: (sum)^2 / sum of squares (Kish, 1965). */
  readonly effectiveRows: number;
}

/** Inverse propensity scoring (Horvitz and Thompson, 1952): the mean of weight x reward. null without two rows. */
export const inversePropensityValue = (log: LoggedDecisions): PolicyValue | null => {
  const weights = weightsOf(log);
  return meanOf(
    log.rewards.map((reward, row) => weights[row]! * reward),
    weights,
  );
};

/**
 * The same over the mean weight (Swaminathan and Joachims, 2015): a little biased, far less noisy where propensities are small. The
 * standard error is that of a ratio (delta method). null where no row has a weight.
 */
export const selfNormalisedValue = (log: LoggedDecisions): PolicyValue | null => {
  const weights = weightsOf(log);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (weights.length < 2 || !(total > 0)) return null;
  const value = log.rewards.reduce((sum, reward, row) => sum + weights[row]! * reward, 0) / total;
  const squares = log.rewards.reduce((sum, reward, row) => {
    const part = weights[row]! * (reward - value);
    return sum + part * part;
  }, 0);
  return { value, standardError: Math.sqrt(squares) / total, effectiveRows: effectiveRows(weights) };
};

/**
 * Direct method: what a model of the rewards expects of the policy, on average. As wrong as the model is, and too hopeful where the policy
 * was made from the same model. Every row counts the same. null without two rows.
 */
export const directMethodValue = ({ ofPolicy }: Pick<ExpectedRewards, 'ofPolicy'>): PolicyValue | null =>
  meanOf(
    ofPolicy,
    ofPolicy.map(() => 1),
  );

/**
 * Doubly robust (Dudik, Langford and Li, 2011): what the model expects of the policy, set right by the weighted errors of the model on
 * what was shown. Right on average if the propensities or the model are. null without two rows.
 */
export const doublyRobustValue = (log: LoggedDecisions, expected: ExpectedRewards): PolicyValue | null => {
  const weights = weightsOf(log);
  return meanOf(
    log.rewards.map(
      (reward, row) => expected.ofPolicy[row]! + weights[row]! * (reward - expected.ofShown[row]!),
    ),
    weights,
  );
};

const weightsOf = ({ propensities, chances }: LoggedDecisions): Float64Array =>
  chances.map((chance, row) => chance / propensities[row]!);

const meanOf = (parts: Float64Array, weights: Float64Array): PolicyValue | null => {
  const rows = parts.length;
  if (rows < 2) return null;
  const value = parts.reduce((sum, part) => sum + part, 0) / rows;
  const squares = parts.reduce((sum, part) => sum + (part - value) * (part - value), 0);
  return {
    value,
    standardError: Math.sqrt(squares / (rows - 1) / rows),
    effectiveRows: effectiveRows(weights),
  };
};

const effectiveRows = (weights: Float64Array): number => {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const squares = weights.reduce((sum, weight) => sum + weight * weight, 0);
  return squares > 0 ? (total * total) / squares : 0;
};
