import { erfc, log } from '#kernel';
import type { Sink, Source } from './state-bytes';

/** Numbers kept of each (feature, class): weight, mean, sum of squares, least, greatest; then two that follow from them. */
const STORED = 5;
const WIDTH = 7;
const HALF_PRECISION = 5;
const CONSTANT = 6;

const HALF_LOG_TAU = 0.9189385332046727;
/** Of float32 values that differ at all, however little. A Gaussian without variance says nothing. */
const MIN_VARIANCE = 1e-100;

/** No log density is less, so that sums of them stay finite. */
export const LEAST_LOG_DENSITY = -1e100;

/** A Gaussian for each of some features and each class, by weighted observations (Welford, 1962; West, 1979). */
export class ClassGaussians {
  private readonly table: Float64Array;

  constructor(
    private readonly slots: number,
    private readonly classes: number,
  ) {
    this.table = new Float64Array(slots * classes * WIDTH);
  }

  add(slot: number, k: number, value: number, weight: number): void {
    const { table } = this;
    const at = this.at(slot, k);
    if (table[at] === 0) table[at + 3] = table[at + 4] = value;
    else if (value < table[at + 3]!) table[at + 3] = value;
    else if (value > table[at + 4]!) table[at + 4] = value;
    table[at]! += weight;
    const distance = value - table[at + 1]!;
    table[at + 1]! += (weight / table[at]!) * distance;
    table[at + 2]! += weight * distance * (value - table[at + 1]!);
    this.derive(at);
  }

  weight(slot: number, k: number): number {
    return this.table[this.at(slot, k)]!;
  }

  least(slot: number, k: number): number {
    return this.table[this.at(slot, k) + 3]!;
  }

  greatest(slot: number, k: number): number {
    return this.table[this.at(slot, k) + 4]!;
  }

  mean(slot: number, k: number): number {
    return this.table[this.at(slot, k) + 1]!;
  }

  /** 1 / (2 variance); 0 where there is no variance. */
  halfPrecision(slot: number, k: number): number {
    return this.table[this.at(slot, k) + HALF_PRECISION]!;
  }

  /** The log density at the mean; 0 where there is no variance. */
  constant(slot: number, k: number): number {
    return this.table[this.at(slot, k) + CONSTANT]!;
  }

  /** 0 where there is no variance. */
  logDensity(slot: number, k: number, value: number): number {
    const at = this.at(slot, k);
    const distance = value - this.table[at + 1]!;
    const density = this.table[at + CONSTANT]! - distance * distance * this.table[at + HALF_PRECISION]!;
    return density < LEAST_LOG_DENSITY ? LEAST_LOG_DENSITY : density;
  }

  /** The weight expected at or below `value`: all or nothing outside of what was seen. */
  weightUpTo(slot: number, k: number, value: number): number {
    const { table } = this;
    const at = this.at(slot, k);
    const weight = table[at]!;
    if (weight === 0 || value < table[at + 3]!) return 0;
    if (value >= table[at + 4]!) return weight;
    const precision = table[at + HALF_PRECISION]!;
    if (precision === 0) return 0;
    return 0.5 * erfc((table[at + 1]! - value) * Math.sqrt(precision)) * weight;
  }

  write(to: Sink): void {
    for (let at = 0; at < this.table.length; at += WIDTH) to(...this.table.subarray(at, at + STORED));
  }

  read(from: Source): void {
    for (let at = 0; at < this.table.length; at += WIDTH) {
      for (let i = 0; i < STORED; i++) this.table[at + i] = from();
      this.derive(at);
    }
  }

  private at(slot: number, k: number): number {
    return (slot * this.classes + k) * WIDTH;
  }

  private derive(at: number): void {
    const { table } = this;
    const weight = table[at]!;
    const variance = weight > 1 ? table[at + 2]! / (weight - 1) : 0;
    const isVaried = variance > MIN_VARIANCE;
    table[at + HALF_PRECISION] = isVaried ? 0.5 / variance : 0;
    table[at + CONSTANT] = isVaried ? -HALF_LOG_TAU - 0.5 * log(variance) : 0;
  }
}
