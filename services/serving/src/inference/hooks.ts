import type { InferAnswer, InferCall } from './infer-call';
import type { ServedModel } from './served-models';

/** Where answers of the doors are appended. */
export interface RequestLog {
  /** Resolves when the answer may be sent: with durable logging once it stands on the log, else at once. */
  append(call: InferCall, answer: InferAnswer): Promise<void> | undefined;
}

/** What one call took, ms. */
export interface CallTimes {
  /** When it began, on the clock of `performance.now()`. */
  readonly beganMs: number;
  /** From the desk to the answer, with the log's acknowledgement. */
  readonly totalMs: number;
  /** Of `totalMs`, inside the model; the rest is waiting. */
  readonly inferMs: number;
  /** From the desk to the scores, where the answer waited for the log after them. */
  readonly scoredMs?: number | undefined;
}

/** Told of each call once its outcome is known; must not throw. */
export interface InferenceMetrics {
  answered(call: InferCall, answer: InferAnswer, times: CallTimes): void;
  /** `served` is absent where no such model was found. */
  failed(call: InferCall, error: unknown, totalMs: number, served: ServedModel | undefined): void;
}

export const NO_REQUEST_LOG: RequestLog = { append: () => undefined };

export const NO_INFERENCE_METRICS: InferenceMetrics = {
  answered: () => undefined,
  failed: () => undefined,
};
