import {
  EnvelopeTemplate,
  TOPICS,
  TrainingInputFitReported,
  TrainingInputTrialReported,
  TrainingRunProgressed,
  encodeEvent,
  type EventContract,
} from '#contracts';
import { untilAvailable, type EventLog, type LogProducer } from '#eventlog';
import { messageOf, type Clock } from '#kernel';
import { trialsOf, type FitProgress } from '#learn';
import type { Logger, ServiceLog, Sleep } from '#runtime';
import type { Static, TSchema } from 'typebox';
import type { TrialReport } from '../domain/run-search';
import type { FitReport } from '../domain/training-run';
import type { Work } from '../domain/training-runs';

/** Progress is told at most so often for each run. */
const PROGRESS_EVERY_MS = 1_000;

export interface TrainingReportsOptions {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
}

/** Appends what the fits say: outcomes to `training.inputs`, progress to `training.progress`. */
export class TrainingReports {
  private producer: LogProducer | undefined;

  constructor(private readonly options: TrainingReportsOptions) {}

  /** Waits while the broker is away. When an answer is lost the report stands there twice; the decider takes the first. */
  ended(report: FitReport): Promise<void> {
    return this.report(TrainingInputFitReported, `fit/${report.run}`, report);
  }

  /** As `ended`. */
  tried(report: TrialReport): Promise<void> {
    return this.report(TrainingInputTrialReported, `trial/${report.run}/${report.trial}`, report);
  }

  /** Tells the progress of a run, now and then; a lost one is a gap in a chart. */
  progressOf(work: Work): (progress: FitProgress) => void {
    const { run, model } = work.run.request;
    const trial = work.trial && {
      trial: work.trial.number + 1,
      trials: trialsOf(work.run.search.search),
    };
    let last = -Infinity;
    return (progress) => {
      const now = this.options.clock.now();
      if (now - last < PROGRESS_EVERY_MS && progress.iteration < progress.iterations) return;
      last = now;
      const id = `progress/${work.id}/${progress.iteration}`;
      this.append(TrainingRunProgressed, TOPICS.progress, id, run, {
        run,
        model,
        ...progress,
        ...trial,
      }).catch((error: unknown) =>
        this.options.logger.warn({ run }, `progress not told: ${messageOf(error)}`),
      );
    };
  }

  async close(): Promise<void> {
    await this.producer?.close();
  }

  private async report<S extends TSchema>(
    contract: EventContract<S>,
    id: string,
    report: Static<S> & { readonly run: string },
  ): Promise<void> {
    const { sleep, logger } = this.options;
    const { run } = report;
    await untilAvailable(
      () => this.append(contract, TOPICS.trainingInputs, id, run, report),
      sleep,
      (error) => logger.warn({ run }, `the outcome of ${id} waits: ${error.message}`),
    );
  }

  private async append<S extends TSchema>(
    contract: EventContract<S>,
    topic: string,
    id: string,
    key: string,
    value: Static<S>,
  ): Promise<void> {
    const { log, serviceLog, clock } = this.options;
    const headers = new EnvelopeTemplate({ type: contract.type, source: 'training' }).headers(
      id,
      new Date(clock.now()).toISOString(),
    );
    const record = {
      topic: serviceLog.topic(topic),
      partition: 0,
      key: Buffer.from(key),
      value: encodeEvent(contract, value),
      headers,
    };
    const producer = (this.producer ??= log.producer());
    try {
      await producer.send([record]);
    } catch (error) {
      if (this.producer === producer) this.producer = undefined;
      await producer.close().catch(() => undefined);
      throw error;
    }
  }
}
