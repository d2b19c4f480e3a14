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

/** What is kept of one entity: its events within reach, and the windows over them. */
export class EntityState {
  readonly buffer: EventBuffer;
  windows: readonly EntityWindow[] = [];
  latest: LatestValues | null = null;
  /** The accumulators of each window, as of the newest event. */
  private current: WindowValues = [];

  constructor(plan: Plan) {
    this.buffer = new EventBuffer(1 + plan.columns.length);
    this.rebuild(plan);
  }

  /** Windows over the rows of the buffer; `settled` is what unbounded ones keep of dropped rows, in the order of the plan. */
  rebuild(plan: Plan, settled: readonly (readonly (readonly number[])[])[] = []): void {
    this.windows = plan.windows.map((window, i) =>
      window.width === Infinity
        ? new UnboundedWindow(window, this.buffer, settled[i])
        : new BoundedWindow(window, this.buffer),
    );
    this.current = this.windows.map(({ current }) => current);
  }

  /** Adds an event; gives the accumulators of each window as of this event, valid until the next. */
  add(time: number, cells: Float64Array): WindowValues {
    const { buffer, windows } = this;
    if (buffer.length === 0 || time >= buffer.time(buffer.tail - 1)) {
      const index = buffer.append(time, cells);
      for (let i = 0; i < windows.length; i++) windows[i]!.append(buffer, index);
      return this.current;
    }
    const index = buffer.insert(time, cells);
    for (const window of windows) window.insert(buffer, index);
    return windows.map((window) => window.asOf(buffer, index));
  }

  /** Drops the events at or before the horizon: no trigger that is still to come can reach them. */
  prune(horizon: number): void {
    const { buffer, windows } = this;
    while (buffer.length > 0 && buffer.time(buffer.head) <= horizon) {
      for (let i = 0; i < windows.length; i++) windows[i]!.dropFirst(buffer);
      buffer.dropFirst();
    }
  }
}
