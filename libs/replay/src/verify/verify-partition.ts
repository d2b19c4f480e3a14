import { qualify } from '#contracts';
import {
  admitted,
  checksumOf,
  perRound,
  readRange,
  type Chunk,
  type EventLog,
  type LogRecord,
  type Output,
  type PartitionEnds,
} from '#eventlog';
import { formatPosition } from '#kernel';
import type { DeadLettered } from '../walk/dead-lettered';
import { HoleGuard, holeIn } from '../walk/holes';
import { DecidedOutputs, RecordedOutputs, ScatteredOutputs, type OutputWalk } from '../walk/recorded-outputs';
import { ReplayedState, type StoredState } from '../walk/replayed-state';
import { compareOutput, sourceChecksumOf, type Parting } from './compare';
import { describeRecord } from './describe-record';
import type { Hop } from './hop';
import { Tally, type TallyJson, type Verdict } from './tally';

/** One partition of one hop, and the range of its source: [from, to). */
export interface PartitionPlan {
  readonly hop: string;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** Where the fold began at all: the start of the source, or of a deployment. */
  readonly zero: number;
  /** Of the output's partitions that can hold what this one gives, taken when the replay began: what is appended later is not looked at. */
  readonly outputs: readonly PartitionEnds[];
  /** Of the topic that names the control positions, where it is another than the output. */
  readonly decisions?: PartitionEnds;
}

/** All that is needed to go on. */
export interface PartitionProgress extends StoredState {
  readonly tally: TallyJson;
}

export interface VerifyPorts {
  readonly log: EventLog;
  readonly namespace: string;
  readonly dead: DeadLettered;
}

export interface VerifyOptions {
  /** Relative to the larger number, or to one. */
  readonly tolerance: number;
  /** A snapshot may stand for what lies below the range; false folds it from zero. */
  readonly snapshots: boolean;
  /** Records of one round, at most; a batch of the source by default. */
  readonly roundRecords?: number;
  readonly resume?: PartitionProgress;
  /** Told after each round, with a way to take a checkpoint; false ends the walk there. Waiting here slows the replay down. */
  readonly onRound?: (
    records: number,
    checkpoint: () => Promise<PartitionProgress>,
  ) => boolean | Promise<boolean>;
}

export interface PartitionOutcome {
  readonly tally: TallyJson;
  /** False where `onRound` ended it. */
  readonly finished: boolean;
}

/** A source record that is folded, and what was recorded for it. */
interface Pair {
  readonly record: LogRecord;
  readonly recorded: LogRecord | undefined;
}

/**
 * Runs a fold again over a range of one partition, without a group, a commit or an append: each record under its recorded control
 * position, what was given up then skipped, and each output compared with its record. Refuses holes by name.
 */
export const verifyPartition = async <State, Control>(
  hop: Hop<State, Control>,
  plan: PartitionPlan,
  ports: VerifyPorts,
  options: VerifyOptions,
): Promise<PartitionOutcome> => {
  const { log, namespace, dead } = ports;
  const { partition, from, to, zero } = plan;
  const topic = qualify(namespace, hop.source);
  const tally = options.resume ? Tally.from(options.resume.tally) : new Tally();
  const outcome = (finished: boolean): PartitionOutcome => ({ tally: tally.toJSON(), finished });
  if (from >= to) return outcome(true);

  const state = await ReplayedState.begin(hop, {
    partition,
    zero,
    at: from,
    controls: [await firstControl(hop, plan, ports), hop.control.position],
    snapshots: options.snapshots,
    ...(options.resume && { stored: options.resume }),
  });
  const { start } = (await log.ends(topic))[partition]!;
  if (start > state.from)
    throw holeIn({ topic, partition, first: state.from, last: start - 1 }, 'restore it from its segments');
  const outputs = await openOutputs(hop, plan, ports, state.from);
  const guard = new HoleGuard({ topic, partition }, state.from);
  const judge = new Judge(hop, plan, tally, state, options.tolerance);
  try {
    for await (const chunk of readRange(log, topic, partition, state.from, to)) {
      guard.pass(chunk);
      for (const { records, next } of roundsOf(chunk, Math.min(chunk.nextOffset, to), options.roundRecords)) {
        await outputs.cover(next - 1);
        if (chunk.kind === 'records') await judge.records(records, outputs, dead);
        else if (dead.has(partition, chunk.firstOffset)) tally.note('skipped', chunk.count);
        else
          tally.damaged.add(
            `${hop.source}:${partition} offsets ${chunk.firstOffset} to ${chunk.lastOffset} cannot be read: ${chunk.reason}`,
          );
        judge.notes(outputs);
        const go = await options.onRound?.(records.length, async () => ({
          ...(await state.store(next)),
          tally: tally.toJSON(),
        }));
        if (go === false) return outcome(false);
      }
    }
    guard.finish(to);
    judge.extras(outputs, to);
    judge.notes(outputs);
    return outcome(true);
  } finally {
    await outputs.close();
  }
};

