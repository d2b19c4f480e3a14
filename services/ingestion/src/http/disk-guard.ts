import { PlatformError, messageOf, type Clock } from '#kernel';

export interface DiskGuardOptions {
  /** A folder on the broker's disk; without one nothing is watched. */
  readonly path: string | undefined;
  readonly minFreeBytes: number;
  readonly freeBytes: (path: string) => Promise<number>;
  readonly clock: Clock;
}

const LOOK_EVERY_MS = 1_000;

/** Refuses writes before the broker's disk is full: a broker that ran out of space does not start again by itself. */
export class DiskGuard {
  private lookedAt = -Infinity;
  private looking: Promise<void> | undefined;
  private fault: string | undefined;

  constructor(private readonly options: DiskGuardOptions) {}

  /** Rejects with PLAYHEAD_DISK_FULL while less than the minimum is free, or while that cannot be told. */
  async admit(): Promise<void> {
    const { path, clock } = this.options;
    if (path === undefined) return;
    if (clock.now() - this.lookedAt >= LOOK_EVERY_MS)
      await (this.looking ??= this.look(path).finally(() => (this.looking = undefined)));
    if (this.fault !== undefined) throw new PlatformError('PLAYHEAD_DISK_FULL', 'retry', this.fault);
  }

  private async look(path: string): Promise<void> {
    const { freeBytes, minFreeBytes, clock } = this.options;
    try {
      const free = await freeBytes(path);
      this.fault =
        free < minFreeBytes
          ? `${free} bytes are free at ${path}, less than ${minFreeBytes}; free some, or wait until sealed segments are cut`
          : undefined;
    } catch (error) {
      this.fault = `the free space at ${path} cannot be told: ${messageOf(error)}`;
    }
    this.lookedAt = clock.now();
  }
}
