import type { Aggregate } from '../definition';
import type { EventBuffer } from '../event-buffer';

/** What a feature wants of an accumulator. */
export interface Reading {
  readonly aggregate: Aggregate;
  /** Values are whole numbers of 1/scale. */
  readonly scale: number;
  /** The column that is read; -1 for events. */
  readonly column: number;
  /** Which of several values, from 0. */
  readonly nth: number;
  readonly q: number;
  readonly byFrequency: boolean;
}

/** When and for whom it is read. */
export interface ReadMoment {
  /** Epoch ms. */
  readonly time: number;
  /** The columns of the trigger's own event, which is the last one in; null where the reader is no event of this stream. */
  readonly own: Float64Array | null;
}

export interface Readable {
  read(reading: Reading, moment: ReadMoment): number | null;
}

/**
 * Each accumulator holds what one family of aggregates needs of a multiset of (time, value). Reading gives a function of that
 * multiset, whatever the order of additions and removals was (law L11); among events of one time, the order of the log decides.
 */
interface Accumulator extends Readable {
  add(time: number, value: number): void;
  /** Numbers held beyond those that every one of its kind holds. */
  extent(): number;
}

/** Of a window that moves: events leave it in the order of time, all of one time together. */
export interface RollingAccumulator extends Accumulator {
  remove(time: number, value: number): void;
}

/** Of everything so far: nothing leaves, and its content can be stored. */
export interface LastingAccumulator extends Accumulator {
  /** Equal content gives equal numbers. */
  save(): number[];
  load(saved: readonly number[]): void;
}

/** Of one tile: its content can be added to that of other tiles, which are taken in the order of time. */
export interface TileAccumulator extends LastingAccumulator {
  merge(other: this): void;
  /** Takes out again what was merged; absent where that cannot be told from the rest. */
  unmerge?(other: this): void;
}

/** The rows that are in a window, as it moves. */
export interface RowRange {
  readonly buffer: EventBuffer;
  /** Index of the first row in the window. */
  readonly start: number;
  /** Index behind the last one. */
  readonly end: number;
}
