import { HEADERS, qualify } from '#contracts';
import { PlatformError, comparePositions, isTransient, messageOf } from '#kernel';
import type {
  LogReader,
  LogRecord,
  Membership,
  RecordsChunk,
  TopicPartition,
  UnreadableChunk,
} from '../port';
import { untilAvailable } from '../read';
import { Failures } from './failures';
import { RecordFailure, type Output, type Slice } from './fold';
import type { RunnerOptions } from './options';
import { PartitionTask } from './partition-task';
import { PreparedControl, isRefusal } from './prepared-control';
import { Publisher } from './publisher';
import { controlHeaderOf, perRound } from './round';
import type { RoundTrace, RoundTracer } from './round-tracer';
import { MAX_OUTPUT_BYTES, SetAside, isTooLarge, sourceOf } from './set-aside';
import { SectionKeeper } from './section-keeper';
import { Due, SNAPSHOT_EVERY, SnapshotTaker } from './snapshot-taker';
import { takeOver } from './take-over';
import { SeenPositions, admitted } from './tail';

const COMMIT_EVERY_MS = 1_000;
/** Waits for records in between what `maintain` has yet to do. */
const BUSY_WAIT_MS = 100;
/** Waits when it has nothing to do: records, a new assignment and the end of the runner wake it. */
const IDLE_WAIT_MS = 5_000;
/** Between two tries of a round that hit something away. */
const RETRY_PAUSE_MS = 250;
/** After a refusal by `prepare`, where no control position was prepared before: nothing is skipped, and the next one may be better. */
const REFUSED_PAUSE_MS = 2_000;

export interface RunnerStatus {
  readonly group: string;
  readonly source: string;
  readonly halted: string | undefined;
  readonly partitions: readonly {
    partition: number;
    next: number;
    acked: number;
    lag: number;
    /** Event time of the record that was folded last; absent where it says none, or none was folded. */
    time?: string;
    /** From the append of that record until it was folded. */
    delayMs?: number;
    /** Sections that are brought up beside the fold, and how far each is; absent where there are none. */
    warming?: readonly { definition: string; next: number }[];
  }[];
}

/**
 * Folds one topic with the partitions that the group gives it: resumes after its own outputs, drops what it has seen, publishes
 * gap-free, pauses while something is away, and sets bad records aside. One round is folded while the one before is being sent.
 */
export class FoldRunner<State, Control> {
  readonly group: string;
  private readonly sourceTopic: string;
  private readonly publisher: Publisher;
  private readonly tasks = new Map<number, PartitionTask<State, Control>>();
  private readonly taking = new Map<number, symbol>();
  private readonly failures: Failures;
  private readonly setAside: SetAside;
  private readonly tracer: RoundTracer | undefined;
  private readonly taker: SnapshotTaker;
  private readonly keeper: SectionKeeper<State, Control>;
  private unfollow: (() => void) | undefined;
  private traces: RoundTrace[] = [];
  private readonly reader: LogReader;
  private membership: Membership | undefined;
  private assignment: readonly TopicPartition[] | undefined;
  private rebalancing = true;
  private inFlight: Promise<void> = Promise.resolve();
  private readonly prepared: PreparedControl<State, Control>;
  private lastCommit = 0;
  private running: Promise<void> | undefined;
  private stopping = false;
  private haltedBy: unknown;

  constructor(private readonly options: RunnerOptions<State, Control>) {
    const { log, namespace, service, fold, source, primary, alignedSecondaries, sleep, observer } = options;
    this.group = qualify(namespace, options.group ?? `${service}.${fold.name}.${source}`);
    this.sourceTopic = options.sourceTopic ?? qualify(namespace, source);
    const aligned = [...(primary === undefined ? [] : [primary]), ...(alignedSecondaries ?? [])].map((name) =>
      qualify(namespace, name),
    );
    this.failures = new Failures(options.clock);
    this.setAside = new SetAside(options);
    this.prepared = new PreparedControl(options, (error) => this.halt(error), this.group);
    this.taker = new SnapshotTaker(options.snapshots, options);
    this.keeper = new SectionKeeper(options, this.taker, this.failures, {
      task: (partition) => this.tasks.get(partition),
      acknowledged: () => this.inFlight,
      primaryEnds: async (partition) => (await this.primaryEnds())?.[partition],
      wake: () => this.reader.wake(),
    });
    this.tracer = options.tracer?.({
      topic: this.sourceTopic,
      group: this.group,
      enters: !fold.dropSeen,
    });
    this.reader = options.gate?.reader(this.group) ?? log.reader();
    this.publisher = new Publisher({
      log,
      primary: primary === undefined ? undefined : qualify(namespace, primary),
      aligned: new Set(aligned),
      sleep,
      onRetry: (error) => observer?.retrying?.(error.message),
    });
  }

