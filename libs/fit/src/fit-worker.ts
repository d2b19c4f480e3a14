/** The thread of one fit: takes its job, answers once, ends. */
import { parentPort, workerData } from 'node:worker_threads';
import { PlatformError } from '#kernel';
import { fitModel, type FitWatch } from './fit-model';
import type { FitMessage, ThreadJob } from './fit-thread';
import { fitTrial } from './fit-trial';

const say = (message: FitMessage): void => parentPort?.postMessage(message);

try {
  const job = workerData as ThreadJob;
  const watch: FitWatch = { onProgress: (progress) => say({ type: 'progressed', progress }) };
  say({ type: 'done', answer: 'fit' in job ? fitModel(job.fit, watch) : fitTrial(job.trial, watch) });
} catch (error) {
  // Anything else is a crash: the thread ends with it, and the service hears of it.
  if (!(error instanceof PlatformError)) throw error;
  say({ type: 'refused', code: error.code, message: error.message });
}
