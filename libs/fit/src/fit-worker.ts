/** The thread of one fit: takes its job, answers once, ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { PlatformError } from '#kernel';
import { fitModel, type FitJob } from './fit-model';
import type { FitMessage } from './fit-thread';

const say = (message: FitMessage): void => parentPort?.postMessage(message);

try {
  say({
    type: 'fitted',
    fitted: fitModel(workerData as FitJob, {
      onProgress: (progress) => say({ type: 'progressed', progress }),
    }),
  });
} catch (error) {
  // Anything else is a crash: the thread ends with it, and the service hears of it.
  if (!(error instanceof PlatformError)) throw error;
  say({ type: 'refused', code: error.code, message: error.message });
}
