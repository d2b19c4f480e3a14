import type { Chunk, TopicPartition } from '#eventlog';
import { PlatformError } from '#kernel';

/** Offsets that should be there and are not; both ends in it. */
export interface MissingOffsets extends TopicPartition {
  readonly first: number;
  readonly last: number;
}

/** A range cannot be played again where records of it are gone. */
export const holeIn = (missing: MissingOffsets, hint: string): PlatformError =>
  new PlatformError(
    'PLAYHEAD_LOG_HOLE',
    'refuse',
    `${missing.topic}:${missing.partition} has no offsets ${missing.first} to ${missing.last}; ${hint}`,
    { details: { ...missing } },
  );

/**
 * Walks along the chunks of one partition and refuses a hole, naming it. Offsets that batches take up without a record for a reader
 * (markers of transactions, and what was rolled back) are none.
 */
export class HoleGuard {
  constructor(
    private readonly at: TopicPartition,
    private next: number,
  ) {}

  /** Throws PLAYHEAD_LOG_HOLE where the chunk does not follow on what was passed before. */
  pass(chunk: Chunk): void {
    if (chunk.kind === 'unreadable') {
      this.reach(chunk.firstOffset);
      this.next = Math.max(this.next, chunk.lastOffset + 1);
      return;
    }
    const passed = chunk.passed ?? [];
    let at = 0;
    for (const { offset } of chunk.records) {
      while (this.next < offset && at < passed.length) this.take(passed[at++]!);
      this.reach(offset);
      this.next = offset + 1;
    }
    while (at < passed.length) this.take(passed[at++]!);
  }

  /** All up to the end of the range must have been passed. */
  finish(to: number): void {
    this.reach(to);
  }

  private take({ first, last }: { readonly first: number; readonly last: number }): void {
    this.reach(first);
    this.next = Math.max(this.next, last + 1);
  }

  private reach(offset: number): void {
    if (offset <= this.next) return;
    throw holeIn(
      { topic: this.at.topic, partition: this.at.partition, first: this.next, last: offset - 1 },
      'restore the topic from its segments, or choose a range behind it',
    );
  }
}
