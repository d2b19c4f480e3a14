import type { Reading, ReadMoment, RollingAccumulator, RowRange, TileAccumulator } from './accumulator';
import type { LastingAccumulator } from './accumulator';

/** last: the newest value by event time, ties by the order of additions (log order). */
export class Newest implements RollingAccumulator, TileAccumulator {
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

  merge(other: this): void {
    this.add(other.time, other.value);
  }

  read({ scale }: Reading): number | null {
    return this.time === -Infinity ? null : this.value / scale;
  }

  extent(): number {
    return 0;
  }

  save(): number[] {
    return [this.time, this.value];
  }

  load([time, value]: readonly number[]): void {
    this.time = time!;
    this.value = value!;
  }
}

/** first, of everything so far: the oldest value by event time, ties by log order. */
export class Oldest implements TileAccumulator {
  private time = Infinity;
  private value = 0;

  add(time: number, value: number): void {
    if (time >= this.time) return;
    this.time = time;
    this.value = value;
  }

  merge(other: this): void {
    this.add(other.time, other.value);
  }

  read({ scale }: Reading): number | null {
    return this.time === Infinity ? null : this.value / scale;
  }

  extent(): number {
    return 0;
  }

  save(): number[] {
    return [this.time, this.value];
  }

  load([time, value]: readonly number[]): void {
    this.time = time!;
    this.value = value!;
  }
}

/** first, of a window that moves: looks at its rows, from the oldest to the first that has a value. */
export class OldestRow implements RollingAccumulator {
  constructor(private readonly range: RowRange) {}

  add(): void {}

  remove(): void {}

  read({ column, scale }: Reading): number | null {
    const { buffer, start, end } = this.range;
    for (let index = start; index < end; index++) {
      const value = buffer.value(index, column);
      if (value === value) return value / scale;
    }
    return null;
  }

  extent(): number {
    return 0;
  }
}

/** last_k, lag and time_since_last: the `size` newest values with their times, ties by log order. */
export class Recent implements RollingAccumulator, LastingAccumulator {
  private readonly times: number[] = [];
  private readonly values: number[] = [];

  constructor(private readonly size: number) {}

  add(time: number, value: number): void {
    const { times, values, size } = this;
    let at = times.length;
    while (at > 0 && times[at - 1]! > time) at -= 1;
    if (times.length === size) {
      if (at === 0) return;
      times.shift();
      values.shift();
      at -= 1;
    }
    if (at === times.length) {
      times.push(time);
      values.push(value);
    } else {
      times.splice(at, 0, time);
      values.splice(at, 0, value);
    }
  }

  /** Events leave in the order of time: one that is no longer here is older than all that are. */
  remove(time: number): void {
    const { times, values } = this;
    while (times.length > 0 && times[0]! <= time) {
      times.shift();
      values.shift();
    }
  }

  /** `lag` and `time_since_last` look past the trigger's own event. */
  read({ aggregate, scale, column, nth }: Reading, { time, own }: ReadMoment): number | null {
    const { times, values } = this;
    let at = times.length - 1 - nth;
    if (aggregate === 'last_k') return at < 0 ? null : values[at]! / scale;
    const isOwnIn = own !== null && (column < 0 || own[column]! === own[column]!);
    if (isOwnIn && at <= this.lastUpTo(time)) at -= 1;
    if (at < 0) return null;
    return aggregate === 'lag' ? values[at]! / scale : Math.max(0, time - times[at]!) / 1000;
  }

  /** Where the trigger's own event stands: nothing of its time is behind it. It is the last one, unless it came too late. */
  private lastUpTo(time: number): number {
    let at = this.times.length - 1;
    while (at >= 0 && this.times[at]! > time) at -= 1;
    return at;
  }

  extent(): number {
    return 12 + this.size * 2;
  }

  save(): number[] {
    return this.times.flatMap((time, i) => [time, this.values[i]!]);
  }

  load(saved: readonly number[]): void {
    for (let i = 0; i < saved.length; i += 2) this.add(saved[i]!, saved[i + 1]!);
  }
}
