/** Hashes kept; up to so many different rows the count is exact. */
const MOST = 1_024;
const MOST_LEVEL = 30;

/** Ascending by hash. */
export interface StoredRepeats {
  readonly level: number;
  readonly hashes: readonly (readonly [hash: number, rows: number])[];
}

/**
 * Which rows were there before, by a hash of what makes them the same. Of many different rows only those are kept whose hash ends in
 * `level` zero bits (Gibbons, "Distinct sampling for highly-accurate answers to distinct values queries", 2001): a fair sample of rows, since
 * equal ones are kept or dropped together. The level depends on the rows alone, so parts merged in any order equal the whole.
 */
export class RepeatedRows {
  private level = 0;
  private readonly rows = new Map<number, number>();

  observe(hash: number, rows = 1): void {
    if ((hash & ((1 << this.level) - 1)) !== 0) return;
    this.rows.set(hash, (this.rows.get(hash) ?? 0) + rows);
    while (this.rows.size > MOST && this.level < MOST_LEVEL) this.sampleFrom(this.level + 1);
  }

  merge(other: RepeatedRows): void {
    if (other.level > this.level) this.sampleFrom(other.level);
    for (const [hash, rows] of other.rows) this.observe(hash, rows);
  }

  /** Share of the rows that repeat one which was there; null without rows. */
  get share(): number | null {
    let rows = 0;
    for (const count of this.rows.values()) rows += count;
    return rows === 0 ? null : (rows - this.rows.size) / rows;
  }

  toJSON(): { level: number; hashes: [number, number][] } {
    return { level: this.level, hashes: [...this.rows].sort(([a], [b]) => a - b) };
  }

  static fromJSON({ level, hashes }: StoredRepeats): RepeatedRows {
    const repeats = new RepeatedRows();
    repeats.level = level;
    for (const [hash, rows] of hashes) repeats.rows.set(hash, rows);
    return repeats;
  }

  private sampleFrom(level: number): void {
    this.level = level;
    const mask = (1 << level) - 1;
    for (const hash of this.rows.keys()) if ((hash & mask) !== 0) this.rows.delete(hash);
  }
}
