/** What a service writes to have a topic folded; the runner in `runner.ts` does the rest (laws L1 to L5, L8, L9). */
import type { HeaderEntry, LogRecord, NewRecord, UnreadableChunk } from '../port';

/** A fact to append because of one source record. */
export interface Output extends NewRecord {
  /** Offset of the source record in the partition that is folded. */
  readonly source: number;
  /** That partition, where it is not the output's own: of a moved record, of an output to a topic with other partitions. */
  readonly sourcePartition?: number;
  /** Tells several outputs of one source record on one topic apart; 0 where there is one. */
  readonly k: number;
}

/** The records of one partition in a round, with that partition's state. */
export interface Slice<State> {
  readonly partition: number;
  readonly state: State;
  readonly records: readonly LogRecord[];
}

/** What came since the last round, over all partitions, decided under one control position. */
export interface Round<State, Control> {
  readonly slices: readonly Slice<State>[];
  readonly control: Control;
  /** Offset of the last control fact applied; -1 where there is none. */
  readonly controlPosition: number;
  /** The shared `ph_control` header of this round. */
  readonly controlHeader: HeaderEntry;
  /** State is being brought back: records that were decided before are folded again, and what is emitted goes nowhere. */
  readonly silent: boolean;
  emit(output: Output): void;
  /** Gives up one record: raw bytes, reason and origin go to dead letters; its state must not have been touched. */
  deadLetter(record: LogRecord, code: string, reason: string): void;
}

/** Why a record is given up. */
export interface WhyGivenUp {
  readonly code: string;
  readonly reason: string;
  /** `ph_control`: the position under which it was. */
  readonly controlHeader: HeaderEntry;
}

/** The state of a partition in one piece. */
export interface SnapshotCodec<State> {
  encode(state: State): Uint8Array;
  decode(bytes: Uint8Array, partition: number): State;
}

/**
 * One definition's part of a partition's state. At offset n it is the fold of all records below n, whenever the definition came and
 * whatever held beside it: so it is stored, found and brought up on its own.
 */
export interface Section<Part = unknown> {
  /** Digest of all that the part depends on, the engine included. */
  readonly definition: string;
  /** The fold of no record. */
  initial(partition: number): Part;
  /** Folds records of one partition in order, without output; one that breaks its contract is passed over. */
  fold(part: Part, records: readonly LogRecord[]): void;
  /** Awaited with the fold at rest: a large part may give the loop away in between. */
  encode(part: Part): Uint8Array | Promise<Uint8Array>;
  /** Throws for bytes that are damaged or of another definition. */
  decode(bytes: Uint8Array, partition: number): Part;
}

/** The sections of a fold under one control state. */
export interface Sections {
  /** Those that `process` folds and decides with: each is there before the first record under this control. */
  readonly carried: readonly Section[];
  /** Those that are brought up beside the fold, from zero or a snapshot, and kept at its side once they stand where it stands. */
  readonly warming: readonly Section[];
}

/**
 * How state comes back after a restart:
 * `none`   the fold keeps no state;
 * `source` the records below the resume point are folded again, silently, each under its recorded control position;
 * `sections` each section from its newest snapshot, or from zero, up to the resume point: control has no part in it;
 * `primary` the state is a fold of the partition's own primary output (`absorb`).
 */
export type Restore<State, Control> =
  | { readonly from: 'none' }
  | { readonly from: 'source'; readonly snapshot?: SnapshotCodec<State> }
  | {
      readonly from: 'sections';
      of(control: Control): Sections;
      /** Where the parts stand in a state, by definition; the runner puts them there and takes them away. */
      parts(state: State): Map<string, unknown>;
    }
  | {
      readonly from: 'primary';
      readonly absorb: (state: State, output: LogRecord, control: Control) => void;
      readonly snapshot?: SnapshotCodec<State>;
    };

export interface Fold<State, Control> {
  /** Names the fold in metrics, groups and snapshots. */
  readonly name: string;
  initial(partition: number, control: Control): State;
  /**
   * Folds the records of a round in order and emits their outputs in that order. Errors: a ContractViolation thrown by `perRecord`
   * steps dead-letters the record; anything else restores the state, tries the record alone, and dead-letters it after the second time.
   */
  process(round: Round<State, Control>): void | Promise<void>;
  /**
   * Awaited before the first round under a control position (load a model, make topics). May throw TransientFailure, then it is tried again. May refuse
   * the position (Refused) or take long: then what comes is decided under the one before until it is through; where there is none before, the
   * partitions pause and try again, under the newest position there is then.
   */
  prepare?(control: Control, controlPosition: number): Promise<void>;
  readonly restore: Restore<State, Control>;
  /** Digest of all that the state depends on; a snapshot under another one is not used. */
  definition?(control: Control): string;
  /** True where every record gives one primary output or a dead letter: then a record without output is skipped when state is restored. */
  readonly total: boolean;
  /** Drop records whose own source position was applied before (law L3). False for an inbox, whose records carry no positions. */
  readonly dropSeen: boolean;
  /** What is appended beside the dead letter of a record that was given up, for whatever reason. */
  afterSetAside?(record: LogRecord, why: WhyGivenUp): readonly Output[];
  /** What follows an unreadable batch beside its dead letter; nothing by default. */
  unreadable?(chunk: UnreadableChunk): void;
}

/**
 * Thrown when a record failed with something other than a ContractViolation. `certain` is false where a whole batch failed and the
 * record is only its first: then the records are tried one by one.
 */
export class RecordFailure extends Error {
  constructor(
    readonly partition: number,
    readonly offset: number,
    cause: unknown,
    readonly certain = true,
  ) {
    super(
      `record ${partition}-${offset} could not be handled: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
    this.name = 'RecordFailure';
  }
}
