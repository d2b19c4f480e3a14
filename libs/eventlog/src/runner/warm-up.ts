import { messageOf } from '#kernel';
import type { PartitionEnds } from '../port';
import { untilAvailable } from '../read';
import type { Section } from './fold';
import type { RunnerOptions } from './options';
import { SectionFold, type SectionPlan } from './section-fold';

/** So many records behind the fold, a section is taken in between two rounds: a pause of some milliseconds. */
export const CLOSE = 2_000;

/** While the fold has a backlog, the warm-up takes a fifth of the thread. */
const GIVES_WAY = 4;

/** The fold that a section is brought up beside. */
export interface WarmUpBeside {
  /** Records below are folded, and their outputs acknowledged. */
  acked(): number;
  hasBacklog(): boolean;
  primaryEnds(): Promise<PartitionEnds | undefined>;
  /** Asked after each piece, with the fold of the section at rest. */
  snapshot(silent: SectionFold, section: Section): Promise<void>;
  /** The section is close: see to it. */
  wake(): void;
}

/**
 * Brings one section of a partition up to where its fold stands, beside it and by the worker that owns the partition: what it gave way
 * to is never delayed, and what it folded needs no way from worker to worker.
 */
export class WarmUp<State, Control> {
  /** Near enough for `finish`. */
  close = false;
  private silent: SectionFold | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private pieceBegan = 0;

  constructor(
    private readonly options: RunnerOptions<State, Control>,
    private readonly plan: SectionPlan,
    readonly section: Section,
    private readonly beside: WarmUpBeside,
  ) {}

  get next(): number {
    return this.silent?.next ?? 0;
  }

  start(): void {
    const { sleep, observer } = this.options;
    this.close = false;
    this.running = untilAvailable(
      () => this.run(),
      sleep,
      (error) => observer?.retrying?.(error.message),
    ).catch((error: unknown) => {
      if (error instanceof Stopped) return;
      // The fold goes on without it; what it cannot fold, a corrected definition can.
      const { definition } = this.section;
      observer?.log?.(
        'error',
        `definition ${definition} cannot be warmed up on partition ${this.plan.partition}: ${messageOf(error)}`,
      );
    });
  }

  /** Resolves when nothing of it runs any more; gives what was folded, for a last snapshot. */
  async stop(): Promise<SectionFold | undefined> {
    this.stopped = true;
    await this.running;
    return this.silent;
  }

  /** Folds the rest up to where the fold stands, at rest, and gives the part. */
  async finish(to: number): Promise<unknown> {
    await this.running;
    await untilAvailable(
      async () => this.silent!.advance(to, await this.beside.primaryEnds()),
      this.options.sleep,
    );
    return this.silent!.parts()[0]![1];
  }

  private async run(): Promise<void> {
    const { beside, plan, section, options } = this;
    if (this.stopped) throw new Stopped();
    this.silent ??= await SectionFold.begin(options, plan, [section], beside.acked());
    this.pieceBegan = performance.now();
    for (;;) {
      if (this.stopped) throw new Stopped();
      await this.silent.advance(beside.acked(), await beside.primaryEnds(), () => this.pause());
      if (beside.acked() - this.silent.next > CLOSE) continue;
      this.close = true;
      beside.wake();
      return;
    }
  }

  private async pause(): Promise<void> {
    if (this.stopped) throw new Stopped();
    const took = performance.now() - this.pieceBegan;
    await this.beside.snapshot(this.silent!, this.section);
    if (this.beside.hasBacklog()) await new Promise((resolve) => setTimeout(resolve, took * GIVES_WAY));
    else await new Promise((resolve) => setImmediate(resolve));
    this.pieceBegan = performance.now();
  }
}

class Stopped extends Error {}
