import { HEADERS, controlPositionOf, qualify, sourcePositionOf } from '#contracts';
import { Defect, comparePositions, type Position } from '#kernel';
import type { Chunk, EventLog, LogRecord, PartitionEnds } from '../port';
import { readRange } from '../read';
import type { Fold } from './fold';
import type { RunnerOptions } from './options';
import { perRound } from './round';
import { SeenPositions, seekBySource, type Tail } from './tail';

export interface RestorePlan {
  readonly partition: number;
  readonly source: { readonly topic: string; readonly ends: PartitionEnds };
  readonly resume: number;
  readonly primary: { readonly ends: PartitionEnds; readonly tail: Tail | undefined } | undefined;
  /** The source record that the tail names, where it still stands. */
  readonly lastSource: LogRecord | undefined;
  /** Source offsets that were dead-lettered by this worker: never folded again. */
  readonly poisoned: ReadonlySet<number>;
}

export interface Restored<State> {
  readonly state: State;
  readonly seen: SeenPositions;
  readonly restoredRecords: number;
}

/** Brings the state of a partition back to what it was at the resume point. */
export const restoreState = <State, Control>(
  options: RunnerOptions<State, Control>,
  plan: RestorePlan,
): Promise<Restored<State>> => {
  switch (options.fold.restore.from) {
    case 'none':
      return Promise.resolve({
        state: options.fold.initial(plan.partition, options.control.state),
        seen: seenBefore(options, plan),
        restoredRecords: 0,
      });
    case 'source':
      return restoreFromSource(options, plan);
    case 'primary':
      return restoreFromPrimary(options, plan);
  }
};

/** Law L3 for one record: true when it was not applied before. Records with request ids are for the fold to judge. */
export const admitted = (seen: SeenPositions, record: LogRecord): boolean => {
  const position = sourcePositionOf(record.headers);
  return !position || seen.admit(record.headers.text(HEADERS.source) ?? '', position);
};

/** A stateless fold has applied everything up to the source record of its tail, and that record names its own source. */
const seenBefore = <State, Control>(
  options: RunnerOptions<State, Control>,
  { lastSource }: RestorePlan,
): SeenPositions => {
  const seen = new SeenPositions();
  if (options.fold.dropSeen && lastSource) admitted(seen, lastSource);
  return seen;
};

/** Folds the records between the newest snapshot and the resume point again, silently, each under its recorded control position. */
const restoreFromSource = async <State, Control>(
  options: RunnerOptions<State, Control>,
  plan: RestorePlan,
): Promise<Restored<State>> => {
  const { log, fold, control } = options;
  const { partition, source, resume } = plan;
  const codec = fold.restore.from === 'source' ? fold.restore.snapshot : undefined;
  const definition = fold.definition?.(control.state) ?? '';
  const snapshot =
    codec &&
    (await options.snapshots?.newest(
      { fold: fold.name, definition, topic: options.source, partition },
      resume,
    ));
  const state =
    snapshot && codec ? codec.decode(snapshot.state, partition) : fold.initial(partition, control.state);
  const seen = snapshot?.seen ?? new SeenPositions();
  const from = snapshot?.offset ?? (await options.startAt?.(partition)) ?? source.ends.start;
  const decisions = await DecisionWalk.begin(log, options, plan, from);

  let restored = 0;
  let position = -1;
  const foldSilently = async (records: readonly LogRecord[]): Promise<void> => {
    if (records.length === 0) return;
    await control.reach(position);
    await fold.process(
      perRound([{ partition, state, records }], control.at(position), position, ignore, ignore, true),
    );
    restored += records.length;
  };
  for await (const chunk of readRange(log, source.topic, partition, from, resume)) {
    if (chunk.kind !== 'records' || chunk.records.length === 0) continue;
    await decisions?.cover(chunk.records[chunk.records.length - 1]!.offset);
    let stretch: LogRecord[] = [];
    for (const record of chunk.records) {
      const decided = decisions?.at(record.offset);
      if (fold.dropSeen && !admitted(seen, record)) continue;
      // No output although every record gives one: it was dead-lettered, and is skipped again.
      if (plan.poisoned.has(record.offset) || (fold.total && decisions && decided === undefined)) continue;
      if (decided !== undefined && decided !== position) {
        await foldSilently(stretch);
        stretch = [];
        position = decided;
      }
      stretch.push(record);
    }
    await foldSilently(stretch);
  }
  return { state, seen, restoredRecords: restored };
};