  /** Joins the group and begins to fold, once control and snapshots are read. The source and the outputs must exist. */
  async start(): Promise<void> {
    const { log, namespace, sleep, observer, control, snapshots, gate } = this.options;
    await control.start();
    await snapshots?.start();
    // What a control fact says of sections is seen to although nothing comes to be folded.
    if (this.options.fold.restore.from === 'sections')
      this.unfollow = control.onChange(() => this.reader.wake());
    this.membership = await untilAvailable(
      () =>
        log.join({
          group: this.group,
          topics: [this.sourceTopic, ...(gate?.beside ?? []).map((name) => qualify(namespace, name))],
          listener: {
            assigned: (partitions) => {
              this.assignment = partitions;
              gate?.assigned?.(this.ofSource(partitions));
              this.reader.wake();
            },
            rebalancing: () => {
              this.rebalancing = true;
              this.reader.wake();
            },
            lost: (reason) => this.halt(new PlatformError('PLAYHEAD_LOG_OWNERSHIP_LOST', 'halt', reason)),
          },
        }),
      sleep,
      (error) => observer?.retrying?.(error.message),
    );
    this.running = this.loop().catch((error: unknown) => this.halt(error));
  }

  /** Finishes what is in flight, snapshots, commits and leaves the group. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.unfollow?.();
    this.reader.wake();
    try {
      await this.running;
      await this.inFlight;
      for (const task of this.tasks.values())
        await this.keeper.stopWarmUps(task, this.haltedBy === undefined);
      if (this.haltedBy === undefined) {
        for (const task of this.tasks.values()) if (task.due.hasFolded) await this.snapshot(task);
        await this.taker.settled();
        await this.publishAnnouncements();
        await this.commit();
      }
    } finally {
      await this.membership?.leave().catch(() => undefined);
      await this.publisher.close();
      await this.reader.close();
      this.options.observer?.stopped?.();
    }
  }

  status(): RunnerStatus {
    const partitions = [...this.tasks.values()]
      .map(({ partition, next, acked, highWatermark, warmUps, last, delayMs }) => ({
        partition,
        next,
        acked,
        lag: Math.max(0, highWatermark - next),
        ...(last && { time: last.headers.text(HEADERS.time), delayMs }),
        ...(warmUps.size > 0 && {
          warming: [...warmUps].map(([definition, warmUp]) => ({ definition, next: warmUp.next })),
        }),
      }))
      .sort((a, b) => a.partition - b.partition);
    return {
      group: this.group,
      source: this.options.source,
      halted: this.haltedBy === undefined ? undefined : messageOf(this.haltedBy),
      partitions,
    };
  }

  private halt(error: unknown): void {
    if (this.haltedBy !== undefined) return;
    this.haltedBy = error;
    this.stopping = true;
    this.reader.wake();
    this.options.observer?.log?.('error', `${this.group} halted: ${messageOf(error)}`);
    this.options.observer?.halted?.(error);
  }

  private async loop(): Promise<void> {
    while (!this.stopping) {
      if (this.assignment) await this.applyAssignment();
      if (this.rebalancing) {
        await this.options.sleep(5);
        continue;
      }
      const chunks = await untilAvailable(
        () =>
          this.reader.poll(this.hasMore() ? BUSY_WAIT_MS : IDLE_WAIT_MS, this.options.maxRecords ?? 2_000),
        this.options.sleep,
        (error) => this.options.observer?.retrying?.(error.message),
      );
      if (this.rebalancing) this.rewind(chunks);
      else if (chunks.length > 0) await this.fold(chunks as (RecordsChunk | UnreadableChunk)[]);
      await this.maintain();
    }
  }

  /** Chunks that were read but not folded are read again. */
  private rewind(chunks: readonly TopicPartition[]): void {
    for (const { partition } of chunks) {
      const task = this.tasks.get(partition);
      if (task) this.reader.seek({ topic: this.sourceTopic, partition }, task.next);
    }
  }

