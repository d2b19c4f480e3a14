import type { RollingAccumulator, RowRange } from '../aggregates';
import type { EventBuffer } from '../event-buffer';
import { extentOf, feed, type EntityWindow, type WindowPlan } from './window';

/** A window that moves over the rows: (bound, time]. */
export class BoundedWindow implements EntityWindow, RowRange {
  current: readonly RollingAccumulator[];
  start: number;
  end: number;
  private bound = -Infinity;

  constructor(
    private readonly plan: WindowPlan,
    readonly buffer: EventBuffer,
  ) {
    this.start = this.end = buffer.head;
    this.current = plan.slots.map((slot) => slot.rolling(this));
  }

  advance(from: number, to: number, time: number): void {
    const { buffer } = this;
    const bound = this.plan.bound(time);
    this.bound = bound;
    while (this.start < from && buffer.time(this.start) <= bound) this.leave();
    let index = from;
    if (this.start === from) {
      while (index < to && buffer.time(index) <= bound) index += 1;
      this.start = index;
    }
    for (; index < to; index++) feed(this.plan.slots, this.current, buffer, index);
    this.end = to;
  }

  insert(index: number): void {
    this.end += 1;
    if (this.buffer.time(index) > this.bound) feed(this.plan.slots, this.current, this.buffer, index);
    else this.start += 1;
  }

  dropFirst(): void {
    if (this.start === this.buffer.head) this.leave();
  }

  reset(): void {
    this.start = this.end = this.buffer.head;
    this.bound = -Infinity;
    this.current = this.plan.slots.map((slot) => slot.rolling(this));
  }

  extent(): number {
    return extentOf(this.current);
  }

  private leave(): void {
    const { slots } = this.plan;
    const { buffer, start } = this;
    const time = buffer.time(start);
    for (let i = 0; i < slots.length; i++) {
      const { column } = slots[i]!;
      const value = column < 0 ? 0 : buffer.value(start, column);
      if (value === value) this.current[i]!.remove(time, value);
    }
    this.start += 1;
  }
}
