import { messageOf } from '#kernel';
import type { Logger, Sleep, Worker } from '#runtime';
import type { Work } from '../domain/training-runs';

export interface FitSupervisorOptions {
  /**
   * Started runs and trials without an outcome, as folded from `training.inputs` by the owner of its partition: none while another
   * instance owns it, undefined while facts are still on their way.
   */
  readonly wanted: () => readonly Work[] | undefined;
  /** Fits a model, or tries parameters, and reports its outcome; rejects once the signal is aborted. */
  readonly fit: (work: Work, signal: AbortSignal) => Promise<void>;
  /** Most fits at once. */
  readonly workers: number;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

interface Job {
  readonly abort: AbortController;
  readonly done: Promise<void>;
  finished: boolean;
}

/** Short beside a fit; each look wakes the process. */
const LOOK_EVERY_MS = 250;
/** While there is work: short beside a trial. */
const LOOK_AT_WORK_MS = 25;

/**
 * Keeps a fit under way for every run and trial that should have one, and for no other: one that was cancelled, or whose partition went
 * elsewhere, is stopped; one that a crash left without an outcome is fitted again, to the same bytes.
 */
export class FitSupervisor implements Worker {
  private readonly jobs = new Map<string, Job>();
  private watching: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: FitSupervisorOptions) {}

  start(): Promise<void> {
    this.watching = this.watch();
    return Promise.resolve();
  }

  /** Ends the fits under way; whoever owns the partition next begins them again. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.watching;
    for (const { abort } of this.jobs.values()) abort.abort();
    await Promise.all([...this.jobs.values()].map(({ done }) => done));
  }

  status(): unknown {
    return { fitting: [...this.jobs].filter(([, { finished }]) => !finished).map(([id]) => id) };
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      const wanted = this.options.wanted();
      if (wanted) this.reconcile(new Map(wanted.map((work) => [work.id, work])));
      await this.options.sleep(wanted?.length === 0 ? LOOK_EVERY_MS : LOOK_AT_WORK_MS);
    }
  }

  private reconcile(wanted: ReadonlyMap<string, Work>): void {
    for (const [id, { abort, finished }] of this.jobs) {
      if (wanted.has(id)) continue;
      abort.abort();
      if (finished) this.jobs.delete(id);
    }
    let busy = [...this.jobs.values()].filter(({ finished }) => !finished).length;
    for (const [id, work] of wanted) {
      if (busy >= this.options.workers) return;
      // A finished one is still wanted until its report is folded.
      if (this.jobs.has(id)) continue;
      this.begin(id, work);
      busy++;
    }
  }

  private begin(id: string, work: Work): void {
    const abort = new AbortController();
    const done = this.options
      .fit(work, abort.signal)
      .catch((error: unknown) =>
        this.options.logger.info({ fit: id }, `${id} is no longer fitted here: ${messageOf(error)}`),
      )
      .then(() => void (job.finished = true));
    const job: Job = { abort, done, finished: false };
    this.jobs.set(id, job);
  }
}
