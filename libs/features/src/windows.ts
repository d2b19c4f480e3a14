import type { LastingAccumulator, RollingAccumulator } from './accumulators';
import type { Aggregate } from './definition';
import type { EventBuffer } from './event-buffer';

/** One accumulator and the column that feeds it; -1 counts rows. */
export interface Slot {
  readonly column: number;
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

/**
 * The accumulators of one window of one entity, kept at the newest event of its buffer. `asOf` computes them afresh for an older
 * event: the slow path of late triggers, and equal to what the fast path would give.
 */
export interface EntityWindow {
  readonly current: readonly Readable[];
  /** A row was appended behind all others. */
  append(buffer: EventBuffer, index: number): void;
  /** A late row was inserted. */
  insert(buffer: EventBuffer, index: number): void;
  /** The oldest row is about to be dropped. */
  dropFirst(buffer: EventBuffer): void;
  /** The accumulators at the row `index`, of this row and older ones. */
  asOf(buffer: EventBuffer, index: number): readonly Readable[];
}

const feed = (
  slots: readonly Slot[],
  accumulators: readonly { add(time: number, value: number): void }[],
  buffer: EventBuffer,
  index: number,
): void => {
  const time = buffer.time(index);
  for (let i = 0; i < slots.length; i++) {
    const { column } = slots[i]!;
    const value = column < 0 ? 0 : buffer.value(index, column);
    if (value === value) accumulators[i]!.add(time, value);
  }
};

/** (newest - width, newest]. */
export class BoundedWindow implements EntityWindow {
  readonly current: readonly RollingAccumulator[];
  private start: number;

  constructor(
    private readonly plan: WindowPlan,
    buffer: EventBuffer,
  ) {
    this.current = plan.slots.map((slot) => slot.rolling());
    this.start = buffer.head;
    for (let index = buffer.head; index < buffer.tail; index++) this.append(buffer, index);
  }

  append(buffer: EventBuffer, index: number): void {
    const bound = buffer.time(index) - this.plan.width;
    while (this.start < index && buffer.time(this.start) <= bound) this.leave(buffer);
    feed(this.plan.slots, this.current, buffer, index);
  }

  insert(buffer: EventBuffer, index: number): void {
    if (buffer.time(index) > buffer.time(buffer.tail - 1) - this.plan.width)
      feed(this.plan.slots, this.current, buffer, index);
    else this.start += 1;
  }

  dropFirst(buffer: EventBuffer): void {
    if (this.start === buffer.head) this.leave(buffer);
  }

  asOf(buffer: EventBuffer, index: number): readonly Readable[] {
    const accumulators = this.plan.slots.map((slot) => slot.rolling());
    const first = buffer.firstAfter(buffer.time(index) - this.plan.width);
    for (let row = first; row <= index; row++) feed(this.plan.slots, accumulators, buffer, row);
    return accumulators;
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

/** Everything up to the newest event. `settled` holds what the rows dropped so far have left behind. */
export class UnboundedWindow implements EntityWindow {
  readonly current: readonly LastingAccumulator[];
  readonly settled: readonly LastingAccumulator[];

  constructor(
    private readonly plan: WindowPlan,
    buffer: EventBuffer,
    settled: readonly (readonly number[])[] = [],
  ) {
    this.settled = plan.slots.map((slot, i) => load(slot.lasting(), settled[i]));
    this.current = this.copyOfSettled();
    for (let index = buffer.head; index < buffer.tail; index++) this.append(buffer, index);
  }

  append(buffer: EventBuffer, index: number): void {
    feed(this.plan.slots, this.current, buffer, index);
  }

  insert(buffer: EventBuffer, index: number): void {
    feed(this.plan.slots, this.current, buffer, index);
  }

  dropFirst(buffer: EventBuffer): void {
    feed(this.plan.slots, this.settled, buffer, buffer.head);
  }

  asOf(buffer: EventBuffer, index: number): readonly Readable[] {
    const accumulators = this.copyOfSettled();
    for (let row = buffer.head; row <= index; row++) feed(this.plan.slots, accumulators, buffer, row);
    return accumulators;
  }

  private copyOfSettled(): LastingAccumulator[] {
    return this.plan.slots.map((slot, i) => load(slot.lasting(), this.settled[i]!.save()));
  }
}

const load = (accumulator: LastingAccumulator, saved: readonly number[] | undefined): LastingAccumulator => {
  if (saved) accumulator.load(saved);
  return accumulator;
};
