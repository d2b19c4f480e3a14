import { ratio } from '../metrics/ratio';
import { rowsOfGroups, type Grouping } from './grouping';

export interface FairnessGroup {
  readonly value: string;
  readonly rows: number;
  /** Share of rows decided positive. */
  readonly selectionRate: number;
  /** Of the positives and of the negatives, those decided positive; null where there is none. */
  readonly truePositiveRate: number | null;
  readonly falsePositiveRate: number | null;
}

/** The two groups that are furthest apart, and by how much. */
export interface Disparity {
  readonly value: number;
  readonly between: readonly [lowest: string, highest: string];
}

export interface Fairness {
  /** Those with at least `minRows` rows, by value. */
  readonly groups: readonly FairnessGroup[];
  /** Groups with fewer rows, which are not compared. */
  readonly small: number;
  /** Greatest difference of two selection rates. Null with fewer than two groups; so are the others. */
  readonly demographicParity: Disparity | null;
  /** Least quotient of two selection rates, the lower by the higher (the four-fifths rule looks at 0.8). Null also when no group is selected. */
  readonly disparateImpact: Disparity | null;
  /** Greatest difference of two true positive rates (Hardt, Price and Srebro, 2016). */
  readonly equalOpportunity: Disparity | null;
  /** The greater of the differences of true and of false positive rates. */
  readonly equalisedOdds: number | null;
}

/**
 * How differently groups are treated by decisions at a threshold; equals Fairlearn's `demographic_parity_difference`, `..._ratio`,
 * `equal_opportunity_difference` and `equalized_odds_difference`. With a `reference`, each other group is compared with that one alone.
 */
export const fairnessBy = (
  grouping: Grouping,
  labels: Float64Array,
  scores: Float64Array,
  {
    threshold,
    minRows = 1,
    reference,
  }: { readonly threshold: number; readonly minRows?: number; readonly reference?: string },
): Fairness => {
  const all = rowsOfGroups(grouping);
  const groups: FairnessGroup[] = [];
  all.forEach((rows, code) => {
    if (rows.length === 0 || rows.length < minRows) return;
    let selected = 0;
    let positives = 0;
    let hits = 0;
    for (const row of rows) {
      const isPositive = labels[row] === 1;
      const isSelected = scores[row]! >= threshold;
      if (isSelected) selected++;
      if (isPositive) positives++;
      if (isPositive && isSelected) hits++;
    }
    groups.push({
      value: grouping.values[code]!,
      rows: rows.length,
      selectionRate: selected / rows.length,
      truePositiveRate: ratio(hits, positives),
      falsePositiveRate: ratio(selected - hits, rows.length - positives),
    });
  });
  groups.sort((a, b) => (a.value < b.value ? -1 : 1));
  const furthest = (
    rate: (group: FairnessGroup) => number | null,
    apart: (low: number, high: number) => number | null,
  ): Disparity | null => furthestApart(groups, reference, rate, apart);
  const difference = (low: number, high: number): number => high - low;
  const opportunity = furthest(({ truePositiveRate }) => truePositiveRate, difference);
  const alarms = furthest(({ falsePositiveRate }) => falsePositiveRate, difference);
  const impact = furthest(
    ({ selectionRate }) => selectionRate,
    (low, high) => (high === 0 ? null : 1 - low / high),
  );
  return {
    groups,
    small: all.filter(({ length }) => length > 0 && length < minRows).length,
    demographicParity: furthest(({ selectionRate }) => selectionRate, difference),
    disparateImpact: impact && { ...impact, value: 1 - impact.value },
    equalOpportunity: opportunity,
    equalisedOdds: opportunity && alarms && Math.max(opportunity.value, alarms.value),
  };
};

/** Over all pairs of groups, or those with the reference. The first of equally distant pairs. */
const furthestApart = (
  groups: readonly FairnessGroup[],
  reference: string | undefined,
  rate: (group: FairnessGroup) => number | null,
  apart: (low: number, high: number) => number | null,
): Disparity | null => {
  const rated = groups.flatMap((group) => {
    const value = rate(group);
    return value === null ? [] : [{ name: group.value, value }];
  });
  if (rated.length < 2) return null;
  const byRate = [...rated].sort((a, b) => a.value - b.value);
  const pairs =
    reference === undefined
      ? [[byRate[0]!, byRate.at(-1)!] as const]
      : rated
          .filter(({ name }) => name === reference)
          .flatMap((one) => rated.filter((other) => other !== one).map((other) => [one, other] as const));
  let worst: Disparity | null = null;
  for (const [one, other] of pairs) {
    const [low, high] = one.value <= other.value ? [one, other] : [other, one];
    const value = apart(low.value, high.value);
    if (value !== null && (worst === null || value > worst.value))
      worst = { value, between: [low.name, high.name] };
  }
  return worst;
};