/** The records of a chunk that ends before `end`, cut where a round is full; each part with the offset behind it. */
function* roundsOf(
  chunk: Chunk,
  end: number,
  most = Infinity,
): Generator<{ readonly records: readonly LogRecord[]; readonly next: number }> {
  const records = chunk.kind === 'records' ? chunk.records : [];
  let at = 0;
  for (; records.length - at > most; at += most)
    yield { records: records.slice(at, at + most), next: records[at + most]!.offset };
  yield { records: at === 0 ? records : records.slice(at), next: end };
}

/** The recorded outputs of source offsets from one on. */
const openOutputs = async <State, Control>(
  hop: Hop<State, Control>,
  { outputs, decisions, partition, zero }: PartitionPlan,
  { log, namespace }: VerifyPorts,
  from: number,
): Promise<OutputWalk> => {
  const topic = qualify(namespace, hop.output);
  if (!hop.isScattered) {
    const walk = await RecordedOutputs.begin(log, topic, outputs[0]!, from, zero);
    if (hop.decidedBy === undefined || !decisions) return walk;
    const decided = qualify(namespace, hop.decidedBy);
    return new DecidedOutputs(walk, await RecordedOutputs.begin(log, decided, decisions, from, zero));
  }
  const filter = { source: hop.source, partition };
  return new ScatteredOutputs(outputs.map((ends) => RecordedOutputs.among(log, topic, ends, from, filter)));
};

/** The control position under which the range begins. */
const firstControl = async <State, Control>(
  hop: Hop<State, Control>,
  plan: PartitionPlan,
  ports: VerifyPorts,
): Promise<number> => {
  const first = await openOutputs(hop, plan, ports, plan.from);
  try {
    await first.cover(plan.from);
    return first.control < 0 ? hop.control.position : first.control;
  } finally {
    await first.close();
  }
};

/** Folds records again and says of each output what became of it. */
class Judge<State, Control> {
  private prepared = Number.NaN;
  private brokenBy: string | undefined;

  constructor(
    private readonly hop: Hop<State, Control>,
    private readonly plan: PartitionPlan,
    private readonly tally: Tally,
    private readonly state: ReplayedState<State>,
    private readonly tolerance: number,
  ) {}

  /** One round: cut where the control position changes. */
  async records(records: readonly LogRecord[], outputs: OutputWalk, dead: DeadLettered): Promise<void> {
    const { hop, tally } = this;
    let stretch: Pair[] = [];
    let control = Number.NaN;
    for (const record of records) {
      this.extras(outputs, record.offset);
      if (hop.fold.dropSeen && !admitted(this.state.seen, record)) {
        if (record.offset >= this.plan.from) tally.note('dropped');
        continue;
      }
      const under = outputs.control;
      const recorded = outputs.takeAt(record.offset);
      // What stands for a record that was given up (`afterSetAside`) is passed over with it.
      if ((!recorded || hop.fold.afterSetAside) && dead.has(record.partition, record.offset)) {
        if (record.offset >= this.plan.from) tally.note('skipped');
        continue;
      }
      if (recorded && this.isChanged(record, recorded)) {
        // Verdicts are told in the order of the source.
        await this.fold(stretch, control);
        stretch = [];
        this.sayChanged(record, recorded);
        continue;
      }
      if (under !== control) {
        await this.fold(stretch, control);
        stretch = [];
        control = under;
      }
      stretch.push({ record, recorded });
    }
    await this.fold(stretch, control);
  }

  /** Recorded outputs below an offset whose source gives none. */
  extras(outputs: OutputWalk, below: number): void {
    for (let extra = outputs.takeBelow(below); extra; extra = outputs.takeBelow(below))
      this.say(
        'extra',
        undefined,
        extra,
        undefined,
        'the fold gives no such output: its source is not there, or was applied before',
      );
  }

  /** What stands among the outputs beside them. */
  notes(outputs: OutputWalk): void {
    const { duplicates, unreadable } = outputs.takeNotes();
    this.tally.note('duplicates', duplicates);
    for (const { first, last, reason } of unreadable)
      this.tally.damaged.add(
        `${this.hop.output}:${this.plan.partition} offsets ${first} to ${last} cannot be read: ${reason}`,
      );
  }

  /** A source record that is not the one of then is named and never folded. */
  private isChanged(record: LogRecord, recorded: LogRecord): boolean {
    const expected = sourceChecksumOf(recorded);
    return expected !== undefined && expected !== checksumOf(record.value);
  }

