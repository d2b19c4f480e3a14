import { join } from 'node:path';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { PlatformError, Refused, messageOf, type ErrorCode } from '#kernel';
import type { FitProgress } from '#learn';
import type { FitJob, FittedRun } from './fit-model';
import type { TrialJob } from './fit-trial';
import type { Part } from './part';

export interface FitControl {
  /** Aborted: the fit ends at once and rejects with PLAYHEAD_LEARN_CANCELLED. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FitProgress) => void;
}

/** Fits a job off the event loop. May take the job's buffers for itself. */
export type Fit = (job: FitJob, control: FitControl) => Promise<FittedRun>;

/** Tries parameters off the event loop; null where the metric has no value. Leaves the job as it was. */
export type FitTrial = (job: TrialJob, control: FitControl) => Promise<number | null>;

/** What a thread is for. */
export type ThreadJob = { readonly fit: FitJob } | { readonly trial: TrialJob };

/** What the thread says. */
export type FitMessage =
  | { readonly type: 'progressed'; readonly progress: FitProgress }
  | { readonly type: 'done'; readonly answer: unknown }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string };

export interface FitThreadOptions {
  /** The compiled `fit-worker`. */
  readonly script?: string;
  readonly resourceLimits?: ResourceLimits;
}

export const cancelledFit = (): Refused =>
  new Refused('PLAYHEAD_LEARN_CANCELLED', 'the training run was cancelled');

/**
 * Runs `fitModel` in a thread of its own. The thread holds JavaScript only (files and ONNX Runtime stay outside), so it can be ended
 * at any moment, and its heap limit is not the service's.
 * @throws PlatformError PLAYHEAD_LEARN_CRASHED when it ended without an answer.
 */
export const fitInThread =
  (options: FitThreadOptions = {}): Fit =>
  (job, control) =>
    inThread<FittedRun>({ fit: job }, [job.train, job.holdout], control, options);

/** Runs `fitTrial` in a thread of its own, as `fitInThread` does. */
export const trialInThread =
  (options: FitThreadOptions = {}): FitTrial =>
  (job, control) =>
    inThread<number | null>({ trial: job }, [], control, options);

const inThread = <T>(
  job: ThreadJob,
  parts: readonly Part[],
  { signal, onProgress }: FitControl,
  { script = join(__dirname, 'fit-worker.js'), resourceLimits }: FitThreadOptions,
): Promise<T> =>
  new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(cancelledFit());
      return;
    }
    const worker = new Worker(script, { workerData: job, transferList: buffersOf(parts), resourceLimits });
    const settle = (then: () => void): void => {
      signal.removeEventListener('abort', cancel);
      then();
      void worker.terminate();
    };
    const cancel = (): void => settle(() => reject(cancelledFit()));
    const crashed = (reason: string): void =>
      settle(() =>
        reject(
          new PlatformError('PLAYHEAD_LEARN_CRASHED', 'halt', `the fit ended without an answer: ${reason}`),
        ),
      );
    signal.addEventListener('abort', cancel);
    worker.on('message', (message: FitMessage) => {
      if (message.type === 'progressed') onProgress(message.progress);
      else if (message.type === 'done') settle(() => resolve(message.answer as T));
      else settle(() => reject(new Refused(message.code, message.message)));
    });
    worker.on('error', (error) => crashed(messageOf(error)));
    worker.on('exit', (code) => crashed(`its thread exited with code ${code}`));
  });

const buffersOf = (parts: readonly Part[]): ArrayBuffer[] => {
  const arrays = parts.flatMap(({ partitions, columns, labels, times }) => [
    partitions,
    ...columns,
    labels,
    ...(times ? [times] : []),
  ]);
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
};
