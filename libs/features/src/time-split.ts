export interface TimeSplit<Row> {
  /** Event time at or before `trainUntil`; in the order of the rows. */
  readonly train: readonly Row[];
  /** Event time after `holdoutAfter`. */
  readonly holdout: readonly Row[];
  /** Rows in the gap: in neither. */
  readonly removed: number;
  /** Epoch ms, inclusive. */
  readonly trainUntil: number;
  /** Epoch ms, exclusive. */
  readonly holdoutAfter: number;
}

/**
 * Splits by event time: with E the newest event time, the hold-out is (E - holdout, E], the gap before it, (E - holdout - gap,
 * E - holdout], is removed, the rest is for training. Rows of one time never come apart. Durations in ms; a gap as long as the
 * maturity of the label keeps from training what was not known when the hold-out began.
 */
export const splitByTime = <Row extends { readonly eventTime: number }>(
  rows: readonly Row[],
  { holdout, gap }: { readonly holdout: number; readonly gap: number },
): TimeSplit<Row> => {
  const newest = rows.reduce((latest, { eventTime }) => Math.max(latest, eventTime), -Infinity);
  const holdoutAfter = newest - holdout;
  const trainUntil = holdoutAfter - gap;
  const train = rows.filter(({ eventTime }) => eventTime <= trainUntil);
  const heldOut = rows.filter(({ eventTime }) => eventTime > holdoutAfter);
  return {
    train,
    holdout: heldOut,
    removed: rows.length - train.length - heldOut.length,
    trainUntil,
    holdoutAfter,
  };
};
