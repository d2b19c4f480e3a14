import { metricWords, type EventOf, type GatesLearned, type MetricName } from '#contracts';
import type { PerformanceProfile, ReferenceProfile } from '#drift';
import type { Judging } from '../watch';

export type Gates = EventOf<typeof GatesLearned>['gates'];
export type Metrics = Readonly<Record<string, number | null>>;

/** What metrics of a window are held against. */
export interface Limits {
  readonly gates: Gates;
  /** Why there are none, where the monitor asked for some. */
  readonly note?: string;
}

/**
 * The limits of the monitor on its metric, fixed or learned; where it has none, the gates that the version passed when it was registered.
 * `rows`: labelled rows to be judged; with fewer than a chunk of the hold-out had, the learned limits are as much wider as noise is.
 */
export const limitsOf = (
  monitor: Judging | undefined,
  gates: Gates,
  profile: ReferenceProfile | undefined,
  rows: number,
): Limits => {
  const { metric = null, limits } = monitor ?? {};
  if (metric === null || limits === undefined) return { gates };
  if (limits !== 'auto') return { gates: [{ metric, ...limits, value: null, passed: true }] };
  const learned = profile?.performance && learnedLimit(metric, profile.performance, rows);
  return learned
    ? { gates: [{ metric, ...learned, value: null, passed: true }] }
    : {
        gates,
        note: `no limit of ${metric} could be learned: the profile of the version has no chunks of its hold-out; the gates of the version hold`,
      };
};

/** Three deviations on the worse side of the mean over chunks of the hold-out (NannyML's rule). */
const learnedLimit = (
  metric: string,
  { metrics, rows: chunkRows }: PerformanceProfile,
  rows: number,
): { readonly min: number } | { readonly max: number } | undefined => {
  const moments = metrics[metric];
  if (!moments) return undefined;
  const noise = rows > 0 && rows < chunkRows ? Math.sqrt(chunkRows / rows) : 1;
  const distance = 3 * moments.std * noise;
  return metricWords(metric as MetricName).better === 'higher'
    ? { min: moments.mean - distance }
    : { max: moments.mean + distance };
};

/** Gates that say the same of a window as of a hold-out: not those of the first k rows, nor of another decision threshold, slice or version. */
export const judgeMetrics = ({ gates }: Limits, metrics: Metrics, threshold: number | null): Gates =>
  gates
    .filter(
      (gate) =>
        gate.k === undefined &&
        gate.slice === undefined &&
        gate.group === undefined &&
        gate.against === undefined &&
        (gate.threshold === undefined || gate.threshold === threshold),
    )
    .map(({ metric, threshold: decidedAt, min, max }) => {
      const value = metrics[metric] ?? null;
      const passed = value !== null && value >= (min ?? -Infinity) && value <= (max ?? Infinity);
      return {
        metric,
        ...(decidedAt !== undefined && { threshold: decidedAt }),
        ...(min !== undefined && { min }),
        ...(max !== undefined && { max }),
        value,
        passed,
      };
    });
