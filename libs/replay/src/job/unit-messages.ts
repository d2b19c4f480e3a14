import type { ErrorCode, Disposition } from '#kernel';
import type { Road } from '../verify/hops';
import type { PartitionPlan } from '../verify/verify-partition';
import type { ReplayPlace } from './open-ports';
import type { UnitOptions } from './run-unit';

export interface UnitTask {
  readonly type: 'unit';
  readonly unit: string;
  readonly place: ReplayPlace;
  readonly road: Road;
  readonly plan: PartitionPlan;
  /** Of the replay: checkpoints and outcomes are written there. */
  readonly folder: string;
  readonly options: UnitOptions;
}

/** `stop`: take a checkpoint and stop the unit; `end`: there is nothing more to do. */
export type ToWorker = UnitTask | { readonly type: 'stop' } | { readonly type: 'end' };

export interface ToldError {
  readonly code: ErrorCode;
  readonly disposition: Disposition;
  readonly message: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type FromWorker =
  | { readonly type: 'progress'; readonly unit: string; readonly records: number }
  | { readonly type: 'done' | 'stopped'; readonly unit: string; readonly warnings: readonly string[] }
  | { readonly type: 'failed'; readonly unit: string; readonly error: ToldError };