  private async applyAssignment(): Promise<void> {
    const assigned = new Set(this.ofSource(this.assignment!));
    this.assignment = undefined;
    this.rebalancing = false;
    await this.inFlight;
    for (const partition of [...this.tasks.keys(), ...this.taking.keys()])
      if (!assigned.has(partition)) this.giveUp(partition);
    for (const partition of assigned) {
      const task = this.tasks.get(partition);
      if (task && (await this.stillMine(task))) continue;
      this.take(partition);
    }
  }

  private ofSource(partitions: readonly TopicPartition[]): number[] {
    return partitions.filter(({ topic }) => topic === this.sourceTopic).map(({ partition }) => partition);
  }

  private giveUp(partition: number): void {
    for (const warmUp of this.tasks.get(partition)?.warmUps.values() ?? []) void warmUp.stop();
    this.tasks.delete(partition);
    this.taking.delete(partition);
    this.reader.drop({ topic: this.sourceTopic, partition });
  }

  /** State survives a rebalance when nobody else has gone on meanwhile. */
  private async stillMine(task: PartitionTask<State, Control>): Promise<boolean> {
    const { log, sleep } = this.options;
    const committed = await untilAvailable(() => log.committed(this.group, this.sourceTopic), sleep);
    if ((committed.get(task.partition)?.offset ?? 0) > task.acked) return false;
    if (this.options.primary === undefined) return true;
    const topic = qualify(this.options.namespace, this.options.primary);
    const ends = (await untilAvailable(() => log.ends(topic), sleep))[task.partition]!;
    return ends.end === task.primaryEnd;
  }

  /** Brings a partition's state back beside the loop; it joins in when done. */
  private take(partition: number): void {
    this.giveUp(partition);
    const token = Symbol(`take ${partition}`);
    this.taking.set(partition, token);
    void this.bringBack(partition, token).catch((error: unknown) => {
      if (this.taking.get(partition) === token) this.halt(error);
    });
  }

  private async bringBack(partition: number, token: symbol): Promise<void> {
    const { log, clock, sleep, observer } = this.options;
    const started = clock.now();
    const poisoned = this.failures.poisonedOf(partition);
    const mine = (): boolean => this.taking.get(partition) === token && !this.stopping;
    for (;;) {
      try {
        const taken = await untilAvailable(
          () => takeOver(this.options, this.group, partition, poisoned),
          sleep,
          (error) => observer?.retrying?.(error.message),
        );
        if (!mine()) return;
        const due = new Due(() => clock.now());
        const task = new PartitionTask<State, Control>(taken, this.options.maxRecords ?? 2_000, due);
        const [source, primary] = await untilAvailable(
          () => Promise.all([log.ends(this.sourceTopic), this.primaryEnds()]),
          sleep,
        );
        if (source![partition]!.end > taken.resume)
          await this.note(task, {
            attempts: taken.attempts + 1,
            ...(taken.suspect && { suspect: taken.suspect }),
          });
        if (!mine()) return;
        task.highWatermark = source![partition]!.end;
        task.carefulUntil = Math.max(task.carefulUntil, this.failures.aloneBelow(partition));
        task.primaryEnd = primary?.[partition]?.end ?? 0;
        this.tasks.set(partition, task);
        this.taking.delete(partition);
        this.reader.seek({ topic: this.sourceTopic, partition }, taken.resume);
        observer?.taken?.(partition, taken.resume, taken.restoredRecords, clock.now() - started);
        return;
      } catch (error) {
        // A record below the resume point that fails was set aside before: deterministic code fails on it again.
        if (error instanceof RecordFailure && !poisoned.has(error.offset)) poisoned.add(error.offset);
        else throw error;
      }
    }
  }

