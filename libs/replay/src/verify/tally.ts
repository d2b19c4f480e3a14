/** What is said about one record. */
export type Verdict =
  | 'bit_exact'
  | 'within_tolerance'
  /** Other values, or a flipped decision, or a header that says something else. */
  | 'diverged'
  /** Differs, and its definition was made by another version of the feature engine. */
  | 'engine'
  /** The source stands there and was not set aside, but nothing was recorded for it. */
  | 'missing'
  /** Recorded, but the fold gives no such output. */
  | 'extra'
  /** The source record is not the one that the output was made from: it is named and never used. */
  | 'source_changed'
  /** What it was made with (its model) is gone or damaged. */
  | 'unverified';

export const GOOD: ReadonlySet<Verdict> = new Set(['bit_exact', 'within_tolerance', 'engine']);

export interface Difference {
  readonly hop: string;
  readonly verdict: Verdict;
  /** Of the output, below the namespace. */
  readonly topic: string;
  readonly partition: number;
  /** Of the recorded output; null where there is none. */
  readonly offset: number | null;
  /** The source position: what the output is about. */
  readonly source: string;
  readonly event: string | null;
  readonly entity: Readonly<Record<string, string>> | null;
  readonly field: string | null;
  readonly recorded: unknown;
  readonly replayed: unknown;
  readonly reason: string;
}

/** A stretch of source offsets with one verdict; both ends in it. */
export type VerdictRun = readonly [first: number, last: number, verdict: Verdict];

export interface TallyJson {
  readonly counts: Readonly<Record<string, number>>;
  readonly runs: readonly VerdictRun[];
  readonly differences: readonly Difference[];
  readonly damaged: readonly string[];
}

/** Shown one by one; all of them are counted and stand in the runs. */
const SHOWN = 20;

/** What became of the records of one partition, in their order. */
export class Tally {
  readonly counts: Record<string, number> = {};
  readonly differences: Difference[] = [];
  /** What was found broken, in words that name it; once each. */
  readonly damaged = new Set<string>();
  private readonly runs: [number, number, Verdict][] = [];

  judge(source: number, verdict: Verdict, difference?: () => Difference): void {
    this.counts[verdict] = (this.counts[verdict] ?? 0) + 1;
    const last = this.runs[this.runs.length - 1];
    if (last?.[2] === verdict) last[1] = source;
    else this.runs.push([source, source, verdict]);
    if (difference && this.differences.length < SHOWN) this.differences.push(difference());
  }

  /** Counts beside the verdicts: duplicates dropped, records skipped as they were then. */
  note(what: 'duplicates' | 'dropped' | 'skipped' | 'folded', count = 1): void {
    if (count > 0) this.counts[what] = (this.counts[what] ?? 0) + count;
  }

  toJSON(): TallyJson {
    const { counts, differences, damaged, runs } = this;
    return { counts, runs, differences, damaged: [...damaged] };
  }

  static from({ counts, runs, differences, damaged }: TallyJson): Tally {
    const tally = new Tally();
    Object.assign(tally.counts, counts);
    tally.runs.push(
      ...runs.map(([first, last, verdict]): [number, number, Verdict] => [first, last, verdict]),
    );
    tally.differences.push(...differences);
    for (const what of damaged) tally.damaged.add(what);
    return tally;
  }
}
