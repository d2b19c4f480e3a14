import type { LastingAccumulator, RollingAccumulator } from './accumulators';
import type { Aggregate } from './definition';
import type { EventBuffer } from './event-buffer';

/** One accumulator and the column that feeds it; -1 counts rows. */
export interface Slot {
  readonly column: number;
  /** Takes the rows whose column is null too. */
  readonly nulls?: boolean;
  readonly rolling: () => RollingAccumulator;
  readonly lasting: () => LastingAccumulator;
}

export interface WindowPlan {
  /** Width in ms; Infinity for everything so far. */
  readonly width: number;
  readonly slots: readonly Slot[];
}

/** What a feature reads its value from. */
export interface Readable {
  read(aggregate: Aggregate, scale: number): number | null;
}

/** The accumulators of one window of one entity, as of a time that its entity moves. */
export interface EntityWindow {
  readonly current: readonly Readable[];
  /** Goes on to `time`: the rows from `from` to `to` (exclusive) come in. */
  advance(buffer: EventBuffer, from: number, to: number, time: number): void;
  /** A late row was put among those that are in. */
  insert(buffer: EventBuffer, index: number): void;
  /** The oldest row, which is in or was, is about to be dropped. */
  dropFirst(buffer: EventBuffer): void;
  /** Back to before the first row. */
  reset(buffer: EventBuffer): void;
}

const feed = (
  slots: readonly Slot[],
  accumulators: readonly { add(time: number, value: number): void }[],
  buffer: EventBuffer,
  index: number,
): void => {
  const time = buffer.time(index);
  for (let i = 0; i < slots.length; i++) {
    const { column, nulls } = slots[i]!;
    const value = column < 0 ? 0 : buffer.value(index, column);
    if (value === value || nulls) accumulators[i]!.add(time, value);
  }
};

/** (time - width, time]. */
export class BoundedWindow implements EntityWindow {
  current: readonly RollingAccumulator[];
  private start: number;
  private bound = -Infinity;

  constructor(
    private readonly plan: WindowPlan,
    buffer: EventBuffer,
  ) {
    this.current = plan.slots.map((slot) => slot.rolling());
    this.start = buffer.head;
  }

  advance(buffer: EventBuffer, from: number, to: number, time: number): void {
    const bound = time - this.plan.width;
    this.bound = bound;
    while (this.start < from && buffer.time(this.start) <= bound) this.leave(buffer);
    let index = from;
    if (this.start === from) while (index < to && buffer.time(index) <= bound) index++;
    this.start += index - from;
    for (; index < to; index++) feed(this.plan.slots, this.current, buffer, index);
  }

  insert(buffer: EventBuffer, index: number): void {
    if (buffer.time(index) > this.bound) feed(this.plan.slots, this.current, buffer, index);
    else this.start += 1;
  }

  dropFirst(buffer: EventBuffer): void {
    if (this.start === buffer.head) this.leave(buffer);
  }

  reset(buffer: EventBuffer): void {
    this.current = this.plan.slots.map((slot) => slot.rolling());
    this.start = buffer.head;
  }

  private leave(buffer: EventBuffer): void {
    const { slots } = this.plan;
    const time = buffer.time(this.start);
    for (let i = 0; i < slots.length; i++) {
      const { column } = slots[i]!;
      const value = column < 0 ? 0 : buffer.value(this.start, column);
      if (value === value) this.current[i]!.remove(time, value);
    }
    this.start += 1;
  }
}

/** Everything up to the time. `settled` holds what the rows dropped so far have left behind. */
export class UnboundedWindow implements EntityWindow {
  current: readonly LastingAccumulator[];
  readonly settled: readonly LastingAccumulator[];

  constructor(
    private readonly plan: WindowPlan,
    settled: readonly (readonly number[])[] = [],
  ) {
    this.settled = plan.slots.map((slot, i) => load(slot.lasting(), settled[i]));
    this.current = this.copyOfSettled();
  }

  advance(buffer: EventBuffer, from: number, to: number): void {
    for (let index = from; index < to; index++) feed(this.plan.slots, this.current, buffer, index);
  }

  insert(buffer: EventBuffer, index: number): void {
    feed(this.plan.slots, this.current, buffer, index);
  }

  dropFirst(buffer: EventBuffer): void {
    feed(this.plan.slots, this.settled, buffer, buffer.head);
  }

  reset(): void {
    this.current = this.copyOfSettled();
  }

  private copyOfSettled(): LastingAccumulator[] {
    return this.plan.slots.map((slot, i) => load(slot.lasting(), this.settled[i]!.save()));
  }
}

const load = (accumulator: LastingAccumulator, saved: readonly number[] | undefined): LastingAccumulator => {
  if (saved) accumulator.load(saved);
  return accumulator;
};
