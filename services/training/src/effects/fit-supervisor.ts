import { messageOf } from '#kernel';
import type { Logger, Sleep, Worker } from '#runtime';
import type { FittingRun } from '../domain/training-run';

export interface FitSupervisorOptions {
  /**
   * Started runs without an outcome, as folded from `training.inputs` by the owner of its partition: none while another instance owns
   * it, undefined while facts are still on their way.
   */
  readonly fitting: () => readonly FittingRun[] | undefined;
  /** Fits a run and reports its outcome; rejects once the signal is aborted. */
  readonly fit: (run: FittingRun, signal: AbortSignal) => Promise<void>;
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

/**
 * Keeps a fit under way for every run that should have one, and for no other: a run that was cancelled, or whose partition went
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
    return { fitting: [...this.jobs].filter(([, { finished }]) => !finished).map(([run]) => run) };
  }

  private async watch(): Promise<void> {
    while (!this.stopped) {
      const fitting = this.options.fitting();
      if (fitting) this.reconcile(new Map(fitting.map((run) => [run.request.run, run])));
      await this.options.sleep(LOOK_EVERY_MS);
    }
  }

  private reconcile(wanted: ReadonlyMap<string, FittingRun>): void {
    for (const [id, { abort, finished }] of this.jobs) {
      if (wanted.has(id)) continue;
      abort.abort();
      if (finished) this.jobs.delete(id);
    }
    let busy = [...this.jobs.values()].filter(({ finished }) => !finished).length;
    for (const [id, run] of wanted) {
      if (busy >= this.options.workers) return;
      // A finished one is still wanted until its report is folded.
      if (this.jobs.has(id)) continue;
      this.begin(id, run);
      busy++;
    }
  }

  private begin(id: string, run: FittingRun): void {
    const abort = new AbortController();
    const done = this.options
      .fit(run, abort.signal)
      .catch((error: unknown) =>
        this.options.logger.info({ run: id }, `${id} is no longer fitted here: ${messageOf(error)}`),
      )
      .then(() => void (job.finished = true));
    const job: Job = { abort, done, finished: false };
    this.jobs.set(id, job);
  }
}
