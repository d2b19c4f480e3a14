/**
 * At most `most` rows of a stream, evenly spaced, in their order: every row at first, and every second of those kept whenever there
 * is no more room. Which rows stay depends on their places alone.
 */
export class EvenRows {
  private kept: Float64Array[] = [];
  private spacing = 1;
  private seen = 0;

  constructor(
    private readonly width: number,
    private readonly most = 10_000,
  ) {}

  /** Further rows as a chunk of each column. */
  add(chunk: readonly Float64Array[]): void {
    for (let row = 0; row < chunk[0]!.length; row++, this.seen++) {
      if (this.seen % this.spacing !== 0) continue;
      if (this.kept.length === this.most) {
        this.kept = this.kept.filter((_, at) => at % 2 === 0);
        this.spacing *= 2;
        if (this.seen % this.spacing !== 0) continue;
      }
      this.kept.push(Float64Array.from(chunk, (column) => column[row]!));
    }
  }

  /** The kept rows as columns. */
  columns(): readonly Float64Array[] {
    return Array.from({ length: this.width }, (_, at) => Float64Array.from(this.kept, (row) => row[at]!));
  }
}
