import { log } from '#kernel';
import type { Detector } from './detector';

export interface AdwinOptions {
  /** The chance of a false alarm; smaller is slower to see a change. */
  readonly delta?: number;
  /** A change is looked for at every so many values. */
  readonly clock?: number;
}

/** Most buckets of one size; two of them become one of twice the size. */
const MAX_BUCKETS = 5;
/** Neither side of a cut is shorter. */
const MIN_WINDOW = 5;
/** No change is looked for in a window up to this length. */
const GRACE = 10;

/** Buckets of 2^k values each, the oldest first. */
interface Row {
  readonly totals: number[];
  /** Sums of squared distances from the bucket's mean. */
  readonly squares: number[];
}

/**
 * ADWIN (Bifet and Gavalda, "Learning from time-changing data with adaptive windowing", 2007): a window over the latest values that
 * is cut where its older and its younger part differ in their mean, in an exponential histogram of O(log n) buckets. The bound is
 * the normal approximation of the paper's section 3.2, as River 0.26 uses it; the first update after a detection begins anew.
 */
export class Adwin implements Detector {
  readonly warning = false;
  private readonly delta: number;
  private readonly clock: number;
  private rows: Row[] = [{ totals: [], squares: [] }];
  private ticks = 0;
  private width = 0;
  private total = 0;
  private squares = 0;
  private detected = false;

  constructor({ delta = 0.002, clock = 32 }: AdwinOptions = {}) {
    this.delta = delta;
    this.clock = clock;
  }

  /** Takes the next value; true when the mean has changed. */
  update(value: number): boolean {
    if (this.detected) this.reset();
    this.insert(value);
    this.ticks++;
    this.detected = this.ticks % this.clock === 0 && this.width > GRACE && this.cut();
    return this.detected;
  }

  observe(value: number): void {
    if (Number.isFinite(value)) this.update(value);
  }

  get driftDetected(): boolean {
    return this.detected;
  }

  toJSON(): number[] {
    return this.state();
  }

  /** The mean of the window; 0 when it is empty. */
  get mean(): number {
    return this.width === 0 ? 0 : this.total / this.width;
  }

  /** Values in the window. */
  get length(): number {
    return this.width;
  }

  /** All that decides what comes next, without the options. */
  state(): number[] {
    const { ticks, width, total, squares, detected, rows } = this;
    return [
      ticks,
      width,
      total,
      squares,
      detected ? 1 : 0,
      rows.length,
      ...rows.flatMap((row) => [row.totals.length, ...row.totals, ...row.squares]),
    ];
  }

  /** Goes on from a state: all its numbers, or a function that gives them one after the other. */
  restore(state: readonly number[] | (() => number)): void {
    let at = 0;
    const next = typeof state === 'function' ? state : (): number => state[at++]!;
    this.ticks = next();
    this.width = next();
    this.total = next();
    this.squares = next();
    this.detected = next() === 1;
    this.rows = Array.from({ length: next() }, () => {
      const length = next();
      return { totals: Array.from({ length }, next), squares: Array.from({ length }, next) };
    });
  }

  private reset(): void {
    this.rows = [{ totals: [], squares: [] }];
    this.ticks = this.width = this.total = this.squares = 0;
    this.detected = false;
  }

  private insert(value: number): void {
    if (this.width > 0) {
      const distance = value - this.total / this.width;
      this.squares += (this.width * distance * distance) / (this.width + 1);
    }
    this.width++;
    this.total += value;
    this.rows[0]!.totals.push(value);
    this.rows[0]!.squares.push(0);
    this.compress();
  }

  private compress(): void {
    for (let k = 0, size = 1; this.rows[k]!.totals.length > MAX_BUCKETS; k++, size *= 2) {
      const { totals, squares } = this.rows[k]!;
      const next = (this.rows[k + 1] ??= { totals: [], squares: [] });
      const [a, b] = totals.splice(0, 2) as [number, number];
      const [sa, sb] = squares.splice(0, 2) as [number, number];
      const distance = (a - b) / size;
      next.totals.push(a + b);
      next.squares.push(sa + sb + (size * distance * distance) / 2);
    }
  }

  /** Drops the oldest buckets while some cut says that they differ from the rest; true when any was dropped. */
  private cut(): boolean {
    let isChanged = false;
    while (this.hasCut()) {
      isChanged = true;
      this.dropOldest();
    }
    return isChanged;
  }

  private hasCut(): boolean {
    const { width, total } = this;
    const deltaPrime = log((2 * log(width)) / this.delta);
    const variance = this.squares / width;
    let oldSize = 0;
    let oldTotal = 0;
    for (let k = this.rows.length - 1; k >= 0; k--) {
      const size = bucketSize(k);
      for (const bucket of this.rows[k]!.totals) {
        oldSize += size;
        oldTotal += bucket;
        const newSize = width - oldSize;
        if (newSize < MIN_WINDOW) return false;
        if (oldSize < MIN_WINDOW) continue;
        const difference = Math.abs(oldTotal / oldSize - (total - oldTotal) / newSize);
        const m = 1 / (oldSize - MIN_WINDOW + 1) + 1 / (newSize - MIN_WINDOW + 1);
        if (difference > Math.sqrt(2 * m * variance * deltaPrime) + (2 / 3) * deltaPrime * m) return true;
      }
    }
    return false;
  }

  private dropOldest(): void {
    const last = this.rows.length - 1;
    const { totals, squares } = this.rows[last]!;
    const size = bucketSize(last);
    const total = totals.shift()!;
    const within = squares.shift()!;
    this.width -= size;
    this.total -= total;
    const distance = total / size - this.total / this.width;
    // What rounding leaves of a constant window is no variation.
    this.squares = Math.max(
      0,
      this.squares - within - (size * this.width * distance * distance) / (size + this.width),
    );
    if (totals.length === 0 && last > 0) this.rows.pop();
  }
}

/** 2^k, exact below 2^31. */
const bucketSize = (k: number): number => (k < 31 ? (1 << k) >>> 0 : 2147483648 * bucketSize(k - 31));
