import { ExactMoments, ExactSum } from '#kernel';
import type { Aggregate } from './definition';

/**
 * Each accumulator holds what one family of aggregates needs of a multiset of (time, value). Reading gives a function of that
 * multiset, whatever the order of additions and removals was (law L11). `scale`: values are whole numbers of 1/scale.
 */
interface Accumulator {
  add(time: number, value: number): void;
  read(aggregate: Aggregate, scale: number): number | null;
}

/** Of a window that moves: events leave it in the order of time, all of one time together. */
export interface RollingAccumulator extends Accumulator {
  remove(time: number, value: number): void;
}

/** Of everything so far: nothing leaves, and its content can be stored. */
export interface LastingAccumulator extends Accumulator {
  save(): number[];
  load(saved: readonly number[]): void;
}

/** Counts events. */
export class Count implements RollingAccumulator, LastingAccumulator {
  private n = 0;

  add(): void {
    this.n += 1;
  }

  remove(): void {
    this.n -= 1;
  }

  read(): number {
    return this.n;
  }

  save(): number[] {
    return [this.n];
  }

  load([n]: readonly number[]): void {
    this.n = n!;
  }
}

/** count, sum and mean of values. */
export class Total implements RollingAccumulator, LastingAccumulator {
  private n = 0;
  private sum = new ExactSum();

  add(_time: number, value: number): void {
    this.n += 1;
    this.sum.add(value);
  }

  remove(_time: number, value: number): void {
    this.n -= 1;
    this.sum.remove(value);
  }

  read(aggregate: Aggregate, scale: number): number | null {
    if (aggregate === 'count') return this.n;
    if (this.n === 0) return null;
    return aggregate === 'sum' ? this.sum.over(scale) : this.sum.over(this.n * scale);
  }

  save(): number[] {
    return [this.n, ...this.sum.parts()];
  }

  load([n, ...parts]: readonly number[]): void {
    this.n = n!;
    this.sum = ExactSum.of(parts);
  }
}

/** variance and std of the sample. */
export class Spread implements RollingAccumulator, LastingAccumulator {
  private moments = new ExactMoments();

  add(_time: number, value: number): void {
    this.moments.add(value);
  }

  remove(_time: number, value: number): void {
    this.moments.remove(value);
  }

  read(aggregate: Aggregate, scale: number): number | null {
    return aggregate === 'std' ? this.moments.std(scale) : this.moments.variance(scale);
  }

  save(): number[] {
    const { count, sum, squares } = this.moments.parts();
    return [count, sum.length, ...sum, ...squares];
  }

  load([count, length, ...parts]: readonly number[]): void {
    this.moments = ExactMoments.fromParts({
      count: count!,
      sum: parts.slice(0, length),
      squares: parts.slice(length),
    });
  }
}

/** last: the newest value by event time, ties by the order of additions (log order). */
export class Newest implements RollingAccumulator, LastingAccumulator {
  private time = -Infinity;
  private value = 0;

  add(time: number, value: number): void {
    if (time < this.time) return;
    this.time = time;
    this.value = value;
  }

  /** Events leave in the order of time: when the newest does, nothing is left. */
  remove(time: number): void {
    if (time >= this.time) this.time = -Infinity;
  }

  read(_aggregate: Aggregate, scale: number): number | null {
    return this.time === -Infinity ? null : this.value / scale;
  }

  save(): number[] {
    return [this.time, this.value];
  }

  load([time, value]: readonly number[]): void {
    this.time = time!;
    this.value = value!;
  }
}

/** min (sign 1) or max (sign -1) of everything so far. */
export class Extreme implements LastingAccumulator {
  private least = Infinity;

  constructor(private readonly sign: 1 | -1) {}

  add(_time: number, value: number): void {
    const signed = this.sign * value;
    if (signed < this.least) this.least = signed;
  }

  read(_aggregate: Aggregate, scale: number): number | null {
    return this.least === Infinity ? null : unsigned(this.sign, this.least) / scale;
  }

  save(): number[] {
    return [this.least];
  }

  load([least]: readonly number[]): void {
    this.least = least!;
  }
}

/**
 * min (sign 1) or max (sign -1) of a window that moves: the values that can still become the least, in increasing order of time
 * and value (the ascending minima of Douglas, 1996).
 */
export class RollingExtreme implements RollingAccumulator {
  /** Pairs of time and signed value. */
  private readonly queue: number[] = [];
  private front = 0;

  constructor(private readonly sign: 1 | -1) {}

  add(time: number, value: number): void {
    const { queue } = this;
    const signed = this.sign * value;
    let at = queue.length;
    while (at > this.front && queue[at - 2]! > time) at -= 2;
    if (at < queue.length && queue[at + 1]! <= signed) return;
    let keep = at;
    while (keep > this.front && queue[keep - 1]! >= signed) keep -= 2;
    if (at === queue.length) {
      queue.length = keep;
      queue.push(time, signed);
    } else {
      queue.splice(keep, at - keep, time, signed);
    }
  }

  remove(time: number): void {
    const { queue } = this;
    while (this.front < queue.length && queue[this.front]! <= time) this.front += 2;
    if (this.front > 32 && this.front * 2 > queue.length) {
      queue.splice(0, this.front);
      this.front = 0;
    }
  }

  read(_aggregate: Aggregate, scale: number): number | null {
    return this.front === this.queue.length ? null : unsigned(this.sign, this.queue[this.front + 1]!) / scale;
  }
}

/** Undoes the sign without making a -0. */
const unsigned = (sign: 1 | -1, signed: number): number => sign * signed + 0;
