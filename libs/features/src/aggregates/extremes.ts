import type { Reading, RollingAccumulator, TileAccumulator } from './accumulator';

/** min (sign 1) or max (sign -1) of everything so far. */
export class Extreme implements TileAccumulator {
  private least = Infinity;

  constructor(private readonly sign: 1 | -1) {}

  add(_time: number, value: number): void {
    const signed = this.sign * value;
    if (signed < this.least) this.least = signed;
  }

  merge(other: this): void {
    if (other.least < this.least) this.least = other.least;
  }

  read({ scale }: Reading): number | null {
    return this.least === Infinity ? null : unsigned(this.sign, this.least) / scale;
  }

  extent(): number {
    return 0;
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

  read({ scale }: Reading): number | null {
    return this.front === this.queue.length ? null : unsigned(this.sign, this.queue[this.front + 1]!) / scale;
  }

  extent(): number {
    return this.queue.length;
  }
}

/** Undoes the sign without making a -0. */
const unsigned = (sign: 1 | -1, signed: number): number => sign * signed + 0;
