/** A row of a data set before its label: one vector. */
export interface FeatureRow {
  /** Identity of the trigger event; labels name it. */
  readonly eventId: string;
  /** Epoch ms. */
  readonly eventTime: number;
  readonly values: readonly (number | null)[];
}

/** One statement about an event. A correction is a later assertion; null withdraws the label. */
export interface LabelAssertion {
  /** The event that it speaks of. */
  readonly eventId: string;
  readonly value: number | null;
  /** Epoch ms at which it was known: the event time of the label stream. */
  readonly knownAt: number;
  /** Its place on the label stream. */
  readonly partition: number;
  readonly offset: number;
}

/** What is known: labels below an end offset (exclusive) for each partition, at a time. */
export interface LabelCut {
  /** Epoch ms; maturity counts back from here. */
  readonly time: number;
  /** By partition. Absent: the labels whose `knownAt` is at or before `time`. A partition that is not listed has none. */
  readonly endOffsets?: readonly number[];
}

export interface RowLabel {
  readonly label: number;
  readonly labelPosition: { readonly partition: number; readonly offset: number };
}

export interface LabelJoin<Row extends FeatureRow> {
  /** In the order of the rows given. */
  readonly rows: readonly (Row & RowLabel)[];
  /** Left out because their event time is later than cut - maturity: their label may still come or change. */
  readonly immature: number;
  /** Left out because no label was known by the cut, or the last one was withdrawn. */
  readonly unlabelled: number;
}

/**
 * Joins vectors with the labels known by a cut, point in time by construction: a vector holds what was known at its trigger, and
 * of the label the last assertion by position counts. Should assertions about one event stand in several partitions, the
 * last of each is taken and of those the one known last (ties: the higher partition). `maturityMs`: how long a label needs.
 */
export const joinLabels = <Row extends FeatureRow>(
  rows: readonly Row[],
  labels: Iterable<LabelAssertion>,
  cut: LabelCut,
  maturityMs: number,
): LabelJoin<Row> => {
  const known = latestAssertions(labels, cut);
  const joined: (Row & RowLabel)[] = [];
  let immature = 0;
  let unlabelled = 0;
  for (const row of rows) {
    const assertion = known.get(row.eventId);
    if (row.eventTime > cut.time - maturityMs) {
      immature += 1;
    } else if (assertion === undefined || assertion.value === null) {
      unlabelled += 1;
    } else {
      const { value: label, partition, offset } = assertion;
      joined.push({ ...row, label, labelPosition: { partition, offset } });
    }
  }
  return { rows: joined, immature, unlabelled };
};

const latestAssertions = (
  labels: Iterable<LabelAssertion>,
  cut: LabelCut,
): ReadonlyMap<string, LabelAssertion> => {
  const byPartition = new Map<number, Map<string, LabelAssertion>>();
  for (const label of labels) {
    const isKnown = cut.endOffsets
      ? label.offset < (cut.endOffsets[label.partition] ?? 0)
      : label.knownAt <= cut.time;
    if (!isKnown) continue;
    let latest = byPartition.get(label.partition);
    if (latest === undefined) byPartition.set(label.partition, (latest = new Map()));
    const other = latest.get(label.eventId);
    if (other === undefined || label.offset > other.offset) latest.set(label.eventId, label);
  }
  const known = new Map<string, LabelAssertion>();
  for (const partition of [...byPartition.keys()].sort((a, b) => a - b)) {
    for (const [eventId, label] of byPartition.get(partition)!) {
      const other = known.get(eventId);
      if (other === undefined || label.knownAt >= other.knownAt) known.set(eventId, label);
    }
  }
  return known;
};
