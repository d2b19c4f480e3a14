import { messageOf, type Clock } from '#kernel';
import type { RecordFailure } from './fold';

/** How often a record failed, since when, and why the last time. */
export interface Failed {
  readonly tries: number;
  readonly first: number;
  readonly reason: string;
}

const TRIES = 2;

/** What a worker remembers of records that failed (law L9): a defect is tried twice, then the record is set aside. */
export class Failures {
  private readonly byPosition = new Map<string, Failed>();
  private readonly poisoned = new Map<number, Set<number>>();
  /** A batch failed as a whole: records below this offset of the partition are tried one by one. */
  private readonly alone = new Map<number, number>();

  constructor(private readonly clock: Clock) {}

  /** Counts a failure that is certainly this record's; from the second on it is poisoned. */
  blame({ partition, offset, cause }: RecordFailure): Failed {
    const key = `${partition}-${offset}`;
    const before = this.byPosition.get(key);
    const now = {
      tries: (before?.tries ?? 0) + 1,
      first: before?.first ?? this.clock.now(),
      reason: messageOf(cause),
    };
    this.byPosition.set(key, now);
    if (now.tries >= TRIES) this.poisonedOf(partition).add(offset);
    return now;
  }

  of(partition: number, offset: number): Failed | undefined {
    return this.byPosition.get(`${partition}-${offset}`);
  }

  /** Offsets that are set aside and never folded; grows as failures are found. */
  poisonedOf(partition: number): Set<number> {
    let set = this.poisoned.get(partition);
    if (!set) this.poisoned.set(partition, (set = new Set()));
    return set;
  }

  tryAlone(partition: number, below: number): void {
    this.alone.set(partition, below);
  }

  aloneBelow(partition: number): number {
    return this.alone.get(partition) ?? 0;
  }
}
