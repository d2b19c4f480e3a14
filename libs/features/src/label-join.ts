/** What is known of an event's label: the assertion that counts. */
export interface KnownLabel {
  /** Null: withdrawn. */
  readonly value: number | null;
  /** Epoch ms at which it was known: the event time of the label stream. */
  readonly knownAt: number;
  /** Its place on the label stream. */
  readonly partition: number;
  readonly offset: number;
  /** How many assertions about the event there were; above 1 it was corrected. */
  readonly assertions: number;
}

/**
 * Assertions about events, in columns. A correction is a later assertion; null withdraws the label. Of one partition the last by offset
 * counts, whatever the order in which they are added; should assertions about one event stand in several partitions, the last of
 * each is taken and of those the one known last (ties: the higher partition). It holds what it is given: the caller stops at the cut.
 */
export class LabelBook {
  private readonly first = new Map<string, number>();
  private readonly values: number[] = [];
  private readonly times: number[] = [];
  private readonly partitions: number[] = [];
  private readonly offsets: number[] = [];
  private readonly counts: number[] = [];
  /** The entry of the same event in another partition; -1 for none. */
  private readonly others: number[] = [];

  add(eventId: string, value: number | null, knownAt: number, partition: number, offset: number): void {
    const first = this.first.get(eventId) ?? -1;
    let entry = first;
    while (entry >= 0 && this.partitions[entry] !== partition) entry = this.others[entry]!;
    if (entry < 0) {
      entry = this.values.length;
      this.others.push(first);
      this.counts.push(0);
      this.partitions.push(partition);
      this.offsets.push(-1);
      this.first.set(eventId, entry);
    }
    this.counts[entry]! += 1;
    if (offset < this.offsets[entry]!) return;
    this.values[entry] = value ?? NaN;
    this.times[entry] = knownAt;
    this.offsets[entry] = offset;
  }

  of(eventId: string): KnownLabel | undefined {
    let best = this.first.get(eventId) ?? -1;
    if (best < 0) return undefined;
    let assertions = this.counts[best]!;
    for (let entry = this.others[best]!; entry >= 0; entry = this.others[entry]!) {
      assertions += this.counts[entry]!;
      if (this.isLater(entry, best)) best = entry;
    }
    const value = this.values[best]!;
    return {
      value: value === value ? value : null,
      knownAt: this.times[best]!,
      partition: this.partitions[best]!,
      offset: this.offsets[best]!,
      assertions,
    };
  }

  private isLater(a: number, b: number): boolean {
    const after = this.times[a]! - this.times[b]!;
    return after > 0 || (after === 0 && this.partitions[a]! > this.partitions[b]!);
  }
}

/**
 * Joins vectors with the labels known by a cut, point in time by construction: a vector holds what was known at its trigger. Rows are
 * named by their number and keep their order; what is left out is counted.
 */
export class LabelJoin {
  /** The rows that have a label, and in the same order their labels with their positions; NaN where one is kept without. */
  readonly rows: number[] = [];
  readonly labels: number[] = [];
  readonly labelPartitions: number[] = [];
  readonly labelOffsets: number[] = [];
  /** Left out because their event time is later than `matureUntil`: their label may still come or change. */
  immature = 0;
  /** Left out because no label was known by the cut, or the last one was withdrawn. */
  unlabelled = 0;
  /** Those of the unlabelled whose label was withdrawn. */
  withdrawn = 0;
  /** Rows whose label replaced an earlier one. */
  corrected = 0;

  /**
   * @param matureUntil epoch ms: the time of the cut less the maturity of the label.
   * @param keeps rows without a label are counted and kept, with NaN: what learns without labels needs them.
   */
  constructor(
    private readonly book: LabelBook,
    private readonly matureUntil: number,
    private readonly keeps = false,
  ) {}

  add(row: number, eventId: string, eventTime: number): void {
    if (eventTime > this.matureUntil) {
      this.immature += 1;
      return this.passOver(row);
    }
    const known = this.book.of(eventId);
    if (known === undefined || known.value === null) {
      this.unlabelled += 1;
      if (known !== undefined) this.withdrawn += 1;
      return this.passOver(row);
    }
    if (known.assertions > 1) this.corrected += 1;
    this.rows.push(row);
    this.labels.push(known.value);
    this.labelPartitions.push(known.partition);
    this.labelOffsets.push(known.offset);
  }

  private passOver(row: number): void {
    if (!this.keeps) return;
    this.rows.push(row);
    this.labels.push(NaN);
    this.labelPartitions.push(NaN);
    this.labelOffsets.push(NaN);
  }
}
