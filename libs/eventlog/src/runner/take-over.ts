import { HEADERS, controlPositionOf, qualify, sourcePositionOf } from '#contracts';
import { Defect, comparePositions, type Position } from '#kernel';
import type { EventLog, LogRecord, PartitionEnds } from '../port';
import { readRange, readRecords } from '../read';
import { perRound } from './round';
import type { Fold } from './fold';
import type { RunnerOptions } from './options';
import { SeenPositions, checkNotRewritten, readRecordedDecisions, readTail, seekBySource, type RecordedDecision, type Tail } from './tail';

/** A partition whose state is back and that can go on. */
export interface TakenPartition<State> {
  readonly partition: number;
  state: State;
  seen: SeenPositions;
  /** Offset of the source to fold next. */
  readonly resume: number;
  /** Control positions of source records at or above `resume` that were already decided, in offset order. */
  readonly recorded: readonly RecordedDecision[];
  /** Outputs at or below these source positions stand on their topics already. */
  readonly present: ReadonlyMap<string, Position>;
  readonly restoredRecords: number;
  /** Takes in a row at this resume point without getting past it; counts process crashes (law L9). */
  readonly attempts: number;
  /** A record that was being tried alone when the process died. */
  readonly suspect: { readonly offset: number; readonly tries: number } | undefined;
}

/** Durable notes in the metadata of the committed offset (law L9: attempts are noted before a suspect is tried). */
export interface CommitNote {
  readonly attempts: number;
  readonly suspect?: { readonly offset: number; readonly tries: number };
}

export const parseNote = (metadata: string): CommitNote => {
  try {
    const note = JSON.parse(metadata) as Partial<CommitNote>;
    return { attempts: note.attempts ?? 0, suspect: note.suspect };
  } catch {
    return { attempts: 0 };
  }
};

/** Finds out where a partition goes on and brings its state back (laws L2 to L4). Reads only; nothing is appended or committed. */
export const takeOver = async <State, Control>(
  options: RunnerOptions<State, Control>,
  group: string,
  partition: number,
  poisoned: ReadonlySet<number>,
): Promise<TakenPartition<State>> => {
  const { log, namespace } = options;
  const sourceTopic = qualify(namespace, options.source);
  const source = { topic: sourceTopic, ends: await endsOf(log, sourceTopic, partition) };
  const committed = (await log.committed(group, sourceTopic)).get(partition);
  const tails = await readTails(options, partition);
  const primary = options.primary === undefined ? undefined : tails.get(qualify(namespace, options.primary));

  const known = Math.max(primary?.tail ? primary.tail.source.offset + 1 : -1, committed?.offset ?? -1);
  const resume = known >= 0 ? known : ((await options.startAt?.(partition)) ?? source.ends.start);
  const lastSource = await checkNotRewritten(log, source, primary?.tail, resume);

  const recorded: RecordedDecision[] = [];
  const present = new Map<string, Position>();
  for (const [topic, { ends, tail }] of tails) {
    if (!tail) continue;
    present.set(topic, tail.source);
    if (tail.source.offset >= resume) recorded.push(...(await readRecordedDecisions(log, topic, ends, resume)));
  }
  recorded.sort((a, b) => a.source - b.source);

  const note = parseNote(committed?.metadata ?? '');
  const back = await restoreState(options, { partition, source, resume, primary, lastSource, poisoned });
  const sameAsNoted = committed?.offset === resume;
  return {
    partition,
    ...back,
    resume,
    recorded,
    present,
    attempts: sameAsNoted ? note.attempts : 0,
    suspect: note.suspect !== undefined && note.suspect.offset >= resume ? note.suspect : undefined,
  };
};

interface OutputTail {
  readonly ends: PartitionEnds;
  readonly tail: Tail | undefined;
}

const readTails = async <State, Control>(options: RunnerOptions<State, Control>, partition: number): Promise<Map<string, OutputTail>> => {
  const tails = new Map<string, OutputTail>();
  for (const name of [...(options.primary === undefined ? [] : [options.primary]), ...(options.alignedSecondaries ?? [])]) {
    const topic = qualify(options.namespace, name);
    const ends = await endsOf(options.log, topic, partition);
    tails.set(topic, { ends, tail: await readTail(options.log, topic, ends) });
  }
  return tails;
};

const endsOf = async (log: EventLog, topic: string, partition: number): Promise<PartitionEnds> => {
  const ends = (await log.ends(topic))[partition];
  if (!ends) throw new Defect(`${topic} has no partition ${partition}`);
  return ends;
};

interface RestorePlan {
  readonly partition: number;
  readonly source: { readonly topic: string; readonly ends: PartitionEnds };
  readonly resume: number;
  readonly primary: OutputTail | undefined;
  readonly lastSource: LogRecord | undefined;
  /** Source offsets that were dead-lettered by this worker: never folded again. */
  readonly poisoned: ReadonlySet<number>;
}

type Back<State> = Pick<TakenPartition<State>, 'state' | 'seen' | 'restoredRecords'>;

const restoreState = async <State, Control>(options: RunnerOptions<State, Control>, plan: RestorePlan): Promise<Back<State>> => {
  switch (options.fold.restore.from) {
    case 'none':
      return { state: options.fold.initial(plan.partition, options.control.state), seen: seenBefore(options, plan), restoredRecords: 0 };
    case 'source':
      return restoreFromSource(options, plan);
    case 'primary':
      return restoreFromPrimary(options, plan);
  }
};

