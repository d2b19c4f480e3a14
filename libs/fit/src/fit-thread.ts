import { join } from 'node:path';
import { Worker, type ResourceLimits } from 'node:worker_threads';
import { PlatformError, Refused, messageOf, type ErrorCode } from '#kernel';
import type { FitProgress } from '#learn';
import type { FitJob, FittedRun } from './fit-model';

export interface FitControl {
  /** Aborted: the fit ends at once and rejects with PLAYHEAD_LEARN_CANCELLED. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: FitProgress) => void;
}

/** Fits a job off the event loop. May take the job's buffers for itself. */
export type Fit = (job: FitJob, control: FitControl) => Promise<FittedRun>;

/** What the thread says. */
export type FitMessage =
  | { readonly type: 'progressed'; readonly progress: FitProgress }
  | { readonly type: 'fitted'; readonly fitted: FittedRun }
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
  ({ script = join(__dirname, 'fit-worker.js'), resourceLimits }: FitThreadOptions = {}): Fit =>
  (job, { signal, onProgress }) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(cancelledFit());
        return;
      }
      const worker = new Worker(script, { workerData: job, transferList: buffersOf(job), resourceLimits });
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
        else if (message.type === 'fitted') settle(() => resolve(message.fitted));
        else settle(() => reject(new Refused(message.code, message.message)));
      });
      worker.on('error', (error) => crashed(messageOf(error)));
      worker.on('exit', (code) => crashed(`its thread exited with code ${code}`));
    });

const buffersOf = ({ train, holdout }: FitJob): ArrayBuffer[] => {
  const arrays = [train, holdout].flatMap(({ partitions, columns, labels, times }) => [
    partitions,
    ...columns,
    labels,
    ...(times ? [times] : []),
  ]);
  return [...new Set(arrays.map(({ buffer }) => buffer as ArrayBuffer))];
};
