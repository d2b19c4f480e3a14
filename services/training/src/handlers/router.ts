import { TOPICS } from '#contracts';
import { NoControl, type EventLog, type FoldRunner } from '#eventlog';
import type { LogTransport, ServiceLog, Sleep, Worker } from '#runtime';
import { toInputs } from './to-inputs';

export interface RouterOptions {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly sleep: Sleep;
  readonly transport: Pick<LogTransport, 'fail'>;
}

/** Routes one topic of another service to `training.inputs`. Begins once its owner has made it, and keeps nobody waiting until then. */
export class Router implements Worker {
  private readonly runner: FoldRunner<null, undefined>;
  private begun: Promise<void> = Promise.resolve();
  private started = false;
  private stopped = false;

  constructor(
    private readonly source: string,
    private readonly options: RouterOptions,
  ) {
    const { serviceLog } = options;
    this.runner = serviceLog.runner({
      fold: toInputs(source, serviceLog.topic(TOPICS.trainingInputs)),
      source,
      control: new NoControl(),
    });
  }

  start(): Promise<void> {
    this.begun = this.begin().catch((error: unknown) =>
      this.options.transport.fail(`router of ${this.source}`, error),
    );
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.begun;
    if (this.started) await this.runner.stop();
  }

  status(): unknown {
    return this.started ? this.runner.status() : `waiting for ${this.source}`;
  }

  private async begin(): Promise<void> {
    const { log, serviceLog, sleep } = this.options;
    const exists = async (name: string): Promise<boolean> =>
      (await log.partitionCount(serviceLog.topic(name)).catch(() => undefined)) !== undefined;
    while (!this.stopped && !((await exists(this.source)) && (await exists(TOPICS.trainingInputs))))
      await sleep(100);
    if (this.stopped) return;
    this.started = true;
    await this.runner.start();
  }
}
