import { exp } from '#kernel';
import type { LastingAccumulator, Reading, RollingAccumulator, RowRange } from './accumulator';

/**
 * ewma: the mean of values weighted by 2^(-age / half-life), by event time. Order-dependent: it is summed from the oldest event on, and
 * roundings depend on where it began. Of a bounded window it is a function of the window's rows all the same, since it begins anew at each read;
 * without a window it goes on from the events before, and a replay that is to give the same bits starts from a snapshot or from zero.
 */
export class Decayed implements LastingAccumulator {
  private time = -Infinity;
  private weighted = 0;
  private weights = 0;

  constructor(private readonly halfLife: number) {}

  add(time: number, value: number): void {
    if (this.time === -Infinity) {
      this.time = time;
      this.weighted = value;
      this.weights = 1;
    } else if (time >= this.time) {
      const decay = half(time - this.time, this.halfLife);
      this.time = time;
      this.weighted = this.weighted * decay + value;
      this.weights = this.weights * decay + 1;
    } else {
      const decay = half(this.time - time, this.halfLife);
      this.weighted += value * decay;
      this.weights += decay;
    }
  }

  read({ scale }: Reading): number | null {
    return this.time === -Infinity ? null : this.weighted / this.weights / scale;
  }

  extent(): number {
    return 0;
  }

  save(): number[] {
    return [this.time, this.weighted, this.weights];
  }

  load([time, weighted, weights]: readonly number[]): void {
    this.time = time!;
    this.weighted = weighted!;
    this.weights = weights!;
  }
}

/** The rows of a window behind what `settled` holds. */
export class DecayedRows implements RollingAccumulator, LastingAccumulator {
  constructor(
    private readonly halfLife: number,
    private readonly range: RowRange,
    private readonly settled: LastingAccumulator | null = null,
  ) {}

  add(): void {}

  remove(): void {}

  read(reading: Reading): number | null {
    const { buffer, start, end } = this.range;
    const sum = new Decayed(this.halfLife);
    if (this.settled !== null) sum.load(this.settled.save());
    for (let index = start; index < end; index++) {
      const value = buffer.value(index, reading.column);
      if (value === value) sum.add(buffer.time(index), value);
    }
    return sum.read(reading);
  }

  extent(): number {
    return 0;
  }

  save(): number[] {
    return [];
  }

  load(): void {}
}

/** 2^(-age / half-life). */
const half = (age: number, halfLife: number): number => exp((-LN_2 * age) / halfLife);

const LN_2 = Math.LN2;
