import { decidedRows, labelledRows, type GroupCounts } from './grouped-decisions';

export interface GroupRates {
  readonly value: string;
  /** With a decision, and those of them with a label. */
  readonly rows: number;
  readonly labelled: number;
  /** Share of rows decided positive. */
  readonly selectionRate: number;
  /** Of the positives and of the negatives, those decided positive; null where there is none. */
  readonly truePositiveRate: number | null;
  readonly falsePositiveRate: number | null;
}

/** The two groups that are furthest apart, and by how much. */
export interface GroupDisparity {
  readonly value: number;
  readonly between: readonly [lowest: string, highest: string];
}

/** Named as in the gates of a model. */
export interface GroupFairness {
  /** Those with at least `minRows` rows, by value. */
  readonly groups: readonly GroupRates[];
  /** Groups with fewer rows, which are not compared. */
  readonly small: number;
  /** Greatest difference of two selection rates. Null with fewer than two groups; so are the others. */
  readonly demographic_parity: GroupDisparity | null;
  /** Least quotient of two selection rates, the lower by the higher. Null also when no group is selected. */
  readonly disparate_impact: GroupDisparity | null;
  /** Greatest difference of two true positive rates. */
  readonly equal_opportunity: GroupDisparity | null;
  /** The greater of the differences of true and of false positive rates. */
  readonly equalised_odds: GroupDisparity | null;
}

export interface FairnessOptions {
  /** Groups with fewer rows (with fewer labels, for rates that need them) are not compared: their rates would be chance. */
  readonly minRows?: number;
  /** Each other group is compared with this one alone. */
  readonly reference?: string;
}

/**
 * How differently groups are treated by decisions, from their counts; equals Fairlearn's `demographic_parity_difference`,
 * `demographic_parity_ratio`, `equal_opportunity_difference` and `equalized_odds_difference`. Selection rates need no labels.
 */
export const groupFairness = (
  counts: readonly GroupCounts[],
  { minRows = 1, reference }: FairnessOptions = {},
): GroupFairness => {
  const all = counts.filter((group) => decidedRows(group) > 0);
  const groups = all.filter((group) => decidedRows(group) >= minRows).map(ratesOf);
  const apart = (
    rate: (group: GroupRates) => number | null,
    among: readonly GroupRates[] = groups.filter(({ labelled }) => labelled >= minRows),
  ): GroupDisparity | null => furthestApart(among, reference, rate, (low, high) => high - low);
  const opportunity = apart(({ truePositiveRate }) => truePositiveRate);
  const alarms = apart(({ falsePositiveRate }) => falsePositiveRate);
  const impact = furthestApart(
    groups,
    reference,
    ({ selectionRate }) => selectionRate,
    (low, high) => (high === 0 ? null : 1 - low / high),
  );
  return {
    groups,
    small: all.length - groups.length,
    demographic_parity: apart(({ selectionRate }) => selectionRate, groups),
    disparate_impact: impact && { ...impact, value: 1 - impact.value },
    equal_opportunity: opportunity,
    equalised_odds: opportunity && alarms && (alarms.value > opportunity.value ? alarms : opportunity),
  };
};

const ratesOf = (group: GroupCounts): GroupRates => {
  const { value, truePositives, falsePositives, trueNegatives, falseNegatives, unlabelledPositives } = group;
  const rows = decidedRows(group);
  return {
    value,
    rows,
    labelled: labelledRows(group),
    selectionRate: (truePositives + falsePositives + unlabelledPositives) / rows,
    truePositiveRate: ratio(truePositives, truePositives + falseNegatives),
    falsePositiveRate: ratio(falsePositives, falsePositives + trueNegatives),
  };
};

/** Over all pairs of groups, or those with the reference; the first of equally distant ones. */
const furthestApart = (
  groups: readonly GroupRates[],
  reference: string | undefined,
  rate: (group: GroupRates) => number | null,
  apart: (low: number, high: number) => number | null,
): GroupDisparity | null => {
  const rated = groups.flatMap((group) => {
    const value = rate(group);
    return value === null ? [] : [{ name: group.value, value }];
  });
  let furthest: GroupDisparity | null = null;
  for (const a of rated)
    for (const b of rated) {
      if (a === b || a.value > b.value) continue;
      if (reference !== undefined && a.name !== reference && b.name !== reference) continue;
      const value = apart(a.value, b.value);
      if (value !== null && (furthest === null || value > furthest.value))
        furthest = { value, between: [a.name, b.name] };
    }
  return furthest;
};

const ratio = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole);
