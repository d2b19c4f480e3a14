import { EventBuffer } from './event-buffer';
import type { Readable } from './aggregates';
import type { Plan } from './plan';
import { Texts } from './texts';
import { BoundedWindow, TiledWindow, Tiles, UnboundedWindow, type EntityWindow } from './windowing';

/** Accumulators by window and slot of the plan. */
export type WindowValues = readonly (readonly Readable[])[];

/** The values of an entity's vector with the newest event time, ties the later one. */
export interface LatestValues {
  /** Epoch ms. */
  readonly time: number;
  readonly values: readonly (number | null)[];
}

/** What windows without an end keep of dropped rows, in the order of the plan: numbers by window and slot. */
export type Settled = readonly (readonly (readonly number[])[])[];

/**
 * What is kept of one entity: its events within reach, tiles, and the windows over them. The windows stand at one time, where they
 * were read last: it moves on at the cost of what comes in and falls out, and back by beginning anew. What they give is a function of the
 * rows and tiles, so where they stand is no part of the state.
 */
export class EntityState {
  readonly buffer: EventBuffer;
  readonly tiles: readonly Tiles[];
  readonly texts: Texts | null;
  readonly windows: readonly EntityWindow[];
  latest: LatestValues | null = null;
  /** Time of the newest event, epoch ms. */
  newest = -Infinity;
  private current: WindowValues = [];
  /** Rows at or before this time are in the windows: those below the index `end`. */
  private at = -Infinity;
  private end = 0;

  /** With what was stored of an entity; `fill` puts its rows and tiles back. */
  constructor(
    private readonly plan: Plan,
    settled: Settled = [],
    fill: (entity: EntityState) => void = () => {},
  ) {
    this.buffer = new EventBuffer(1 + plan.columns.length);
    this.tiles = plan.tiles.map((tiles) => new Tiles(tiles));
    this.texts = plan.columns.some(({ isText }) => isText) ? new Texts() : null;
    fill(this);
    this.windows = plan.windows.map((window, i) => {
      if (window.tiles >= 0) return new TiledWindow(window, this.tiles[window.tiles]!);
      return window.reach === Infinity
        ? new UnboundedWindow(window, this.buffer, settled[i])
        : new BoundedWindow(window, this.buffer);
    });
    this.collect();
  }

  /** Adds an event behind all others of its time. */
  add(time: number, cells: Float64Array): void {
    if (time > this.newest) this.newest = time;
    if (this.tiles.length > 0) this.addToTiles(time, cells);
    if (!this.plan.keepsRows) return;
    const { buffer, windows } = this;
    const isNewest = buffer.length === 0 || time >= buffer.time(buffer.tail - 1);
    const index = isNewest ? buffer.append(time, cells) : buffer.insert(time, cells);
    if (index >= this.end) return;
    this.end += 1;
    for (const window of windows) window.insert(index);
  }

  /** The accumulators of each window as of `time`, valid until the next call. */
  seek(time: number): WindowValues {
    if (time < this.at) this.rewind();
    const { buffer, windows, end } = this;
    let to = end;
    while (to < buffer.tail && buffer.time(to) <= time) to += 1;
    for (let i = 0; i < windows.length; i++) windows[i]!.advance(end, to, time);
    this.end = to;
    this.at = time;
    return this.current;
  }

  /**
   * Drops what no trigger that is still to come can reach: the events at or before the watermark less the plan's retention, and tiles
   * likewise. Says whether nothing is left to know, so that the entity is as good as new.
   */
  prune(watermark: number): boolean {
    const { buffer, windows, plan } = this;
    const horizon = watermark - plan.retention;
    while (buffer.length > 0 && buffer.time(buffer.head) <= horizon) {
      if (this.end === buffer.head) this.seek(Math.max(this.at, buffer.time(buffer.head)));
      for (let i = 0; i < windows.length; i++) windows[i]!.dropFirst();
      this.releaseTexts(buffer.head);
      buffer.dropFirst();
    }
    for (let i = 0; i < this.tiles.length; i++) this.pruneTiles(i, watermark);
    return (
      this.newest <= watermark - plan.ttl - plan.patience ||
      (buffer.length === 0 && !plan.remembers && this.tiles.every(({ tiles }) => tiles.length === 0))
    );
  }

  /** Bytes held, estimated: cells exactly, objects by their typical size. */
  bytes(): number {
    const { windows, plan, tiles, texts } = this;
    let slots = 0;
    let extent = 0;
    for (let i = 0; i < windows.length; i++) {
      slots += plan.windows[i]!.slots.length;
      extent += windows[i]!.extent();
    }
    let tileCount = 0;
    for (const own of tiles) {
      tileCount += own.tiles.length;
      slots += own.tiles.length * own.plan.slots.length;
      extent += own.extent();
    }
    const fixed = ENTITY_BYTES + windows.length * WINDOW_BYTES + tileCount * TILE_BYTES + slots * SLOT_BYTES;
    const latest = this.latest === null ? 0 : 40 + this.latest.values.length * VALUE_BYTES;
    return fixed + latest + extent * 8 + this.buffer.bytes + (texts?.size ?? 0) * TEXT_BYTES;
  }

  private rewind(): void {
    for (const window of this.windows) window.reset();
    this.collect();
    this.at = -Infinity;
  }

  private collect(): void {
    this.current = this.windows.map(({ current }) => current);
    this.end = this.buffer.head;
  }

  private addToTiles(time: number, cells: Float64Array): void {
    for (let i = 0; i < this.tiles.length; i++) {
      const index = this.tiles[i]!.add(time, cells);
      this.windowsOver(i, (window) => window.added(index, time, cells));
    }
  }

  private pruneTiles(i: number, watermark: number): void {
    const tiles = this.tiles[i]!;
    if (tiles.prune(watermark - tiles.plan.reach - this.plan.patience))
      this.windowsOver(i, (window) => window.pruned());
  }

  private windowsOver(tiles: number, visit: (window: TiledWindow) => void): void {
    for (let i = 0; i < this.windows.length; i++)
      if (this.plan.windows[i]!.tiles === tiles) visit(this.windows[i] as TiledWindow);
  }

  private releaseTexts(index: number): void {
    if (this.texts === null) return;
    for (let column = 0; column < this.plan.columns.length; column++) {
      const id = this.buffer.value(index, column);
      if (this.plan.columns[column]!.isText && id === id) this.texts.release(id);
    }
  }
}

const ENTITY_BYTES = 400;
const WINDOW_BYTES = 120;
const SLOT_BYTES = 90;
const TILE_BYTES = 80;
const VALUE_BYTES = 20;
const TEXT_BYTES = 120;
