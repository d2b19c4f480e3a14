import { PlatformError } from '#kernel';
import { rollingOrigins, shuffledFolds, timeFolds, type Fold, type TimeFold } from '#learn';
import type { TrainingRequest } from './prepared-run';
import { joinParts, pickRows, type Part } from './part';
import type { FoldsReport, MetricNumbers } from './report/evaluation-report';

/** Learns from a part and judges by another. */
export type FitFold = (train: Part, test: Part) => MetricNumbers;

type Split = TrainingRequest['split'];

/** Cross-validation on the training rows: in order of time where the split is by time, else shuffled, entities and queries kept together. */
export const crossValidate = (
  train: Part,
  folds: number,
  { split, seed, key }: { readonly split: Split | undefined; readonly seed: number; readonly key?: string },
  fit: FitFold,
): FoldsReport => {
  if (train.times && (split === undefined || split.by === 'time')) {
    const gapMs = split?.by === 'time' ? split.gap_ms : 0;
    return {
      by: 'time',
      gap_ms: gapMs,
      asked: folds,
      ...run(train, timeFolds(train.times, folds, gapMs), fit),
    };
  }
  const entities = split?.by === 'entity' && key !== undefined ? train.texts?.[key]?.codes : undefined;
  const units =
    entities ?? (train.groups ? Uint32Array.from(train.groups) : Uint32Array.from(train.labels.keys()));
  const by = entities ? 'entity' : train.groups ? 'query' : 'random';
  return { by, asked: folds, ...run(train, shuffledFolds(units, folds, seed), fit) };
};

/** Rolling origins over all rows of the data set; undefined where these have no times. */
export const backtest = (
  train: Part,
  holdout: Part,
  {
    origins,
    horizonMs,
    gapMs,
  }: { readonly origins: number; readonly horizonMs: number; readonly gapMs: number },
  fit: FitFold,
): FoldsReport | undefined => {
  const all = joinParts(train, holdout);
  if (!all.times) return undefined;
  const folds = rollingOrigins(all.times, { origins, horizonMs, gapMs });
  return { by: 'time', gap_ms: gapMs, horizon_ms: horizonMs, asked: origins, ...run(all, folds, fit) };
};

const run = (
  part: Part,
  folds: readonly (Fold | TimeFold)[],
  fit: FitFold,
): Pick<FoldsReport, 'folds' | 'mean' | 'deviation'> => {
  const judged = folds.map((fold) => ({
    train: fold.train.length,
    test: fold.test.length,
    ...('after' in fold && {
      train_until: timeOf(fold.trainUntil),
      after: timeOf(fold.after),
      until: timeOf(fold.until),
    }),
    ...judge(() => fit(pickRows(part, fold.train), pickRows(part, fold.test))),
  }));
  const names = [...new Set(judged.flatMap(({ metrics }) => Object.keys(metrics)))];
  const valuesOf = (name: string): number[] =>
    judged.flatMap(({ metrics }) => (typeof metrics[name] === 'number' ? [metrics[name]] : []));
  const over = (of: (values: readonly number[]) => number): MetricNumbers =>
    Object.fromEntries(
      names.map((name) => {
        const values = valuesOf(name);
        return [name, values.length === 0 ? null : of(values)];
      }),
    );
  return { folds: judged, mean: over(meanOf), deviation: over(deviationOf) };
};

/** A fold that cannot be learned from (one class only, say) is told, and the others go on; a cancelled run ends. */
const judge = (work: () => MetricNumbers): { metrics: MetricNumbers; refused?: string } => {
  try {
    return { metrics: work() };
  } catch (error) {
    if (!(error instanceof PlatformError) || error.code !== 'PLAYHEAD_LEARN_INVALID') throw error;
    return { metrics: {}, refused: error.message };
  }
};

const timeOf = (ms: number): string => new Date(ms).toISOString();

const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const deviationOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return Math.sqrt(meanOf(values.map((value) => (value - mean) * (value - mean))));
};
