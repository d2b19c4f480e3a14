import { TOPICS, TrainingRunProgressed, decodeEvent, readEnvelope } from '#contracts';
import { TopicFollower, type EventLog, type LogRecord } from '#eventlog';
import { messageOf } from '#kernel';
import type { Logger, ServiceLog, Sleep, Worker } from '#runtime';
import { evolveRunView, type RunProgress, type RunView } from '../domain/run-view';
import { decodeRunFact } from '../handlers/training-records';

export interface RunListOptions {
  readonly log: EventLog;
  readonly serviceLog: Pick<ServiceLog, 'topic'>;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Every run with its state and progress, in memory on every instance; dropped and rebuilt at will (law L8). */
export class RunList implements Worker {
  private readonly views = new Map<string, RunView>();
  private readonly progress = new Map<string, RunProgress>();
  private readonly followers: readonly TopicFollower[];

  constructor({ log, serviceLog, sleep, logger }: RunListOptions) {
    const follow = (name: string, apply: (record: LogRecord) => void): TopicFollower => {
      const onRecord = (record: LogRecord): void => {
        try {
          apply(record);
        } catch (error) {
          logger.error(
            { topic: name, offset: record.offset },
            `a fact on ${name} is passed over: ${messageOf(error)}`,
          );
        }
      };
      return new TopicFollower({
        log,
        topic: serviceLog.topic(name),
        sleep,
        onRecords: (records) => records.forEach(onRecord),
      });
    };
    this.followers = [
      follow(TOPICS.runs, (record) => this.onRun(record)),
      follow(TOPICS.progress, (record) => this.onProgress(record)),
    ];
  }

  /** Newest first. */
  all(): readonly RunView[] {
    return [...this.views.values()].map((view) => this.complete(view)).reverse();
  }

  of(run: string): RunView | undefined {
    const view = this.views.get(run);
    return view && this.complete(view);
  }

  async start(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.followers.map((follower) => follower.stop()));
  }

  status(): unknown {
    return this.followers.map((follower) => follower.status());
  }

  private complete(view: RunView): RunView {
    const progress = this.progress.get(view.run);
    return progress ? { ...view, progress } : view;
  }

  private onRun(record: LogRecord): void {
    const fact = decodeRunFact(record);
    if (!fact) return;
    const { run } = fact.fact;
    this.views.set(run, evolveRunView(this.views.get(run), fact, readEnvelope(record.headers).time));
  }

  private onProgress(record: LogRecord): void {
    const { run, model: _, ...progress } = decodeEvent(TrainingRunProgressed, record.value);
    this.progress.set(run, progress);
  }
}
