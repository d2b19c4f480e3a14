import { messageOf } from '#kernel';
import type { NewRecord } from '../port';
import type { RunnerOptions } from './options';
import type { SnapshotPlace, Snapshots, Stored } from './snapshots';

/** Records after which a snapshot is due, unless the options say otherwise. */
export const SNAPSHOT_EVERY = 20_000;
/** Between two snapshots of a partition, however fast it is: encoding and digest take the loop's time. */
const PAUSE_MS = 10_000;
/** A partition that is slow gets one all the same. */
const AT_LATEST_MS = 300_000;

/** When a place is due again. */
export class Due {
  private since: number;
  /** The first one waits for nothing. */
  private pauseUntil = -Infinity;
  private folded = 0;

  constructor(private readonly now: () => number) {
    this.since = now();
  }

  add(records: number): void {
    this.folded += records;
  }

  is(every: number): boolean {
    const now = this.now();
    if (this.folded === 0 || now < this.pauseUntil) return false;
    return this.folded >= every || now - this.since >= AT_LATEST_MS;
  }

  get hasFolded(): boolean {
    return this.folded > 0;
  }

  taken(): void {
    this.folded = 0;
    this.since = this.now();
    this.pauseUntil = this.since + PAUSE_MS;
  }
}

/** Stores snapshots beside the fold; what announces them is ready once their bytes are durable (law L7). */
export class SnapshotTaker {
  private ready: NewRecord[] = [];
  private readonly storing = new Set<Promise<void>>();

  constructor(
    private readonly snapshots: Snapshots | undefined,
    private readonly options: Pick<RunnerOptions<never, never>, 'clock' | 'observer'>,
  ) {}

  get takes(): boolean {
    return this.snapshots !== undefined;
  }

  /** Something is ready to be announced, or will be. */
  get hasMore(): boolean {
    return this.ready.length > 0 || this.storing.size > 0;
  }

  /** The bytes are put together before it returns, so that the fold may go on; the upload waits for nobody. */
  take(place: SnapshotPlace, stored: Stored): void {
    if (!this.snapshots) return;
    const { clock, observer } = this.options;
    const storing = this.snapshots
      .store(place, stored, clock.now())
      .then((announcement) => void this.ready.push(announcement))
      .catch((error: unknown) =>
        observer?.log?.(
          'warn',
          `snapshot of ${place.topic}:${place.partition} could not be stored: ${messageOf(error)}`,
        ),
      )
      .finally(() => this.storing.delete(storing));
    this.storing.add(storing);
  }

  /** What is to be announced now. */
  drain(): readonly NewRecord[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  async settled(): Promise<void> {
    await Promise.all(this.storing);
  }
}
