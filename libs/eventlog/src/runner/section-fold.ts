import type { LogRecord, PartitionEnds } from '../port';
import { readRange } from '../read';
import { DecisionWalk } from './decision-walk';
import type { Section } from './fold';
import type { RunnerOptions } from './options';
import { SeenPositions, admitted } from './tail';

/** Records between two pauses: a few milliseconds of folding. */
const PIECE = 250;

export interface SectionPlan {
  readonly partition: number;
  readonly source: { readonly topic: string; readonly ends: PartitionEnds };
  /** Source offsets that were dead-lettered by this worker: never folded again. */
  readonly poisoned: ReadonlySet<number>;
}

interface Standing {
  readonly section: Section;
  readonly part: unknown;
  /** It has folded all records below. */
  readonly from: number;
}

/**
 * Folds a range of the source into sections, without output: each goes on from its own snapshot, or from the start of the log. Control
 * has no part in it; records that were set aside, that is, those without a primary output in a fold that gives one for each, are
 * passed over as they were then.
 */
export class SectionFold {
  /** Offset to fold next. */
  next: number;
  /** Records folded so far. */
  folded = 0;
  last: LogRecord | undefined;

  private constructor(
    private readonly source: { readonly topic: string; readonly log: RunnerOptions<never, never>['log'] },
    private readonly options: Pick<RunnerOptions<never, never>, 'namespace' | 'primary' | 'log' | 'clock'> & {
      readonly fold: { readonly total: boolean; readonly dropSeen: boolean };
    },
    private readonly plan: SectionPlan,
    private readonly standing: readonly Standing[],
    readonly seen: SeenPositions,
    start: number,
  ) {
    this.next = start;
  }

  /** Each section with its newest usable snapshot at or below an offset. */
  static async begin<State, Control>(
    options: RunnerOptions<State, Control>,
    plan: SectionPlan,
    sections: readonly Section[],
    atOrBelow: number,
  ): Promise<SectionFold> {
    const { fold, snapshots, log } = options;
    const { partition, source } = plan;
    const zero = (await options.startAt?.(partition)) ?? source.ends.start;
    const standing: Standing[] = [];
    let earliest: { readonly offset: number; readonly seen: SeenPositions } | undefined;
    for (const section of sections) {
      const place = { fold: fold.name, definition: section.definition, topic: options.source, partition };
      const found = await snapshots?.newest(place, atOrBelow, (bytes) => section.decode(bytes, partition));
      const { offset, state, seen } = found ?? {
        offset: zero,
        state: section.initial(partition),
        seen: new SeenPositions(),
      };
      standing.push({ section, part: state, from: offset });
      if (!earliest || offset < earliest.offset) earliest = { offset, seen };
    }
    const { seen, offset } = earliest ?? { seen: new SeenPositions(), offset: zero };
    return new SectionFold({ topic: source.topic, log }, options, plan, standing, seen, offset);
  }

  parts(): (readonly [definition: string, part: unknown])[] {
    return this.standing.map(({ section, part }) => [section.definition, part]);
  }

  /**
   * Folds on to an offset; every record below it has its primary output, or none for ever. What is away is thrown between two pieces: then
   * it can be called again and goes on.
   */
  async advance(to: number, primary: PartitionEnds | undefined, pause = yieldLoop): Promise<void> {
    if (this.next >= to) return;
    const { total } = this.options.fold;
    const decisions = total ? await DecisionWalk.begin(this.options, primary, this.next) : undefined;
    try {
      const { topic, log } = this.source;
      for await (const chunk of readRange(log, topic, this.plan.partition, this.next, to)) {
        const records = chunk.kind === 'records' ? chunk.records : [];
        if (records.length > 0) await decisions?.cover(records[records.length - 1]!.offset);
        for (let from = 0; from < records.length; from += PIECE) {
          const piece = records.slice(from, from + PIECE);
          this.fold(piece, decisions);
          this.next = piece[piece.length - 1]!.offset + 1;
          await pause();
        }
        this.next = Math.min(to, chunk.nextOffset);
      }
    } finally {
      await decisions?.close();
    }
  }

  private fold(records: readonly LogRecord[], decisions: DecisionWalk | undefined): void {
    const { dropSeen } = this.options.fold;
    const { poisoned } = this.plan;
    const wanted = records.filter((record) => {
      const decided = decisions?.at(record.offset);
      if (dropSeen && !admitted(this.seen, record)) return false;
      return !poisoned.has(record.offset) && (!decisions || decided !== undefined);
    });
    this.last = records[records.length - 1];
    this.folded += wanted.length;
    for (const { section, part, from } of this.standing) {
      const above =
        wanted[0] && wanted[0].offset < from ? wanted.filter(({ offset }) => offset >= from) : wanted;
      if (above.length > 0) section.fold(part, above);
    }
  }
}

/** Timers and sockets get their turn. */
const yieldLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
