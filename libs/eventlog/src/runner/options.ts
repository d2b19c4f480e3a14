import type { Clock } from '#kernel';
import type { AppendedPosition, EventLog, LogReader } from '../port';
import type { Fold } from './fold';
import type { FollowedTopic } from './followed-topic';
import type { RoundTracer, TracedFold } from './round-tracer';
import type { Snapshots } from './snapshots';

/** What the runner tells the world; a service turns it into metrics. */
export interface RunnerObserver {
  /** A round was folded: records in, outputs out, milliseconds in `process`. */
  folded?(records: number, outputs: number, processMs: number): void;
  /** Records that had been applied before and were dropped (law L3). */
  dropped?(records: number): void;
  deadLettered?(code: string, records: number): void;
  /** Something is away and is tried again. */
  retrying?(reason: string): void;
  /** A partition is owned and its state is back. */
  taken?(partition: number, resume: number, restoredRecords: number, ms: number): void;
  log?(level: 'info' | 'warn' | 'error', message: string, details?: Readonly<Record<string, unknown>>): void;
  /** The runner has left its group: what it said of itself is over. */
  stopped?(): void;
  /** The runner stopped for ever: a rewritten log, a hole, a lost group. The process should say so and exit. */
  halted?(error: unknown): void;
}

/**
 * Stands between the source and a runner: hands records on when what they need is there, in the order of their partition. What it
 * waits for must come by itself; a poll never waits longer than it is told, and gives nothing where nothing may go on yet.
 */
export interface SourceGate {
  /** Reads the source, partitions and offsets as the runner says. Made once, by the runner; `group` is the runner's. */
  reader(group: string): LogReader;
  /** Topics with the partitions of the source that are assigned, and committed, with it; below the namespace. */
  readonly beside?: readonly string[];
  /** Partitions of the source that the runner is about to bring back. */
  assigned?(partitions: readonly number[]): void;
  /**
   * Where those topics would have to be read from, were the partition taken over at `acked`: committed with it, so as all commits it
   * may lag and never lies.
   */
  resumeBeside?(partition: number, acked: number): readonly AppendedPosition[];
}

export interface RunnerOptions<State, Control> {
  readonly log: EventLog;
  readonly namespace: string;
  /** Owner of the outputs; names the group, the dead letters and the snapshots. */
  readonly service: string;
  readonly fold: Fold<State, Control>;
  /** Topic that is folded, below the namespace. */
  readonly source: string;
  /** Full name of that topic where it is none of the platform's; `source` then says the same. */
  readonly sourceTopic?: string;
  /** Consumer group, below the namespace; by default of service, fold and source, which two folds of one name over one source would share. */
  readonly group?: string;
  /** Output whose tail is the checkpoint, below the namespace; none where an output changes the key or several topics are decided at once. */
  readonly primary?: string;
  /** Other outputs with the source's partition numbers and no other source, below the namespace. */
  readonly alignedSecondaries?: readonly string[];
  readonly control: FollowedTopic<Control>;
  readonly snapshots?: Snapshots;
  /**
   * A snapshot of a partition is taken after so many records (default 20,000), though not within ten seconds of the one before; after
   * five minutes for any record; and when the worker stops in peace.
   */
  readonly snapshotEvery?: number;
  /** A warming section stands where the fold stands, at this offset, and is kept there from now on. Told again after a restart. */
  readonly warmed?: (partition: number, definition: string, offset: number) => void;
  /** Where records must wait for something else than their turn; the log's own reader by default. */
  readonly gate?: SourceGate;
  /** Where a partition without any output or committed offset begins; its first offset by default. */
  readonly startAt?: (partition: number) => Promise<number | undefined>;
  readonly maxRecords?: number;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly observer?: RunnerObserver;
  /** Absent where nothing is traced. */
  readonly tracer?: (fold: TracedFold) => RoundTracer;
}
