import type { LogRecord } from '../port';
import type { Section } from './fold';
import type { Due } from './snapshot-taker';
import type { RecordedDecision } from './tail';
import type { TakenPartition } from './take-over';
import type { WarmUp } from './warm-up';

/** A run of records of one partition that are decided under the same control position. */
export interface Stretch {
  readonly control: number;
  readonly records: LogRecord[];
}

/** A partition that this worker owns: its state, how far it was folded, and how far its outputs are acknowledged. */
export class PartitionTask<State, Control> {
  /** Offset to fold next. */
  next: number;
  /** Everything below is acknowledged on all outputs. */
  acked: number;
  committed: number;
  highWatermark = 0;
  /** The record that was folded last. */
  last: LogRecord | undefined;
  /** From the append of the record that was folded last until it was folded, in milliseconds. */
  delayMs = 0;
  /** Sections that the state holds, by definition: those that are carried, and warm ones kept beside them. */
  readonly sections: Map<string, Section>;
  /** Sections that are brought up beside it. */
  readonly warmUps = new Map<string, WarmUp<State, Control>>();
  /** The newest control position whose sections it holds; what is new is decided under it. */
  control: number;
  /** Control position that `sections` and `warmUps` were last brought in line with. */
  aligned = Number.NaN;
  /** One past the last primary output that was acknowledged or found; the offset of a snapshot that restores from the primary. */
  primaryEnd = 0;
  /** Source records above this offset have no output yet: what they give need not be looked for. */
  readonly presentUpTo: number;
  /** Records below this offset are tried alone, each noted durably before (law L9). */
  carefulUntil: number;
  private decided = 0;

  constructor(
    readonly taken: TakenPartition<State>,
    careful: number,
    readonly due: Due,
  ) {
    this.sections = new Map(taken.sections);
    this.control = taken.control;
    this.next = this.acked = this.committed = taken.resume;
    this.presentUpTo = Math.max(-1, ...[...taken.present.values()].map(({ offset }) => offset));
    this.carefulUntil = taken.attempts >= 3 || taken.suspect ? taken.resume + careful : 0;
  }

  get partition(): number {
    return this.taken.partition;
  }

  get state(): State {
    return this.taken.state;
  }

  /** True while records lie ahead that another life of this worker has decided already. */
  get repeats(): boolean {
    return this.decided < this.taken.recorded.length;
  }

  /** Cuts records where the control position changes: recorded ones first, `latest` for all that was never decided. */
  stretches(records: readonly LogRecord[], latest: number): Stretch[] {
    if (!this.repeats) return [{ control: latest, records: records as LogRecord[] }];
    const stretches: Stretch[] = [];
    for (const record of records) {
      const control = this.controlAt(record.offset, latest);
      const last = stretches[stretches.length - 1];
      if (last?.control === control) last.records.push(record);
      else stretches.push({ control, records: [record] });
    }
    return stretches;
  }

  private controlAt(offset: number, latest: number): number {
    const recorded: readonly RecordedDecision[] = this.taken.recorded;
    while (this.decided < recorded.length && recorded[this.decided]!.source < offset) this.decided++;
    if (this.decided >= recorded.length) return latest;
    // Between two recorded decisions the position of the later one held or was about to: outputs are gap-free, so a record
    // without one gave only unaligned outputs, and any position between the two is right for it; take the one recorded next.
    return recorded[this.decided]!.control;
  }
}
