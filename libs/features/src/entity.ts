import { EventBuffer } from './event-buffer';
import { BoundedWindow, UnboundedWindow, type EntityWindow, type Readable } from './windows';
import type { Plan } from './compile';

/** Accumulators by window and slot of the plan. */
export type WindowValues = readonly (readonly Readable[])[];

/** The values of an entity's vector with the newest event time, ties the later one. */
export interface LatestValues {
  /** Epoch ms. */
  readonly time: number;
  readonly values: readonly (number | null)[];
}

/**
 * What is kept of one entity: its events within reach, and the windows over them. The windows stand at one time, where they were read
 * last: it moves on at the cost of the rows that come in and fall out, and back by beginning anew. What they give is a function of
 * the rows, so where they stand is no part of the state.
 */
export class EntityState {
  readonly buffer: EventBuffer;
  windows: readonly EntityWindow[] = [];
  latest: LatestValues | null = null;
  private current: WindowValues = [];
  /** Rows at or before this time are in the windows: those below the index `end`. */
  private at = -Infinity;
  private end = 0;

  constructor(plan: Plan) {
    this.buffer = new EventBuffer(1 + plan.columns.length);
    this.rebuild(plan);
  }

  /** Windows over the rows of the buffer; `settled` is what unbounded ones keep of dropped rows, in the order of the plan. */
  rebuild(plan: Plan, settled: readonly (readonly (readonly number[])[])[] = []): void {
    this.windows = plan.windows.map((window, i) =>
      window.width === Infinity
        ? new UnboundedWindow(window, settled[i])
        : new BoundedWindow(window, this.buffer),
    );
    this.rewind();
  }

  /** Adds an event behind all others of its time. */
  add(time: number, cells: Float64Array): void {
    const { buffer, windows } = this;
    const isNewest = buffer.length === 0 || time >= buffer.time(buffer.tail - 1);
    const index = isNewest ? buffer.append(time, cells) : buffer.insert(time, cells);
    if (index >= this.end) return;
    this.end += 1;
    for (const window of windows) window.insert(buffer, index);
  }

  /** The accumulators of each window as of `time`, valid until the next call. */
  seek(time: number): WindowValues {
    if (time < this.at) this.rewind();
    const { buffer, windows, end } = this;
    let to = end;
    while (to < buffer.tail && buffer.time(to) <= time) to += 1;
    for (let i = 0; i < windows.length; i++) windows[i]!.advance(buffer, end, to, time);
    this.end = to;
    this.at = time;
    return this.current;
  }

  /** Drops the events at or before the horizon: no trigger that is still to come can reach them. */
  prune(horizon: number): void {
    const { buffer, windows } = this;
    while (buffer.length > 0 && buffer.time(buffer.head) <= horizon) {
      if (this.end === buffer.head) this.seek(Math.max(this.at, buffer.time(buffer.head)));
      for (let i = 0; i < windows.length; i++) windows[i]!.dropFirst(buffer);
      buffer.dropFirst();
    }
  }

  private rewind(): void {
    for (const window of this.windows) window.reset(this.buffer);
    this.current = this.windows.map(({ current }) => current);
    this.at = -Infinity;
    this.end = this.buffer.head;
  }
}
