import type { Output, Slice } from './fold';

/** What a tracer must know of the fold whose rounds it sees. */
export interface TracedFold {
  /** Full name of the topic that is folded. */
  readonly topic: string;
  readonly group: string;
  /** True where the records come from outside (an inbox): none of them says from what it was made. */
  readonly enters: boolean;
}

/** Sees the rounds of one runner and writes trace contexts into outputs. A runner without one does nothing for traces. */
export interface RoundTracer {
  /**
   * Called when a round was folded. `outputs` from index `from` on came from it; one that belongs to a sampled record is replaced by the
   * same output with other headers. What they become depends on the record and the output alone, never on the round, the worker or the
   * clock, so that a worker that resumes writes the same bytes. `beganMs` is on `performance.now()`'s scale. Never throws or waits.
   */
  folded(
    slices: readonly Slice<unknown>[],
    outputs: Output[],
    from: number,
    beganMs: number,
  ): RoundTrace | undefined;
}

/** Spans of a round that last until its outputs stand on the log; dropped where they never do. */
export interface RoundTrace {
  acknowledged(): void;
}
