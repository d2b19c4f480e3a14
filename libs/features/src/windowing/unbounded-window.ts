import type { LastingAccumulator, RowRange } from '../aggregates';
import type { EventBuffer } from '../event-buffer';
import { extentOf, feed, type EntityWindow, type WindowPlan } from './window';

/** Everything up to the time. `settled` holds what the rows dropped so far have left behind. */
export class UnboundedWindow implements EntityWindow, RowRange {
  current: readonly LastingAccumulator[];
  readonly settled: readonly LastingAccumulator[];
  end: number;

  constructor(
    private readonly plan: WindowPlan,
    readonly buffer: EventBuffer,
    settled: readonly (readonly number[])[] = [],
  ) {
    this.settled = plan.slots.map((slot, i) => load(slot.lasting(), settled[i]));
    this.end = buffer.head;
    this.current = this.afterSettled();
  }

  get start(): number {
    return this.buffer.head;
  }

  advance(from: number, to: number): void {
    for (let index = from; index < to; index++) feed(this.plan.slots, this.current, this.buffer, index);
    this.end = to;
  }

  insert(index: number): void {
    this.end += 1;
    feed(this.plan.slots, this.current, this.buffer, index);
  }

  dropFirst(): void {
    feed(this.plan.slots, this.settled, this.buffer, this.buffer.head);
  }

  reset(): void {
    this.end = this.buffer.head;
    this.current = this.afterSettled();
  }

  extent(): number {
    return extentOf(this.current) + extentOf(this.settled);
  }

  private afterSettled(): LastingAccumulator[] {
    return this.plan.slots.map((slot, i) => {
      const settled = this.settled[i]!;
      return slot.following === null ? load(slot.lasting(), settled.save()) : slot.following(settled, this);
    });
  }
}

const load = (accumulator: LastingAccumulator, saved: readonly number[] | undefined): LastingAccumulator => {
  if (saved) accumulator.load(saved);
  return accumulator;
};
