/** Weight of the newest observation. */
const NEW = 0.1;
/** Two calls further apart than this say no more than that nothing comes. */
const LONGEST_GAP_MS = 1_000;

/**
 * What batches cost and how rows arrive, learned as it goes. Cost is a line, `fixed + each x rows`, fitted by least squares with
 * exponential forgetting; arrival is the mean time between two rows.
 */
export class BatchPace {
  private weight = 0;
  private rows = 0;
  private ms = 0;
  private rowsRows = 0;
  private rowsMs = 0;
  private gapMs = LONGEST_GAP_MS;
  private last = Number.NEGATIVE_INFINITY;

  /** `rows` came at `now` (ms of any steady clock). */
  arrived(rows: number, now: number): void {
    const gap = Math.min(now - this.last, LONGEST_GAP_MS) / rows;
    this.gapMs += NEW * (gap - this.gapMs);
    this.last = now;
  }

  scored(rows: number, ms: number): void {
    const keep = this.weight === 0 ? 0 : 1 - NEW;
    this.weight = keep * this.weight + 1;
    this.rows = keep * this.rows + rows;
    this.ms = keep * this.ms + ms;
    this.rowsRows = keep * this.rowsRows + rows * rows;
    this.rowsMs = keep * this.rowsMs + rows * ms;
  }

  /** What a batch of `rows` takes, in ms; 0 before the first one. */
  costOf(rows: number): number {
    const { fixed, each } = this.line();
    return fixed + each * rows;
  }

  /**
   * How long a batch of `rows` that could start now should wait for more, in ms, at most `maxDelayMs`. A row that joins saves the fixed
   * cost of a batch of its own, so waiting pays only where the next row is expected sooner than that cost, and never longer than it.
   */
  delay(rows: number, maxRows: number, maxDelayMs: number): number {
    if (maxDelayMs <= 0 || rows >= maxRows) return 0;
    const { fixed } = this.line();
    return this.gapMs < fixed ? Math.min(maxDelayMs, fixed, this.gapMs * (maxRows - rows)) : 0;
  }

  /** Neither part is below zero; where all batches had one size, all of the cost is held for proportional to it. */
  private line(): { readonly fixed: number; readonly each: number } {
    if (this.weight === 0) return { fixed: 0, each: 0 };
    const meanRows = this.rows / this.weight;
    const meanMs = this.ms / this.weight;
    const spread = this.rowsRows / this.weight - meanRows * meanRows;
    if (spread < 1e-6 * meanRows * meanRows) return { fixed: 0, each: meanMs / meanRows };
    const slope = (this.rowsMs / this.weight - meanRows * meanMs) / spread;
    const each = Math.min(Math.max(0, slope), meanMs / meanRows);
    return { fixed: meanMs - each * meanRows, each };
  }
}
