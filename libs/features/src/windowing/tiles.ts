import type { Readable, Reading, ReadMoment, TileAccumulator } from '../aggregates';
import { extentOf, type EntityWindow, type Slot, type WindowPlan } from './window';

/** What is kept of an entity for all windows with tiles of one width. */
export interface TilesPlan {
  /** Width of a tile in ms; tiles begin at multiples of it since 1970. */
  readonly width: number;
  /** How far the widest of the windows reaches back, in ms. */
  readonly reach: number;
  readonly slots: readonly Slot[];
}

export interface Tile {
  /** Its place on the time axis: [index * width, (index + 1) * width). */
  readonly index: number;
  readonly totals: readonly TileAccumulator[];
}

/** The tiles of one entity that have events, in the order of time. */
export class Tiles {
  readonly tiles: Tile[] = [];

  constructor(readonly plan: TilesPlan) {}

  /** Adds an event to its tile; gives the tile's index. */
  add(time: number, cells: Float64Array): number {
    const index = Math.floor(time / this.plan.width);
    const at = this.firstFrom(index);
    let tile = this.tiles[at];
    if (tile?.index !== index) {
      tile = { index, totals: this.plan.slots.map((slot) => slot.tile()) };
      this.tiles.splice(at, 0, tile);
    }
    addCells(this.plan.slots, tile.totals, time, cells);
    return index;
  }

  /** Drops the tiles that lie wholly at or before the horizon; says whether there were any. */
  prune(horizon: number): boolean {
    const oldest = Math.floor((horizon + 1) / this.plan.width);
    if (this.tiles.length === 0 || this.tiles[0]!.index >= oldest) return false;
    this.tiles.splice(0, this.firstFrom(oldest));
    return true;
  }

  /** Place in `tiles` of the first one whose index is not below. */
  firstFrom(index: number): number {
    let low = 0;
    let high = this.tiles.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.tiles[middle]!.index < index) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  extent(): number {
    return this.tiles.reduce((sum, { totals }) => sum + extentOf(totals), 0);
  }
}

const addCells = (
  slots: readonly Slot[],
  totals: readonly (TileAccumulator | null)[],
  time: number,
  cells: Float64Array,
): void => {
  for (let i = 0; i < slots.length; i++) {
    const { column } = slots[i]!;
    const value = column < 0 ? 0 : cells[column]!;
    if (value === value) totals[i]?.add(time, value);
  }
};

/**
 * A window of whole tiles: from the one with the window's first millisecond to the one with the time it is read at. What it gives is a
 * function of the events in these tiles: a late trigger sees all of its own tile. Events are added to the total of the window, and tiles
 * that fall out are taken from it, or where that cannot be done the total is made anew from the tiles at the next read.
 */
export class TiledWindow implements EntityWindow {
  readonly current: readonly Readable[];
  private readonly merged: (TileAccumulator | null)[];
  private first = -Infinity;
  private last = -Infinity;

  constructor(
    private readonly plan: WindowPlan,
    private readonly source: Tiles,
  ) {
    this.merged = source.plan.slots.map(() => null);
    this.current = source.plan.slots.map((_, i) => ({
      read: (reading: Reading, moment: ReadMoment) => this.total(i).read(reading, moment),
    }));
  }

  /** An event was added to the tile `index`. */
  added(index: number, time: number, cells: Float64Array): void {
    if (index >= this.first && index <= this.last) addCells(this.source.plan.slots, this.merged, time, cells);
  }

  advance(_from: number, _to: number, time: number): void {
    const { width } = this.source.plan;
    const first = Math.floor((this.plan.bound(time) + 1) / width);
    const last = Math.floor(time / width);
    if (first === this.first && last === this.last) return;
    const { tiles } = this.source;
    const oldest = this.source.firstFrom(this.first);
    for (
      let at = oldest;
      at < tiles.length && tiles[at]!.index < first && tiles[at]!.index <= this.last;
      at++
    )
      this.leave(tiles[at]!);
    const next = this.source.firstFrom(Math.max(first, this.last + 1));
    for (let at = next; at < tiles.length && tiles[at]!.index <= last; at++)
      this.merged.forEach((total, slot) => total?.merge(tiles[at]!.totals[slot]!));
    this.first = first;
    this.last = last;
  }

  /** Tiles take events when they come, not when they are read. */
  insert(): void {}

  dropFirst(): void {}

  /** Tiles were dropped, also such that no trigger in time can reach. */
  pruned(): void {
    this.merged.fill(null);
  }

  reset(): void {
    this.merged.fill(null);
    this.first = this.last = -Infinity;
  }

  extent(): number {
    return this.merged.reduce((sum, total) => sum + (total?.extent() ?? 0), 0);
  }

  /** What cannot be taken out is merged anew at the next read. */
  private leave({ totals }: Tile): void {
    const { merged } = this;
    for (let slot = 0; slot < merged.length; slot++) {
      const total = merged[slot];
      if (total?.unmerge) total.unmerge(totals[slot]!);
      else merged[slot] = null;
    }
  }

  private total(slot: number): TileAccumulator {
    const known = this.merged[slot];
    if (known) return known;
    const total = this.source.plan.slots[slot]!.tile();
    const { tiles } = this.source;
    for (let at = this.source.firstFrom(this.first); at < tiles.length && tiles[at]!.index <= this.last; at++)
      total.merge(tiles[at]!.totals[slot]!);
    return (this.merged[slot] = total);
  }
}
