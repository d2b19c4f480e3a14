import type { ReferenceProfile } from '#drift';
import { NO_WATERMARK, advanceWatermark, type Watermark } from '#kernel';
import type { Watch } from '../watch';
import { lastBoundary, windowAt } from '../event-window';
import { ProfilePart, type ScoredRow, type StoredProfilePart } from './profile-part';
import {
  restoreTime,
  restoreWatermark,
  storeTime,
  storeWatermark,
  type StoredWatermark,
} from './stored-watermark';
import { WindowParts } from './window-parts';

/** An event so far ahead of all before it does not close windows until a second one confirms it (law L10). */
const JUMP_MS = 7 * 86_400_000;

/** Windows that a partition has passed, with what is to be told of them. */
export interface Passed<Part> {
  readonly parts: readonly Part[];
  /** Event time, epoch ms: windows that end here or before are told, but for late rows. */
  readonly through: number;
}

/**
 * The profile of one partition's predictions, window by window. When the partition's watermark passes the end of a window its part is
 * handed on; rows that come late gather in a further part, which goes with the next window that is passed. So no row is lost,
 * and none is in two parts.
 */
export class ProfileState {
  private constructor(
    private readonly parts: WindowParts<ProfilePart>,
    private watermark: Watermark,
    private through: number,
  ) {}

  static empty(): ProfileState {
    return new ProfileState(new WindowParts(), NO_WATERMARK, -Infinity);
  }

  /** The first row passes everything before it, so that the partition is known from then on. */
  fold(
    row: ScoredRow,
    watch: Watch,
    reference: ReferenceProfile | undefined,
  ): Passed<ProfilePart> | undefined {
    const { version, threshold, windowMs } = watch;
    const watched = { version, threshold, window: windowAt(row.time, windowMs) };
    this.parts.of(watched, () => ProfilePart.begin(watched, watch, reference)).observe(row);
    this.watermark = advanceWatermark(this.watermark, row.time, JUMP_MS);
    const through = lastBoundary(this.watermark.time, windowMs);
    if (through <= this.through) return undefined;
    this.through = through;
    return { parts: this.parts.takeThrough(through), through };
  }

  encode(): string {
    const { watermark, through } = this;
    const stored: StoredProfileState = {
      watermark: storeWatermark(watermark),
      through: storeTime(through),
      parts: this.parts.all().map((part) => part.toJSON()),
    };
    return JSON.stringify(stored);
  }

  static decode(text: string): ProfileState {
    const { watermark, through, parts } = JSON.parse(text) as StoredProfileState;
    return new ProfileState(
      WindowParts.from(parts.map((part) => ProfilePart.fromJSON(part))),
      restoreWatermark(watermark),
      restoreTime(through),
    );
  }
}

interface StoredProfileState {
  readonly watermark: StoredWatermark;
  readonly through: number | null;
  readonly parts: readonly StoredProfilePart[];
}
