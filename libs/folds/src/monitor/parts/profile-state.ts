import type { ReferenceProfile } from '#drift';
import { NO_WATERMARK, advanceWatermark, formatPosition, type Watermark } from '#kernel';
import type { Watch } from '../watch';
import { byWindow, lastBoundary, watchedKey, windowAt, type Watched } from '../event-window';
import { ProfilePart, type ScoredRow, type StoredProfilePart } from './profile-part';
import {
  restoreTime,
  restoreWatermark,
  storeTime,
  storeWatermark,
  type StoredWatermark,
} from './stored-watermark';

/** An event so far ahead of all before it does not close windows until a second one confirms it (law L10). */
const JUMP_MS = 7 * 86_400_000;

/** Windows that a partition has passed, with what is to be told of them. */
export interface Passed<Part> {
  readonly parts: readonly Part[];
  /** Event time, epoch ms: windows that end here or before are told, but for late rows. */
  readonly through: number;
}

/** What a row was folded into, and what that made due. */
export interface Folded {
  /** Of windows by count: the part that the row is in. */
  readonly chunk?: string;
  readonly passed?: Passed<ProfilePart>;
}

const NOTHING: Folded = {};

/**
 * The profile of one partition's predictions, window by window. When the partition's watermark passes the end of a window its part is
 * handed on; rows that come late gather in a further part, which goes with the next window that is passed. So no row is lost,
 * and none is in two parts. Of windows by count a part is handed on whenever it has its rows, whatever their times are: which window it
 * belongs to is decided where all partitions meet.
 */
export class ProfileState {
  private constructor(
    /** By window, version and threshold; and by monitor, since each asks for other columns. */
    private readonly parts: Map<string, ProfilePart>,
    private watermark: Watermark,
    private through: number,
  ) {}

  static empty(): ProfileState {
    return new ProfileState(new Map(), NO_WATERMARK, -Infinity);
  }

  /** The first row passes everything before it, so that the partition is known from then on. `partition`: of the predictions. */
  fold(row: ScoredRow, watch: Watch, reference: ReferenceProfile | undefined, partition: number): Folded {
    this.watermark = advanceWatermark(this.watermark, row.time, JUMP_MS);
    return 'ms' in watch.window
      ? this.foldByTime(row, watch, reference, watch.window.ms)
      : this.foldByCount(row, watch, reference, watch.window.chunkRows, partition);
  }

  private foldByTime(
    row: ScoredRow,
    watch: Watch,
    reference: ReferenceProfile | undefined,
    windowMs: number,
  ): Folded {
    const { version, threshold } = watch;
    const watched: Watched = { version, threshold, window: windowAt(row.time, windowMs) };
    this.part(partKey(watched, watch), watched, watch, reference).observe(row, reference);
    const through = lastBoundary(this.watermark.time, windowMs);
    if (through <= this.through) return NOTHING;
    this.through = through;
    return { passed: { parts: [...this.takeThrough(through), ...this.takeChunks()], through } };
  }

  private foldByCount(
    row: ScoredRow,
    watch: Watch,
    reference: ReferenceProfile | undefined,
    chunkRows: number,
    partition: number,
  ): Folded {
    const { version, threshold } = watch;
    const key = `chunk/${version}/${threshold}`;
    const open = this.parts.get(key);
    // Under another monitor other columns are counted.
    const before = open && open.watch.monitor?.digest !== watch.monitor?.digest ? [open] : [];
    if (before.length > 0) this.parts.delete(key);
    const chunk = formatPosition(partition, row.offset);
    const window = { start: row.time, end: row.time + 1 };
    const part = this.part(key, { version, threshold, window, chunk }, watch, reference);
    part.observe(row, reference);
    const isFull = part.predictions >= chunkRows;
    if (isFull) this.parts.delete(key);
    const folded = { chunk: part.watched.chunk! };
    if (!isFull && before.length === 0) return folded;
    const through = this.watermark.time;
    const parts = [...this.takeThrough(through), ...before, ...(isFull ? [part] : [])];
    return { ...folded, passed: { parts, through } };
  }

  private part(
    key: string,
    watched: Watched,
    watch: Watch,
    reference: ReferenceProfile | undefined,
  ): ProfilePart {
    let part = this.parts.get(key);
    if (!part) this.parts.set(key, (part = ProfilePart.begin(watched, watch, reference)));
    return part;
  }

  /** Takes out the parts of windows that end at or before a moment, the earliest window first. */
  private takeThrough(time: number): ProfilePart[] {
    const due = [...this.parts].filter(
      ([, { watched }]) => watched.chunk === undefined && watched.window.end <= time,
    );
    for (const [key] of due) this.parts.delete(key);
    return due.map(([, part]) => part).sort(byPart);
  }

  /** Those that a monitor left behind whose windows were by count. */
  private takeChunks(): ProfilePart[] {
    const due = [...this.parts].filter(([, { watched }]) => watched.chunk !== undefined);
    for (const [key] of due) this.parts.delete(key);
    return due.map(([, part]) => part);
  }

  encode(): string {
    const { watermark, through } = this;
    const stored: StoredProfileState = {
      watermark: storeWatermark(watermark),
      through: storeTime(through),
      parts: [...this.parts].map(([key, part]) => [key, part.toJSON()]),
    };
    return JSON.stringify(stored);
  }

  static decode(text: string): ProfileState {
    const { watermark, through, parts } = JSON.parse(text) as StoredProfileState;
    return new ProfileState(
      new Map(parts.map(([key, part]) => [key, ProfilePart.fromJSON(part)])),
      restoreWatermark(watermark),
      restoreTime(through),
    );
  }
}

const partKey = (watched: Watched, { monitor }: Watch): string =>
  `${watchedKey(watched)}/${monitor?.digest ?? ''}`;

const byPart = (a: ProfilePart, b: ProfilePart): number =>
  byWindow(a.watched, b.watched) || compareText(a.watch.monitor?.digest ?? '', b.watch.monitor?.digest ?? '');

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

interface StoredProfileState {
  readonly watermark: StoredWatermark;
  readonly through: number | null;
  readonly parts: readonly (readonly [string, StoredProfilePart])[];
}
