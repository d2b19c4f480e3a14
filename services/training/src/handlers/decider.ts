import { TOPICS } from '#contracts';
import { NoControl, type FoldRunner, type RunnerStatus } from '#eventlog';
import type { ServiceLog, Worker } from '#runtime';
import type { OnlineWork } from '../domain/online-work';
import { TrainingRuns, type Work } from '../domain/training-runs';
import { onInput } from './on-input';

/** `training.inputs` -> decisions, and the state behind them for the effect. */
export class Decider implements Worker {
  private state = new TrainingRuns();
  private started = false;
  private readonly runner: FoldRunner<TrainingRuns, undefined>;

  constructor(private readonly serviceLog: ServiceLog) {
    const fold = onInput({
      runs: serviceLog.topic(TOPICS.runs),
      holds: (state) => void (this.state = state),
    });
    this.runner = serviceLog.runner({
      fold,
      source: TOPICS.trainingInputs,
      primary: TOPICS.runs,
      control: new NoControl(),
    });
  }

  async start(): Promise<void> {
    await this.serviceLog.ensureTopics(
      [TOPICS.trainingInputs, TOPICS.runs, TOPICS.progress].map((name) => ({ name, partitions: 1 })),
    );
    this.started = true;
    await this.runner.start();
  }

  async stop(): Promise<void> {
    if (this.started) await this.runner.stop();
  }

  /** See `FitSupervisorOptions.wanted`: a fit begins only after the fact that says so is on the log. */
  work(): readonly Work[] | undefined {
    const [owned] = this.runner.status().partitions;
    if (!owned) return [];
    return owned.acked === owned.next ? this.state.work() : undefined;
  }

  /** As `work`, for models that learn label by label. */
  online(): OnlineWork | undefined {
    const [owned] = this.runner.status().partitions;
    if (!owned) return { models: [], waiting: [] };
    return owned.acked === owned.next ? this.state.online() : undefined;
  }

  status(): RunnerStatus {
    return this.runner.status();
  }
}
