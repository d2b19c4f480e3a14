import { qualify } from '#contracts';
import { isTransient, messageOf } from '#kernel';
import type { LogRecord, PartitionEnds } from '../port';
import { untilAvailable } from '../read';
import type { Failures } from './failures';
import type { Section, Sections, Slice } from './fold';
import type { RunnerOptions } from './options';
import type { PartitionTask } from './partition-task';
import { Due, SNAPSHOT_EVERY, type SnapshotTaker } from './snapshot-taker';
import type { Stored } from './snapshots';
import { CLOSE, WarmUp } from './warm-up';

/** What the keeper needs of the runner. */
export interface KeptBy<State, Control> {
  task(partition: number): PartitionTask<State, Control> | undefined;
  /** Resolves when the outputs of all rounds so far are on the log. */
  acknowledged(): Promise<void>;
  primaryEnds(partition: number): Promise<PartitionEnds | undefined>;
  wake(): void;
}

/**
 * Keeps the sections of a runner's partitions in line with the control topic: new ones are warmed up beside the fold and taken in between
 * two rounds, warm ones go along with the records, retired ones are dropped.
 */
export class SectionKeeper<State, Control> {
  constructor(
    private readonly options: RunnerOptions<State, Control>,
    private readonly taker: SnapshotTaker,
    private readonly failures: Failures,
    private readonly runner: KeptBy<State, Control>,
  ) {}

  /** The sections under a control position; none for folds without. */
  private sectionsAt(position: number): Sections {
    const { fold, control } = this.options;
    return fold.restore.from === 'sections' ? fold.restore.of(control.at(position)) : NO_SECTIONS;
  }

  /**
   * The newest control position that the partition can decide under: one that needs a section which does not stand here yet waits for it,
   * and the partition goes on under the one before.
   */
  controlOf(task: PartitionTask<State, Control>, latest: number): number {
    if (task.control === latest) return latest;
    const { carried } = this.sectionsAt(latest);
    if (carried.every(({ definition }) => task.sections.has(definition))) task.control = latest;
    return task.control;
  }

  /** Warm sections that nothing is decided with yet go along with the records; one that cannot is left behind, and the fold goes on. */
  foldBeside(slices: readonly Slice<State>[], control: Control, givenUp: ReadonlySet<LogRecord>): void {
    const { restore } = this.options.fold;
    if (restore.from !== 'sections') return;
    const carried = new Set(restore.of(control).carried.map(({ definition }) => definition));
    for (const { partition, state, records } of slices) {
      const task = this.runner.task(partition);
      if (!task || task.sections.size <= carried.size) continue;
      const folded = givenUp.size === 0 ? records : records.filter((record) => !givenUp.has(record));
      for (const [definition, section] of task.sections) {
        if (carried.has(definition)) continue;
        try {
          section.fold(restore.parts(state).get(definition), folded);
        } catch (error) {
          if (isTransient(error)) throw error;
          this.drop(task, definition);
          this.options.observer?.log?.(
            'error',
            `definition ${definition} cannot be kept warm on partition ${partition}: ${messageOf(error)}`,
          );
        }
      }
    }
  }

  private drop(task: PartitionTask<State, Control>, definition: string): void {
    const { restore } = this.options.fold;
    task.sections.delete(definition);
    if (restore.from === 'sections') restore.parts(task.state).delete(definition);
  }

  /** Brings the sections of a partition in line with the newest control state: begins warm-ups, takes warm ones in, drops what is retired. */
  async align(task: PartitionTask<State, Control>): Promise<void> {
    const { fold, control } = this.options;
    if (fold.restore.from !== 'sections' || task.repeats) return;
    for (const warmUp of [...task.warmUps.values()]) if (warmUp.close) await this.takeIn(task, warmUp);
    const { position } = control;
    if (task.aligned === position) return;
    task.aligned = position;
    const latest = this.sectionsAt(position);
    const wanted = new Map<string, Section>();
    for (const section of [...latest.carried, ...latest.warming]) wanted.set(section.definition, section);
    const decidedWith = new Set(
      this.sectionsAt(this.controlOf(task, position)).carried.map(({ definition }) => definition),
    );
    for (const definition of [...task.sections.keys()])
      if (!wanted.has(definition) && !decidedWith.has(definition)) this.drop(task, definition);
    for (const [definition, warmUp] of task.warmUps) {
      if (wanted.has(definition)) continue;
      task.warmUps.delete(definition);
      void warmUp.stop();
    }
    for (const section of wanted.values())
      if (!task.sections.has(section.definition) && !task.warmUps.has(section.definition))
        await this.warmUp(task, section);
  }