/** A stateless fold has applied everything up to the source record of its tail, and that record names its own source. */
const seenBefore = <State, Control>(options: RunnerOptions<State, Control>, { lastSource }: RestorePlan): SeenPositions => {
  const seen = new SeenPositions();
  if (options.fold.dropSeen && lastSource) admitted(seen, lastSource);
  return seen;
};

/** Law L3 for one record: true when it was not applied before. Records with request ids are for the fold to judge. */
export const admitted = (seen: SeenPositions, record: LogRecord): boolean => {
  const position = sourcePositionOf(record.headers);
  return !position || seen.admit(record.headers.text(HEADERS.source) ?? '', position);
};

const restoreFromSource = async <State, Control>(options: RunnerOptions<State, Control>, plan: RestorePlan): Promise<Back<State>> => {
  const { log, fold, control } = options;
  const { partition, source, resume } = plan;
  const codec = fold.restore.from === 'source' ? fold.restore.snapshot : undefined;
  const definition = fold.definition?.(control.state) ?? '';
  const snapshot = codec && (await options.snapshots?.newest({ fold: fold.name, definition, topic: options.source, partition }, resume));
  let state = snapshot && codec ? codec.decode(snapshot.state, partition) : fold.initial(partition, control.state);
  const seen = snapshot?.seen ?? new SeenPositions();
  const from = snapshot?.offset ?? source.ends.start;
  const decisions = await recordedFrom(log, options, plan, from);

  let restored = 0;
  let position = -1;
  for await (const chunk of readRange(log, source.topic, partition, from, resume)) {
    if (chunk.kind !== 'records') continue;
    let slice: LogRecord[] = [];
    const fold_ = async (): Promise<void> => {
      if (slice.length === 0) return;
      await control.reach(position);
      const value = control.at(position);
      await fold.process(perRound([{ partition, state, records: slice }], value, position, () => undefined, () => undefined));
      restored += slice.length;
      slice = [];
    };
    for (const record of chunk.records) {
      const decided = await decisions?.at(record.offset);
      const skip = plan.poisoned.has(record.offset) || (fold.total && decisions !== undefined && decided === undefined);
      if (fold.dropSeen && !admitted(seen, record)) continue;
      if (skip) continue;
      if (decided !== undefined && decided !== position) {
        await fold_();
        position = decided;
      }
      slice.push(record);
    }
    await fold_();
  }
  state = state ?? fold.initial(partition, control.state);
  return { state, seen, restoredRecords: restored };
};

/** The recorded control position of each source record, walked along the primary output beside the source. */
interface DecisionWalk {
  /** Undefined where the source record has no primary output. Offsets must be asked for in rising order. */
  at(source: number): Promise<number | undefined>;
}

const recordedFrom = async <State, Control>(
  log: EventLog,
  options: RunnerOptions<State, Control>,
  { partition, primary }: RestorePlan,
  from: number,
): Promise<DecisionWalk | undefined> => {
  if (!primary || options.primary === undefined) return undefined;
  const topic = qualify(options.namespace, options.primary);
  const first = await seekBySource(log, topic, primary.ends, from);
  const outputs = readRecords(log, topic, partition, first, primary.ends.end);
  let source = -1;
  let control = -1;
  let done = false;
  return {
    at: async (wanted) => {
      while (!done && source < wanted) {
        const next = await outputs.next();
        if (next.done) {
          done = true;
          break;
        }
        const position = sourcePositionOf(next.value.headers);
        if (!position || comparePositions(position, { offset: source, k: 0 }) < 0) continue;
        source = position.offset;
        control = controlPositionOf(next.value.headers) ?? control;
      }
      return source === wanted ? control : undefined;
    },
  };
};

const restoreFromPrimary = async <State, Control>(options: RunnerOptions<State, Control>, plan: RestorePlan): Promise<Back<State>> => {
  const { log, fold, control } = options;
  const { partition, primary } = plan;
  const restore = fold.restore as Extract<Fold<State, Control>['restore'], { from: 'primary' }>;
  if (!primary || options.primary === undefined) throw new Defect(`fold ${fold.name} restores from its primary output but has none`);
  const definition = fold.definition?.(control.state) ?? '';
  const place = { fold: fold.name, definition, topic: options.primary, partition };
  const snapshot = restore.snapshot && (await options.snapshots?.newest(place, primary.ends.end));
  const state = snapshot && restore.snapshot ? restore.snapshot.decode(snapshot.state, partition) : fold.initial(partition, control.state);
  const seen = snapshot?.seen ?? new SeenPositions();
  const outputs = SeenPositions.from([]);
  let restored = 0;
  for await (const record of readRecords(log, qualify(options.namespace, options.primary), partition, snapshot?.offset ?? primary.ends.start, primary.ends.end)) {
    if (!admitted(outputs, record)) continue;
    const position = controlPositionOf(record.headers) ?? -1;
    await control.reach(position);
    restore.absorb(state, record, control.at(position));
    restored++;
  }
  return { state, seen, restoredRecords: restored };
};