  private sayChanged(record: LogRecord, recorded: LogRecord): void {
    const expected = sourceChecksumOf(recorded);
    const place = `${this.hop.source}:${record.partition}-${record.offset}`;
    const reason = `${place} has checksum ${checksumOf(record.value)}, its output was made from one with ${expected}: the record was changed`;
    this.tally.damaged.add(reason);
    this.say('source_changed', record, recorded, undefined, reason);
  }

  private async fold(pairs: readonly Pair[], control: number): Promise<void> {
    const { from } = this.plan;
    const inRange = pairs.findIndex(({ record }) => record.offset >= from);
    const below = inRange < 0 ? pairs : pairs.slice(0, inRange);
    if (below.length > 0) {
      const records = below.map(({ record }) => record);
      if (this.state.bySections) this.state.foldSilently(records);
      else if (this.hop.fold.restore.from !== 'none') await this.process(records, control, true);
    }
    if (inRange < 0) return;
    const within = inRange === 0 ? pairs : pairs.slice(inRange);
    const records = within.map(({ record }) => record);
    this.tally.note('folded', records.length);
    const given = await this.process(records, control, false);
    this.state.foldBeside(records, control);
    if (typeof given === 'string') {
      for (const { record, recorded } of within) this.say('unverified', record, recorded, undefined, given);
      return;
    }
    this.compare(within, given, control);
  }

  /** The outputs of a round; why there are none where something that the fold needs is broken. */
  private async process(
    records: readonly LogRecord[],
    position: number,
    silent: boolean,
  ): Promise<readonly Output[] | string> {
    const { hop, plan, state } = this;
    await hop.control.reach(position);
    const control = hop.control.at(position);
    if (this.prepared !== position) {
      this.prepared = position;
      this.brokenBy = undefined;
      try {
        await hop.fold.prepare?.(control, position);
      } catch (error) {
        this.brokenBy = hop.broken?.(error, control);
        if (this.brokenBy === undefined) throw error;
        this.tally.damaged.add(this.brokenBy);
      }
    }
    if (this.brokenBy !== undefined) return this.brokenBy;
    await hop.beside?.(records, control);
    const outputs: Output[] = [];
    const slices = [{ partition: plan.partition, state: state.state, records }];
    await hop.fold.process(
      perRound(slices, control, position, (output) => void outputs.push(output), ignore, silent),
    );
    return outputs;
  }

  private compare(pairs: readonly Pair[], given: readonly Output[], position: number): void {
    const { hop, tally, tolerance } = this;
    const control = hop.control.at(position);
    let at = 0;
    for (const { record, recorded } of pairs) {
      const output = given[at]?.source === record.offset ? given[at++] : undefined;
      if (!recorded) {
        if (output) this.say('missing', record, undefined, output, 'nothing was recorded for this source');
        continue;
      }
      if (!output) {
        this.say('extra', record, recorded, undefined, 'the fold gives this record up');
        continue;
      }
      const compared = compareOutput(output, recorded, tolerance);
      if (compared.verdict === 'bit_exact') {
        tally.judge(record.offset, 'bit_exact');
        continue;
      }
      const { parting } = compared;
      const engine = hop.engine?.(control);
      const verdict = engine ? 'engine' : compared.verdict;
      const reason = engine
        ? `engine ${engine.then} -> ${engine.now}`
        : verdict === 'within_tolerance'
          ? `within the tolerance of ${tolerance}`
          : `${this.nameOf(parting, control)} differs`;
      this.say(verdict, record, recorded, output, reason, {
        ...parting,
        field: this.nameOf(parting, control),
      });
    }
  }

  private nameOf({ field }: Parting, control: Control): string {
    return this.hop.fieldName?.(field, control) ?? field;
  }

  private say(
    verdict: Verdict,
    record: LogRecord | undefined,
    recorded: LogRecord | undefined,
    output: Output | undefined,
    reason: string,
    parting?: Parting,
  ): void {
    const { hop, plan, tally } = this;
    const source = record?.offset ?? describeRecord.sourceOf(recorded);
    if (source < plan.from) return;
    tally.judge(source, verdict, () => ({
      hop: hop.name,
      verdict,
      topic: hop.output,
      partition: plan.partition,
      offset: recorded?.offset ?? null,
      source: formatPosition(plan.partition, source),
      ...describeRecord.of(recorded?.value ?? output?.value ?? record?.value ?? null),
      field: parting?.field ?? null,
      recorded: parting?.recorded ?? null,
      replayed: parting?.replayed ?? null,
      reason,
    }));
  }
}

const ignore = (): void => undefined;