  private async warmUp(task: PartitionTask<State, Control>, section: Section): Promise<void> {
    const { log, sleep, clock, snapshotEvery } = this.options;
    const { partition } = task;
    const topic = qualify(this.options.namespace, this.options.source);
    const ends = (await untilAvailable(() => log.ends(topic), sleep))[partition]!;
    const plan = {
      partition,
      source: { topic, ends },
      poisoned: this.failures.poisonedOf(partition),
    };
    const due = new Due(() => clock.now());
    let noted = 0;
    const warmUp = new WarmUp<State, Control>(this.options, plan, section, {
      acked: () => task.acked,
      hasBacklog: () => task.highWatermark - task.next > CLOSE,
      primaryEnds: () => this.runner.primaryEnds(partition),
      wake: () => this.runner.wake(),
      snapshot: async (silent) => {
        due.add(silent.folded - noted);
        noted = silent.folded;
        if (!this.taker.takes || !due.is(snapshotEvery ?? SNAPSHOT_EVERY)) return;
        due.taken();
        await this.store(partition, section, silent.parts()[0]![1], silent.next, silent);
      },
    });
    task.warmUps.set(section.definition, warmUp);
    warmUp.start();
  }

  private async store(
    partition: number,
    section: Section,
    part: unknown,
    offset: number,
    { seen, last }: Pick<Stored, 'seen' | 'last'>,
  ): Promise<void> {
    const { fold, source } = this.options;
    const state = await section.encode(part);
    const place = { fold: fold.name, definition: section.definition, topic: source, partition };
    this.taker.take(place, { offset, state, seen, last });
  }

  /** In between two rounds: what came since the section was close is folded, and it goes along from here on. */
  private async takeIn(task: PartitionTask<State, Control>, warmUp: WarmUp<State, Control>): Promise<void> {
    const { fold, observer, warmed } = this.options;
    if (fold.restore.from !== 'sections') return;
    await this.runner.acknowledged();
    if (task.acked !== task.next) return;
    if (task.next - warmUp.next > 10 * CLOSE) return warmUp.start();
    const { section } = warmUp;
    const began = performance.now();
    const rest = task.next - warmUp.next;
    const part = await warmUp.finish(task.next);
    fold.restore.parts(task.state).set(section.definition, part);
    task.sections.set(section.definition, section);
    task.warmUps.delete(section.definition);
    const ms = Math.round(performance.now() - began);
    observer?.log?.('info', `definition ${section.definition} is warm on partition ${task.partition}`, {
      partition: task.partition,
      offset: task.next,
      pausedMs: ms,
      rest,
    });
    warmed?.(task.partition, section.definition, task.next);
    // Whoever takes the partition over after the activation need not fold it from the start.
    const { seen } = task.taken;
    if (this.taker.takes)
      await this.store(task.partition, section, part, task.next, { seen, last: task.last });
  }

  /** What was warmed up so far is worth a snapshot. */
  async stopWarmUps(task: PartitionTask<State, Control>, keep: boolean): Promise<void> {
    for (const warmUp of task.warmUps.values()) {
      const silent = await warmUp.stop();
      if (silent && silent.folded > 0 && keep && this.taker.takes)
        await this.store(task.partition, warmUp.section, silent.parts()[0]![1], silent.next, silent);
    }
    task.warmUps.clear();
  }
}

const NO_SECTIONS: Sections = { carried: [], warming: [] };