  private primaryEnds(): ReturnType<RunnerOptions<State, Control>['log']['ends']> | undefined {
    return this.options.primary === undefined
      ? undefined
      : this.options.log.ends(qualify(this.options.namespace, this.options.primary));
  }

  private async fold(chunks: readonly (RecordsChunk | UnreadableChunk)[]): Promise<void> {
    const outputs: Output[] = [];
    const touched: PartitionTask<State, Control>[] = [];
    const together = new Map<number, Slice<State>[]>();
    let failed: RecordFailure | PlatformError | undefined;
    const started = performance.now();
    let folded = 0;
    const latest = await this.prepared.newest();
    try {
      for (const chunk of chunks) {
        const task = this.tasks.get(chunk.partition);
        if (!task || chunk.topic !== this.sourceTopic) continue;
        touched.push(task);
        task.highWatermark = chunk.highWatermark;
        if (chunk.kind === 'unreadable') {
          outputs.push(this.setAside.batch(chunk, controlHeaderOf(this.options.control.position)));
          this.options.fold.unreadable?.(chunk);
        } else {
          const records = this.admit(task, chunk.records, outputs);
          const control = this.keeper.controlOf(task, latest);
          folded += records.length;
          if (task.next < task.carefulUntil) await this.foldAlone(task, records, control);
          else if (task.repeats) {
            for (const stretch of task.stretches(records, control))
              await this.process(
                [{ partition: task.partition, state: task.state, records: stretch.records }],
                stretch.control,
                outputs,
              );
          } else if (records.length > 0) {
            const slices = together.get(control);
            const slice = { partition: task.partition, state: task.state, records };
            if (slices) slices.push(slice);
            else together.set(control, [slice]);
          }
          task.due.add(chunk.records.length);
          const last = chunk.records[chunk.records.length - 1];
          if (last) {
            task.last = last;
            task.delayMs = Math.max(0, this.options.clock.now() - last.timestamp);
          }
        }
        task.next = chunk.nextOffset;
      }
      for (const [control, slices] of together) await this.process(slices, control, outputs);
    } catch (error) {
      if (!(error instanceof RecordFailure) && !isTransient(error)) throw error;
      failed = error;
    }
    await this.inFlight;
    if (failed) return this.setBack(failed, touched);
    this.options.observer?.folded?.(folded, outputs.length, performance.now() - started);
    this.inFlight = this.publish(
      outputs,
      touched.map((task) => ({ task, upTo: task.next })),
    ).catch((error: unknown) => this.halt(error));
  }

  /** Law L3 and records that were set aside: what is left is folded. */
  private admit(
    task: PartitionTask<State, Control>,
    records: readonly LogRecord[],
    outputs: Output[],
  ): readonly LogRecord[] {
    const poisoned = this.failures.poisonedOf(task.partition);
    if (!this.options.fold.dropSeen && poisoned.size === 0) return records;
    let dropped = 0;
    const admittedRecords = records.filter((record) => {
      if (this.options.fold.dropSeen && !admitted(task.taken.seen, record)) {
        dropped++;
        return false;
      }
      if (!poisoned.has(record.offset)) return true;
      const failed = this.failures.of(record.partition, record.offset);
      const controlHeader = controlHeaderOf(this.options.control.position);
      const reason = failed?.reason ?? 'failed twice';
      outputs.push(...this.setAside.record(record, { code: 'DEFECT', reason, controlHeader, failed }));
      return false;
    });
    if (dropped > 0) this.options.observer?.dropped?.(dropped);
    return admittedRecords;
  }

