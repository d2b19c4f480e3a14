import type { EventLog } from '#eventlog';
import type { Worker } from './log-transport';
import type { Sleep } from './ports';

export interface BeginParts {
  readonly log: Pick<EventLog, 'partitionCount'>;
  /** Full name. */
  readonly topic: string;
  readonly sleep: Sleep;
  /** Told where the worker cannot begin. */
  readonly failed: (error: unknown) => void;
}

/** A worker that begins once the owner of its topic has made it, and keeps nobody waiting until then. */
export const beginWithTopic = (worker: Worker, { log, topic, sleep, failed }: BeginParts): Worker => {
  let [stopped, started] = [false, false];
  let begun: Promise<void> = Promise.resolve();
  // A broker that is away is asked again: a stop does not wait for it.
  const exists = (): Promise<boolean> =>
    log.partitionCount(topic).then(
      (count) => count !== undefined,
      () => false,
    );
  const begin = async (): Promise<void> => {
    while (!stopped && !(await exists())) await sleep(100);
    if (stopped) return;
    started = true;
    await worker.start();
  };
  return {
    start: () => {
      begun = begin().catch(failed);
      return Promise.resolve();
    },
    stop: async () => {
      stopped = true;
      await begun;
      if (started) await worker.stop();
    },
    status: () => (started ? worker.status?.() : `waiting for ${topic}`),
  };
};
