import { murmur2 } from '#kernel';

/** How rows are divided into those that are learned from and those that judge. Durations in ms, shares in (0, 1). */
export type SplitRule = (
  | { readonly by: 'time'; readonly holdoutMs: number; readonly gapMs: number }
  | { readonly by: 'entity' | 'random'; readonly holdout: number; readonly seed: number }
) & {
  /** How far back rows are used at all; absent: all of them. */
  readonly historyMs?: number;
};

export type Side = 'train' | 'holdout' | 'removed';

/** What the side of a row may depend on: never on other rows but for the newest event time. */
export interface SplitRow {
  /** Epoch ms. */
  readonly eventTime: number;
  readonly entity: string;
  readonly eventId: string;
}

/**
 * The side of a row.
 *
 * `time`: with E the newest event time, the hold-out is (E - holdout, E], the gap before it, (E - holdout - gap, E - holdout], is
 * removed, the rest is for training. Rows of one time never come apart. A gap as long as the maturity of the label keeps from
 * training what was not known when the hold-out began.
 *
 * `entity` and `random`: held out where murmur2 of the UTF-8 text `<seed>:<entity or event id>`, as a fraction of 2^32, is below the share.
 * So an entity is never on both sides, and a row keeps its side in every later data set with the same seed.
 *
 * With a history, what is not in (E - history, E] is removed, whatever its side would be.
 */
export const compileSplit = (rule: SplitRule, newest: number): ((row: SplitRow) => Side) => {
  const sideOf = divide(rule, newest);
  if (rule.historyMs === undefined) return sideOf;
  const usedAfter = newest - rule.historyMs;
  return (row) => (row.eventTime > usedAfter ? sideOf(row) : 'removed');
};

const divide = (rule: SplitRule, newest: number): ((row: SplitRow) => Side) => {
  if (rule.by === 'time') {
    const holdoutAfter = newest - rule.holdoutMs;
    const trainUntil = holdoutAfter - rule.gapMs;
    return ({ eventTime }) =>
      eventTime > holdoutAfter ? 'holdout' : eventTime <= trainUntil ? 'train' : 'removed';
  }
  const { by, holdout, seed } = rule;
  return ({ entity, eventId }) =>
    fractionOf(`${seed}:${by === 'entity' ? entity : eventId}`) < holdout ? 'holdout' : 'train';
};

const utf8 = new TextEncoder();

/** A hash of a text as a number in [0, 1). */
const fractionOf = (text: string): number => (murmur2(utf8.encode(text)) >>> 0) / 4_294_967_296;