  private async process(
    slices: readonly Slice<State>[],
    controlPosition: number,
    outputs: Output[],
  ): Promise<void> {
    const { control, fold } = this.options;
    await control.reach(controlPosition);
    const value = control.at(controlPosition);
    await this.prepared.ensure(controlPosition);
    const present = (output: Output): boolean => {
      const tail = this.tasks.get(output.partition)?.taken.present.get(output.topic);
      return tail !== undefined && comparePositions({ offset: output.source, k: output.k }, tail) <= 0;
    };
    const repeats = slices.some(
      ({ partition, records }) => records[0]!.offset <= (this.tasks.get(partition)?.presentUpTo ?? -1),
    );
    const emit = (output: Output): void => {
      if (repeats && present(output)) return;
      const record = isTooLarge(output) ? sourceOf(output, slices) : undefined;
      if (record)
        giveUp(
          record,
          'OUTPUT_TOO_LARGE',
          `its output for ${output.topic} is over ${MAX_OUTPUT_BYTES} bytes`,
        );
      else outputs.push(output);
    };
    const givenUp = new Set<LogRecord>();
    const giveUp = (record: LogRecord, code: string, reason: string): void => {
      givenUp.add(record);
      outputs.push(
        ...this.setAside.record(record, { code, reason, controlHeader: controlHeaderOf(controlPosition) }),
      );
    };
    const round = perRound(slices, value, controlPosition, emit, giveUp);
    const from = outputs.length;
    const began = this.tracer ? performance.now() : 0;
    try {
      await fold.process(round);
    } catch (error) {
      if (
        error instanceof RecordFailure ||
        isTransient(error) ||
        (error instanceof PlatformError && error.disposition === 'halt' && error.code !== 'PLAYHEAD_DEFECT')
      )
        throw error;
      const first = slices[0]!.records[0]!;
      throw new RecordFailure(
        first.partition,
        first.offset,
        error,
        slices.length === 1 && slices[0]!.records.length === 1,
      );
    }
    this.keeper.foldBeside(slices, value, givenUp);
    if (this.tracer) {
      const trace = this.tracer.folded(slices, outputs, from, began);
      if (trace) this.traces.push(trace);
    }
  }

  /** Law L9, records that crash the process: each is noted in the commit before it is tried alone. */
  private async foldAlone(
    task: PartitionTask<State, Control>,
    records: readonly LogRecord[],
    latest: number,
  ): Promise<void> {
    await this.inFlight;
    for (const record of records) {
      const outputs: Output[] = [];
      const suspect = task.taken.suspect;
      const tries = suspect?.offset === record.offset ? suspect.tries : 0;
      if (tries >= 2)
        outputs.push(
          ...this.setAside.record(record, {
            code: 'PROCESS_CRASHED',
            reason: `the process died ${tries} times on this record`,
            controlHeader: controlHeaderOf(latest),
          }),
        );
      else {
        task.acked = record.offset;
        await this.note(task, {
          attempts: task.taken.attempts,
          suspect: { offset: record.offset, tries: tries + 1 },
        });
        for (const stretch of task.stretches([record], latest))
          await this.process(
            [{ partition: task.partition, state: task.state, records: stretch.records }],
            stretch.control,
            outputs,
          );
      }
      await this.publish(outputs, [{ task, upTo: record.offset + 1 }]);
    }
  }

  private note(
    task: PartitionTask<State, Control>,
    note: { attempts: number; suspect?: { offset: number; tries: number } },
  ): Promise<void> {
    const offsets = [
      {
        topic: this.sourceTopic,
        partition: task.partition,
        offset: task.acked,
        metadata: JSON.stringify(note),
      },
    ];
    return this.membership!.commit(offsets).catch((error: unknown) =>
      this.options.observer?.log?.('warn', `could not note attempts: ${messageOf(error)}`),
    );
  }

  /** After a failure the partitions of the round are taken anew; a record that failed twice is set aside, something away is waited for. */
  private async setBack(
    failure: RecordFailure | PlatformError,
    touched: readonly PartitionTask<State, Control>[],
  ): Promise<void> {
    this.traces = [];
    if (failure instanceof PlatformError) {
      this.options.observer?.retrying?.(failure.message);
      await this.options.sleep(isRefusal(failure.cause) ? REFUSED_PAUSE_MS : RETRY_PAUSE_MS);
    } else if (failure.certain) this.blame(failure);
    else for (const task of touched) this.failures.tryAlone(task.partition, task.next);
    for (const task of touched) this.take(task.partition);
  }

