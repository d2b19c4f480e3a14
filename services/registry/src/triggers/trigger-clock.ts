import { TOPICS } from '#contracts';
import type { EventLog } from '#eventlog';
import { isPlatformError, messageOf, type Clock } from '#kernel';
import type { Logger, ServiceLog, Sleep, Worker } from '#runtime';
import { TRIGGER_ACTOR } from '../domain/triggers';
import type { RequestDesk } from '../http/request-desk';
import type { RegistryView } from '../projections/registry-view';
import { dueBySchedule, dueByVolume, watchedVolumes, type Due } from './due';

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
 * Appends what time and volume make due to `registry.inputs`, where the policy of the model decides (law L5: timers are records). Each
 * instance looks; the name of a trigger makes it count once.
 */
export class TriggerClock implements Worker {
  private stopped = false;
  private looking: Promise<void> = Promise.resolve();
  private wake: () => void = () => undefined;

  constructor(private readonly options: TriggerClockOptions) {}

  start(): Promise<void> {
    this.looking = this.look();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.wake();
    await this.looking;
  }

  private async look(): Promise<void> {
    const { sleep, everyMs, logger } = this.options;
    const woken = new Promise<void>((resolve) => (this.wake = resolve));
    while (!this.stopped) {
      try {
        await this.ask();
      } catch (error) {
        logger.warn({ err: error }, `triggers wait: ${messageOf(error)}`);
      }
      await Promise.race([sleep(everyMs), woken]);
    }
  }

  private async ask(): Promise<void> {
    const { view, clock } = this.options;
    const now = clock.now();
    for (const due of dueBySchedule(view.now, now)) await this.submit(due);
    for (const volume of watchedVolumes(view.now)) {
      const due = dueByVolume(volume, await this.vectorsOf(volume.service), now);
      if (due) await this.submit(due);
    }
  }

  private async submit({ model, request, cause }: Due): Promise<void> {
    const { desk, view, logger } = this.options;
    if (this.stopped || view.now.requests.has(request)) return;
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
