import type {
  LastingAccumulator,
  Readable,
  RollingAccumulator,
  RowRange,
  TileAccumulator,
} from '../aggregates';
import type { EventBuffer } from '../event-buffer';

/** One accumulator and the column that feeds it; -1 counts events. */
export interface Slot {
  readonly column: number;
  /** Takes the events whose column is null too. */
  readonly takesNulls: boolean;
  /** Of a window that moves over rows. */
  readonly rolling: (range: RowRange) => RollingAccumulator;
  /** What dropped rows leave behind in a window without an end. */
  readonly lasting: () => LastingAccumulator;
  /** Of such a window as a whole; null where what is settled goes on with the rows. */
  readonly following: ((settled: LastingAccumulator, range: RowRange) => LastingAccumulator) | null;
  readonly tile: () => TileAccumulator;
}

export interface WindowPlan {
  /** The newest time that is no longer in the window as of `time`; it never falls while the time rises. */
  readonly bound: (time: number) => number;
  /** How far it reaches back at most, in ms; Infinity for everything so far. */
  readonly reach: number;
  /** Index of the plan of its tiles; -1 for a window over rows. */
  readonly tiles: number;
  readonly slots: readonly Slot[];
}

/** The accumulators of one window of one entity, as of a time that its entity moves. */
export interface EntityWindow {
  readonly current: readonly Readable[];
  /** Goes on to `time`: the rows from `from` to `to` (exclusive) come in. */
  advance(from: number, to: number, time: number): void;
  /** A late row was put among those that are in. */
  insert(index: number): void;
  /** The oldest row, which is in or was, is about to be dropped. */
  dropFirst(): void;
  /** Back to before the first row. */
  reset(): void;
  /** Numbers held by its accumulators beyond those that every one of its kind holds. */
  extent(): number;
}

/** Feeds one row to the accumulators of a window. */
export const feed = (
  slots: readonly Slot[],
  accumulators: readonly { add(time: number, value: number): void }[],
  buffer: EventBuffer,
  index: number,
): void => {
  const time = buffer.time(index);
  for (let i = 0; i < slots.length; i++) {
    const { column, takesNulls } = slots[i]!;
    const value = column < 0 ? 0 : buffer.value(index, column);
    if (value === value || takesNulls) accumulators[i]!.add(time, value);
  }
};

export const extentOf = (accumulators: readonly { extent(): number }[]): number =>
  accumulators.reduce((sum, accumulator) => sum + accumulator.extent(), 0);
