import { TOPICS } from '#contracts';
import type { EventLog } from '#eventlog';
import { isPlatformError, messageOf, type Clock } from '#kernel';
import type { Logger, ServiceLog, Sleep, Worker } from '#runtime';
import { TRIGGER_ACTOR } from '../domain/retraining/policy';
import { Patrol } from '../effects/patrol';
import type { RequestDesk } from '../http/request-desk';
import type { RegistryView } from '../projections/registry-view';
import { dueByAlert, dueBySchedule, dueByVolume, watchedVolumes, type Due } from './due';

export interface TriggerClockOptions {
  readonly log: EventLog;
  readonly serviceLog: ServiceLog;
  readonly view: RegistryView;
  readonly desk: RequestDesk;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** How often it looks. */
  readonly everyMs: number;
}

/**
 * Appends what time, volume and alerts that stay open make due to `registry.inputs`, where the policy of the model decides (law L5: timers are records). Each
 * instance looks; the name of a trigger makes it count once.
 */
export class TriggerClock implements Worker {
  private readonly patrol: Patrol;

  constructor(private readonly options: TriggerClockOptions) {
    const { everyMs, sleep, logger } = options;
    this.patrol = new Patrol(everyMs, sleep, (isStopped) =>
      this.ask(isStopped).catch((error: unknown) =>
        logger.warn({ err: error }, `triggers wait: ${messageOf(error)}`),
      ),
    );
  }

  start(): Promise<void> {
    return this.patrol.start();
  }

  stop(): Promise<void> {
    return this.patrol.stop();
  }

  private async ask(isStopped: () => boolean): Promise<void> {
    const { view, clock } = this.options;
    const now = clock.now();
    for (const due of dueBySchedule(view.now, now)) await this.submit(due, isStopped);
    for (const due of dueByAlert(view.now, now)) await this.submit(due, isStopped);
    for (const volume of watchedVolumes(view.now)) {
      const due = dueByVolume(volume, await this.vectorsOf(volume.service), now);
      if (due) await this.submit(due, isStopped);
    }
  }

  private async submit({ model, request, cause }: Due, isStopped: () => boolean): Promise<void> {
    const { desk, view, logger } = this.options;
    if (isStopped() || view.now.requests.has(request)) return;
    logger.info({ model, request }, `${model} is due: ${cause.reason}`);
    const value = { request, actor: TRIGGER_ACTOR, model, cause };
    await desk.submit({ type: 'training', value }).catch((error: unknown) => {
      // A refusal is a fact already.
      if (!isPlatformError(error) || error.disposition === 'retry') throw error;
    });
  }

  private async vectorsOf(service: string): Promise<number> {
    const { log, serviceLog } = this.options;
    const topic = serviceLog.topic(TOPICS.vectors(service));
    if ((await log.partitionCount(topic)) === undefined) return 0;
    return (await log.ends(topic)).reduce((sum, { end }) => sum + end, 0);
  }
}
