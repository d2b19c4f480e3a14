import type { Fold, FollowedTopic, LogRecord, Snapshots } from '#eventlog';

/** One step of the road that can be run again: a fold, its source and what it recorded. Names of topics are below the namespace. */
export interface Hop<State, Control> {
  readonly name: string;
  /** Owner of the output: names the dead letters and the snapshots. */
  readonly service: string;
  readonly fold: Fold<State, Control>;
  readonly source: string;
  readonly output: string;
  /** Outputs lie in other partitions than their source, among those of others. */
  readonly isScattered?: boolean;
  /** Topic whose records, one for each source, name the control position; the output itself by default. */
  readonly decidedBy?: string;
  readonly control: FollowedTopic<Control>;
  /** Absent: state begins at zero always. */
  readonly snapshots?: Snapshots;
  /** Awaited before records are folded under a control state: what the fold looks up beside its source is read. */
  readonly beside?: (records: readonly LogRecord[], control: Control) => Promise<void>;
  /** Where the version of the feature engine that the definitions were made with is not this one. */
  readonly engine?: (control: Control) => { readonly then: string; readonly now: string } | undefined;
  /** A path in a value as it is called: the feature instead of its number. */
  readonly fieldName?: (field: string, control: Control) => string;
  /** Names what is broken where the fold cannot be prepared for that; undefined for any other error. */
  readonly broken?: (error: unknown, control: Control) => string | undefined;
}

/** A hop with what it holds open: one partition is run at a time. */
export interface OpenHop<State, Control> extends Hop<State, Control> {
  close(): Promise<void>;
}

/** Any hop: what its fold keeps is its own business. */
export type AnyHop = OpenHop<unknown, unknown>;