  private blame(failure: RecordFailure): void {
    const { tries } = this.failures.blame(failure);
    this.options.observer?.log?.('error', `${this.group}: ${failure.message} (time ${tries})`);
  }

  private async publish(
    outputs: readonly Output[],
    progress: readonly { task: PartitionTask<State, Control>; upTo: number }[],
  ): Promise<void> {
    const { traces } = this;
    const announcements = this.taker.drain();
    this.traces = [];
    const appended = await this.publisher.publish(outputs, announcements);
    for (const { topic, partition, offset } of appended) {
      const task = this.tasks.get(partition);
      if (task && topic !== this.sourceTopic) task.primaryEnd = Math.max(task.primaryEnd, offset + 1);
    }
    for (const { task, upTo } of progress) task.acked = upTo;
    for (const trace of traces) trace.acknowledged();
  }

  private async publishAnnouncements(): Promise<void> {
    await this.inFlight;
    if (this.taker.hasMore) await this.publish([], []);
  }

  /** Whether `maintain` has something to commit or to announce once its second is over. */
  private hasMore(): boolean {
    if (this.taker.hasMore) return true;
    for (const { next, committed } of this.tasks.values()) if (next !== committed) return true;
    return false;
  }

  private async maintain(): Promise<void> {
    const { clock, snapshotEvery } = this.options;
    for (const task of this.tasks.values()) {
      await this.keeper.align(task);
      if (task.due.is(snapshotEvery ?? SNAPSHOT_EVERY)) await this.snapshot(task);
    }
    if (clock.now() - this.lastCommit < COMMIT_EVERY_MS) return;
    this.lastCommit = clock.now();
    await this.publishAnnouncements();
    await this.commit();
  }

  private async commit(): Promise<void> {
    const changed = [...this.tasks.values()].filter(({ acked, committed }) => acked !== committed);
    if (changed.length === 0) return;
    const { gate } = this.options;
    const offsets = changed.map(({ partition, acked }) => ({
      topic: this.sourceTopic,
      partition,
      offset: acked,
    }));
    const beside = changed.flatMap(({ partition, acked }) => gate?.resumeBeside?.(partition, acked) ?? []);
    try {
      await this.membership!.commit([...offsets, ...beside]);
      for (const [index, task] of changed.entries()) task.committed = offsets[index]!.offset;
    } catch (error) {
      // The committed offset may lag, it never lies (law L2): outputs say where to go on.
      this.options.observer?.log?.('warn', `commit failed, tried again later: ${messageOf(error)}`);
    }
  }

  private async snapshot(task: PartitionTask<State, Control>): Promise<void> {
    const { fold, control, source, primary, observer } = this.options;
    const { restore } = fold;
    if (!this.taker.takes || restore.from === 'none') return;
    await this.inFlight;
    const { partition, state, last } = task;
    task.due.taken();
    try {
      if (restore.from === 'sections') {
        const parts = restore.parts(state);
        for (const [definition, section] of task.sections) {
          const bytes = await section.encode(parts.get(definition));
          this.taker.take(
            { fold: fold.name, definition, topic: source, partition },
            { offset: task.next, state: bytes, seen: task.taken.seen, last },
          );
        }
      } else if (restore.snapshot) {
        const ofPrimary = restore.from === 'primary';
        const place = {
          fold: fold.name,
          definition: fold.definition?.(control.state) ?? '',
          topic: ofPrimary ? primary! : source,
          partition,
        };
        const upTo: [string, number, number] = [
          `${source}:${partition}`,
          task.acked - 1,
          Number.MAX_SAFE_INTEGER,
        ];
        this.taker.take(place, {
          offset: ofPrimary ? task.primaryEnd : task.next,
          state: restore.snapshot.encode(state),
          seen: ofPrimary ? SeenPositions.from([upTo]) : task.taken.seen,
          ...(!ofPrimary && { last }),
        });
      }
    } catch (error) {
      observer?.log?.('warn', `no snapshot of ${source}:${partition}: ${messageOf(error)}`);
    }
  }
}
