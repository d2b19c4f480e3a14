import type { TrainingRequest } from './training-run';

/** What is to be done for models that learn label by label. */
export interface OnlineWork {
  /** The newest request of each of them: each learns from its first request on. */
  readonly models: readonly TrainingRequest[];
  /** Those of their requests that wait for the state that they export. */
  readonly waiting: readonly TrainingRequest[];
}
