import type { EventOf, WindowMeasured } from '#contracts';
import {
  BinaryPerformance,
  RegressionPerformance,
  type BinaryPerformanceData,
  type RegressionPerformanceData,
} from '#drift';

/** Realised performance, by the task that it is for. */
export type Performance =
  | { readonly task: 'binary'; readonly counts: BinaryPerformance }
  | { readonly task: 'regression'; readonly counts: RegressionPerformance };

export type StoredPerformance = EventOf<typeof WindowMeasured>['performance'];

export type MeasuredTask = Performance['task'];

/** Metrics of decisions where a deployment decides nothing. */
const DEFAULT_THRESHOLD = 0.5;

export const beginPerformance = (task: MeasuredTask, threshold: number | null): Performance =>
  task === 'binary'
    ? { task, counts: new BinaryPerformance(threshold ?? DEFAULT_THRESHOLD) }
    : { task, counts: new RegressionPerformance() };

/** Adds a pair, or takes one back. A score that is missing counts as invalid. */
export const countPair = (
  performance: Performance,
  score: number | null,
  label: number,
  change: 'observe' | 'retract',
): void => {
  const usable = score ?? Number.NaN;
  if (performance.task === 'binary') performance.counts[change](usable, label === 1);
  else performance.counts[change](usable, label);
};

export const mergePerformance = (into: Performance, part: Performance): void => {
  if (into.task === 'binary' && part.task === 'binary') into.counts.merge(part.counts);
  if (into.task === 'regression' && part.task === 'regression') into.counts.merge(part.counts);
};

export const storePerformance = (performance: Performance): StoredPerformance =>
  performance.task === 'binary'
    ? { task: 'binary', counts: mutable(performance.counts.toJSON()) }
    : { task: 'regression', counts: mutable(performance.counts.toJSON()) };

export const restorePerformance = (stored: StoredPerformance): Performance =>
  stored.task === 'binary'
    ? { task: 'binary', counts: BinaryPerformance.fromJSON(stored.counts) }
    : { task: 'regression', counts: RegressionPerformance.fromJSON(stored.counts) };

/** Contract types have mutable arrays; these are fresh copies anyway. */
type Mutable<T> = T extends readonly [infer A, infer B, infer C]
  ? [A, B, C]
  : T extends readonly (infer Item)[]
    ? Mutable<Item>[]
    : T extends object
      ? { -readonly [K in keyof T]: Mutable<T[K]> }
      : T;

const mutable = <T extends BinaryPerformanceData | RegressionPerformanceData>(counts: T): Mutable<T> =>
  counts as Mutable<T>;
