import { controlPositionOf, qualify } from '#contracts';
import { Defect } from '#kernel';
import type { LogRecord, PartitionEnds } from '../port';
import { readRange } from '../read';
import { DecisionWalk } from './decision-walk';
import type { Fold, Section } from './fold';
import type { RunnerOptions } from './options';
import { perRound } from './round';
import { SectionFold, type SectionPlan } from './section-fold';
import { SeenPositions, admitted, type RecordedDecision, type Tail, readSeen } from './tail';

export interface RestorePlan extends SectionPlan {
  readonly resume: number;
  readonly primary: { readonly ends: PartitionEnds; readonly tail: Tail | undefined } | undefined;
  /** The source record that the tail names, where it still stands. */
  readonly lastSource: LogRecord | undefined;
  /** Control positions of records at or above the resume point that were decided before. */
  readonly recorded: readonly RecordedDecision[];
}

export interface Restored<State> {
  readonly state: State;
  readonly seen: SeenPositions;
  readonly restoredRecords: number;
  /** The sections that the state holds, by definition; empty for folds without. */
  readonly sections: ReadonlyMap<string, Section>;
  /** A control position whose sections they are. */
  readonly control: number;
}

const NO_SECTIONS: ReadonlyMap<string, Section> = new Map();

/** Brings the state of a partition back to what it was at the resume point. */
export const restoreState = <State, Control>(
  options: RunnerOptions<State, Control>,
  plan: RestorePlan,
): Promise<Restored<State>> => {
  switch (options.fold.restore.from) {
    case 'none':
      return seenBefore(options, plan).then((seen) => ({
        state: options.fold.initial(plan.partition, options.control.state),
        seen,
        restoredRecords: 0,
        sections: NO_SECTIONS,
        control: options.control.position,
      }));
    case 'source':
      return restoreFromSource(options, plan);
    case 'sections':
      return restoreSections(options, plan);
    case 'primary':
      return restoreFromPrimary(options, plan);
  }
};

/** A stateless fold has applied everything below its resume point, and the last of those records name their own sources. */
const seenBefore = async <State, Control>(
  { fold, log }: RunnerOptions<State, Control>,
  { lastSource, source, resume }: RestorePlan,
): Promise<SeenPositions> => {
  if (!fold.dropSeen) return new SeenPositions();
  const seen = await readSeen(log, source.topic, source.ends, resume);
  if (lastSource) admitted(seen, lastSource);
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
      (bytes) => codec.decode(bytes, partition),
    ));
  const state = snapshot ? snapshot.state : fold.initial(partition, control.state);
  const seen = snapshot?.seen ?? new SeenPositions();
  const from = snapshot?.offset ?? (await options.startAt?.(partition)) ?? source.ends.start;
  const decisions = await DecisionWalk.begin(options, plan.primary?.ends, from);

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
  return { state, seen, restoredRecords: restored, sections: NO_SECTIONS, control: control.position };
};

const ignore = (): void => undefined;

/** Every section that records from the resume point on are decided with, as it stands there. */
const restoreSections = async <State, Control>(
  options: RunnerOptions<State, Control>,
  plan: RestorePlan,
): Promise<Restored<State>> => {
  const { fold, control } = options;
  const restore = fold.restore as Extract<Fold<State, Control>['restore'], { from: 'sections' }>;
  const sections = new Map<string, Section>();
  const newest = control.position;
  const positions = new Set([newest, ...plan.recorded.map((decision) => decision.control)]);
  for (const position of positions) {
    await control.reach(position);
    for (const section of restore.of(control.at(position)).carried) sections.set(section.definition, section);
  }
  const state = fold.initial(plan.partition, control.state);
  const silent = await SectionFold.begin(options, plan, [...sections.values()], plan.resume);
  await silent.advance(plan.resume, plan.primary?.ends);
  for (const [definition, part] of silent.parts()) restore.parts(state).set(definition, part);
  return { state, seen: silent.seen, restoredRecords: silent.folded, sections, control: newest };
};

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
  const codec = restore.snapshot;
  const snapshot =
    codec &&
    (await options.snapshots?.newest(place, primary.ends.end, (bytes) => codec.decode(bytes, partition)));
  const state = snapshot ? snapshot.state : fold.initial(partition, control.state);
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
  return {
    state,
    seen: new SeenPositions(),
    restoredRecords: restored,
    sections: NO_SECTIONS,
    control: control.position,
  };
};
