import { qualify } from '#contracts';
import { Defect, type Position } from '#kernel';
import type { EventLog, PartitionEnds } from '../port';
import type { Section } from './fold';
import { restoreState } from './restore';
import type { RunnerOptions } from './options';
import {
  type SeenPositions,
  checkNotRewritten,
  readRecordedDecisions,
  readTail,
  type RecordedDecision,
  type Tail,
} from './tail';

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
  /** The sections that the state holds, by definition. */
  readonly sections: ReadonlyMap<string, Section>;
  /** A control position whose sections they are. */
  readonly control: number;
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
  const sourceTopic = options.sourceTopic ?? qualify(namespace, options.source);
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
    if (tail.source.offset >= resume)
      recorded.push(...(await readRecordedDecisions(log, topic, ends, resume)));
  }
  recorded.sort((a, b) => a.source - b.source);

  const note = parseNote(committed?.metadata ?? '');
  const back = await restoreState(options, {
    partition,
    source,
    resume,
    primary,
    lastSource,
    poisoned,
    recorded,
  });
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

export interface OutputTail {
  readonly ends: PartitionEnds;
  readonly tail: Tail | undefined;
}

const readTails = async <State, Control>(
  options: RunnerOptions<State, Control>,
  partition: number,
): Promise<Map<string, OutputTail>> => {
  const tails = new Map<string, OutputTail>();
  for (const name of [
    ...(options.primary === undefined ? [] : [options.primary]),
    ...(options.alignedSecondaries ?? []),
  ]) {
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
