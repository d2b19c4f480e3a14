import { TOPICS, TrainingRunProgressed, decodeEvent, readEnvelope } from '#contracts';
import type { EventLog, LogRecord } from '#eventlog';
import { messageOf } from '#kernel';
import {
  FollowedView,
  type Logger,
  type ReadModel,
  type Rebuilt,
  type ServiceLog,
  type Sleep,
  type StateDigest,
  type StateRow,
  type View,
  type Worker,
} from '#runtime';
import {
  evolveRunView,
  isTrialFact,
  rankTrials,
  trialView,
  type RunProgress,
  type RunView,
  type TrialView,
} from '../domain/run-view';
import { decodeRunFact } from '../handlers/training-records';

export interface RunListOptions {
  readonly log: EventLog;
  readonly serviceLog: Pick<ServiceLog, 'topic'>;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Every run with its state and progress, in memory on every instance; dropped and rebuilt at will (law L8). */
export class RunList implements Worker, ReadModel {
  readonly name = 'runs';
  private readonly runs: Runs;
  private readonly followed: FollowedView<Runs>;

  constructor({ log, serviceLog, sleep, logger }: RunListOptions) {
    this.runs = new Runs(logger);
    this.followed = new FollowedView({
      name: this.name,
      log,
      topics: [TOPICS.runs, TOPICS.progress].map((name) => serviceLog.topic(name)),
      sleep,
      view: this.runs,
      apply: (view, records) => view.onRecords(records),
      empty: () => new Runs(logger),
    });
  }

  /** Newest first. */
  all(): readonly RunView[] {
    return this.runs.all();
  }

  of(run: string): RunView | undefined {
    return this.runs.of(run);
  }

  /** Of a run that searches, best first; undefined where there is no such run. */
  trialsOf(run: string): readonly TrialView[] | undefined {
    return this.runs.trialsOf(run);
  }

  start(): Promise<void> {
    return this.followed.start();
  }

  stop(): Promise<void> {
    return this.followed.stop();
  }

  status(): unknown {
    return this.followed.status();
  }

  digest(): Promise<StateDigest> {
    return this.followed.digest();
  }

  rebuild(): Promise<Rebuilt> {
    return this.followed.rebuild();
  }
}

/** The fold: facts of `training.runs` and, whenever they come, of `training.progress`. */
class Runs implements View<Runs> {
  private views = new Map<string, RunView>();
  private progress = new Map<string, RunProgress>();
  private trials = new Map<string, Map<number, TrialView>>();

  constructor(private readonly logger: Logger) {}

  all(): readonly RunView[] {
    return [...this.views.values()].map((view) => this.complete(view)).reverse();
  }

  of(run: string): RunView | undefined {
    const view = this.views.get(run);
    return view && this.complete(view);
  }

  trialsOf(run: string): readonly TrialView[] | undefined {
    return this.views.has(run) ? rankTrials([...(this.trials.get(run)?.values() ?? [])]) : undefined;
  }

  onRecords(records: readonly LogRecord[]): void {
    for (const record of records) {
      try {
        this.apply(record);
      } catch (error) {
        const { topic, offset } = record;
        this.logger.error({ topic, offset }, `a fact on ${topic} is passed over: ${messageOf(error)}`);
      }
    }
  }

  adopt(other: Runs): void {
    this.views = other.views;
    this.progress = other.progress;
    this.trials = other.trials;
  }

  *rows(): Iterable<StateRow> {
    for (const [run, view] of this.views) yield [`run/${run}`, view];
    for (const [run, progress] of this.progress) yield [`progress/${run}`, progress];
    for (const [run, trials] of this.trials)
      for (const [number, trial] of trials) yield [`trial/${run}/${number}`, trial];
  }

  private complete(view: RunView): RunView {
    const progress = this.progress.get(view.run);
    return progress ? { ...view, progress } : view;
  }

  private apply(record: LogRecord): void {
    const { type, time } = readEnvelope(record.headers);
    if (type === TrainingRunProgressed.type) {
      const { run, model: _, ...progress } = decodeEvent(TrainingRunProgressed, record.value);
      this.progress.set(run, progress);
      return;
    }
    const fact = decodeRunFact(record);
    if (!fact) return;
    const { run } = fact.fact;
    if (isTrialFact(fact)) {
      const trials = this.trials.get(run) ?? new Map<number, TrialView>();
      this.trials.set(run, trials.set(fact.fact.trial, trialView(fact)));
      return;
    }
    this.views.set(run, evolveRunView(this.views.get(run), fact, time));
  }
}