const ignore = (): void => undefined;

/** The recorded control position of each source record, walked along the primary output beside the source. */
class DecisionWalk {
  private readonly sources: number[] = [];
  private readonly controls: number[] = [];
  private head = 0;
  private newest: Pick<Position, 'offset' | 'k'> = { offset: -1, k: 0 };
  private done = false;

  private constructor(private readonly outputs: AsyncGenerator<Chunk>) {}

  static async begin<State, Control>(
    log: EventLog,
    options: RunnerOptions<State, Control>,
    { partition, primary }: RestorePlan,
    from: number,
  ): Promise<DecisionWalk | undefined> {
    if (!primary || options.primary === undefined) return undefined;
    const topic = qualify(options.namespace, options.primary);
    const first = await seekBySource(log, topic, primary.ends, from);
    return new DecisionWalk(readRange(log, topic, partition, first, primary.ends.end));
  }

  /** Reads on until the decision of a source offset is known, or known to be absent. */
  async cover(source: number): Promise<void> {
    while (!this.done && this.newest.offset <= source) {
      const next = await this.outputs.next();
      if (next.done) this.done = true;
      else if (next.value.kind === 'records') for (const record of next.value.records) this.remember(record);
    }
  }

  /** Undefined where the source record has no primary output. Offsets must be covered, and asked for in rising order. */
  at(source: number): number | undefined {
    while (this.head < this.sources.length && this.sources[this.head]! < source) this.head++;
    const decided = this.sources[this.head] === source ? this.controls[this.head] : undefined;
    if (this.head > 8_192) {
      this.sources.splice(0, this.head);
      this.controls.splice(0, this.head);
      this.head = 0;
    }
    return decided;
  }

  /** A zombie's duplicate falls behind what stands there already and is passed over. */
  private remember(record: LogRecord): void {
    const position = sourcePositionOf(record.headers);
    if (!position || comparePositions(position, this.newest) <= 0) return;
    this.newest = position;
    this.sources.push(position.offset);
    this.controls.push(controlPositionOf(record.headers) ?? this.controls[this.controls.length - 1] ?? -1);
  }
}

/** The state is a fold of the partition's own primary output. */
const restoreFromPrimary = async <State, Control>(
  options: RunnerOptions<State, Control>,
  plan: RestorePlan,
): Promise<Restored<State>> => {
  const { log, fold, control } = options;
  const { partition, primary } = plan;
  const restore = fold.restore as Extract<Fold<State, Control>['restore'], { from: 'primary' }>;
  if (!primary || options.primary === undefined)
    throw new Defect(`fold ${fold.name} restores from its primary output but has none`);
  const definition = fold.definition?.(control.state) ?? '';
  const place = { fold: fold.name, definition, topic: options.primary, partition };
  const snapshot = restore.snapshot && (await options.snapshots?.newest(place, primary.ends.end));
  const state =
    snapshot && restore.snapshot
      ? restore.snapshot.decode(snapshot.state, partition)
      : fold.initial(partition, control.state);
  const outputs = snapshot?.seen ?? new SeenPositions();
  let restored = 0;
  let position = Number.NaN;
  let value = control.state;
  for await (const chunk of readRange(
    log,
    qualify(options.namespace, options.primary),
    partition,
    snapshot?.offset ?? primary.ends.start,
    primary.ends.end,
  )) {
    if (chunk.kind !== 'records') continue;
    for (const record of chunk.records) {
      if (!admitted(outputs, record)) continue;
      const decided = controlPositionOf(record.headers) ?? -1;
      if (decided !== position) {
        await control.reach(decided);
        value = control.at(decided);
        position = decided;
      }
      restore.absorb(state, record, value);
      restored++;
    }
  }
  return { state, seen: new SeenPositions(), restoredRecords: restored };
};
