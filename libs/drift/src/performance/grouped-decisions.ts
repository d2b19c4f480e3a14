/** Rows of one slice or group by decision and label. */
export interface DecisionCounts {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
  /** Rows whose label is not known, by their decision. */
  readonly unlabelledPositives: number;
  readonly unlabelledNegatives: number;
}

export interface GroupCounts extends DecisionCounts {
  /** The value of the field that rows are divided by. */
  readonly value: string;
}

/** The state of the fold as it goes on the log: by value, in their order. Equal multisets of rows have equal states. */
export type GroupedDecisionsData = readonly (readonly [
  value: string,
  truePositives: number,
  falsePositives: number,
  trueNegatives: number,
  falseNegatives: number,
  unlabelledPositives: number,
  unlabelledNegatives: number,
])[];

/**
 * Decisions of a binary model by the values of one field: what fairness and slices are judged by. Six counts for each value, so a field should have few
 * values; can be merged, and can take a row back. A row is observed without its label first, and again with it once it is known, the first taken back; or once,
 * where only labelled rows count.
 */
export class GroupedDecisions {
  private readonly groups = new Map<string, number[]>();

  observe(value: string, decision: boolean, label?: boolean): void {
    this.count(value, cellOf(decision, label), 1);
  }

  /** Takes an observed row out again. */
  retract(value: string, decision: boolean, label?: boolean): void {
    this.count(value, cellOf(decision, label), -1);
  }

  merge(other: GroupedDecisions): void {
    for (const [value, counts] of other.groups)
      counts.forEach((count, cell) => {
        this.count(value, cell, count);
      });
  }

  /** By value; those without rows are left out. */
  counts(): GroupCounts[] {
    return this.toJSON().map(([value, tp, fp, tn, fn, up, un]) => ({
      value,
      truePositives: tp,
      falsePositives: fp,
      trueNegatives: tn,
      falseNegatives: fn,
      unlabelledPositives: up,
      unlabelledNegatives: un,
    }));
  }

  toJSON(): GroupedDecisionsData {
    return [...this.groups]
      .filter(([, counts]) => counts.some((count) => count !== 0))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([value, counts]) => [value, ...(counts as Six)]);
  }

  static fromJSON(stored: GroupedDecisionsData): GroupedDecisions {
    const grouped = new GroupedDecisions();
    for (const [value, ...counts] of stored) grouped.groups.set(value, counts);
    return grouped;
  }

  private count(value: string, cell: number, rows: number): void {
    let counts = this.groups.get(value);
    if (!counts) this.groups.set(value, (counts = [0, 0, 0, 0, 0, 0]));
    counts[cell]! += rows;
  }
}

type Six = [number, number, number, number, number, number];

const cellOf = (decision: boolean, label: boolean | undefined): number =>
  label === undefined ? (decision ? 4 : 5) : label === decision ? (decision ? 0 : 2) : decision ? 1 : 3;

/** Rows of the group: with a label, and all. */
export const labelledRows = (counts: DecisionCounts): number =>
  counts.truePositives + counts.falsePositives + counts.trueNegatives + counts.falseNegatives;
export const decidedRows = (counts: DecisionCounts): number =>
  labelledRows(counts) + counts.unlabelledPositives + counts.unlabelledNegatives;
