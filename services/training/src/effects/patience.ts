import { untilAvailable } from '#eventlog';
import { cancelledFit } from '#fit';
import { PlatformError } from '#kernel';
import type { FitProgress } from '#learn';
import type { Logger, Sleep } from '#runtime';

export interface FitWatcher {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FitProgress) => void;
}

export type Patiently = <T>(work: () => Promise<T>) => Promise<T>;

/** Does work again while a store is away, until the signal is aborted. */
export const patiently =
  (
    { logger, sleep }: { readonly logger: Logger; readonly sleep: Sleep },
    run: string,
    signal: AbortSignal,
  ): Patiently =>
  (work) =>
    untilAvailable(unlessCancelled(signal, work), sleep, (error) =>
      logger.warn({ run }, `${run} waits: ${error.message}`),
    );

/** A thread that dies may have died of its neighbours' hunger: it gets a second chance. */
export const onceMore = async <T>(logger: Logger, id: string, attempt: () => Promise<T>): Promise<T> => {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'PLAYHEAD_LEARN_CRASHED') throw error;
    logger.warn({ fit: id }, `${id} is fitted once more: ${error.message}`);
    return attempt();
  }
};

const unlessCancelled =
  <T>(signal: AbortSignal, work: () => Promise<T>): (() => Promise<T>) =>
  () => {
    if (signal.aborted) return Promise.reject(cancelledFit());
    return work();
  };
