import {
  calibrate,
  fitErrorTree,
  profilePerformance,
  profileReference,
  writeReferenceProfile,
  type ReferenceOptions,
} from '#drift';
import { pickScored, predictedClasses, type Scored, type Task } from '#learn';
import type { JudgedModel, JudgedRequest } from './evaluation';
import { metricsFor } from './evaluation-metrics';
import type { Part } from './part';
import type { ImportanceReport } from './report/evaluation-report';

export interface ProfiledRun {
  readonly request: Pick<JudgedRequest, 'task' | 'gates'>;
  readonly features: readonly string[];
  readonly train: Part;
  readonly holdout: Part;
  readonly model: Pick<JudgedModel, 'holdout' | 'outputs'>;
  readonly importance: ImportanceReport;
}

/** What monitoring compares later windows with, as its artifact's text; depends on the data set, the model's answers and the request alone. */
export const profileOfRun = ({
  request,
  features,
  train,
  holdout,
  model,
  importance,
}: ProfiledRun): string => {
  const task = request.task as Task;
  const shares = sharesOf(features, importance);
  return writeReferenceProfile(
    profileReference(
      features.map((name, i) => ({ name, values: train.columns[i]!, importance: shares?.[i] ?? null })),
      task === 'multiclass' ? predictedClasses(model.holdout, model.outputs) : model.holdout,
      {
        times: { train: train.times, holdout: holdout.times },
        ...learnedFromHoldout(request, holdout, model),
      },
    ),
  );
};

const learnedFromHoldout = (
  { task, gates }: ProfiledRun['request'],
  holdout: Part,
  { holdout: scores, outputs }: ProfiledRun['model'],
): Pick<ReferenceOptions, 'calibration' | 'performance' | 'errors'> => {
  const { labels, times, columns } = holdout;
  const judged: Scored = { labels, scores, outputs };
  // A chunk of rows would tear the queries of a ranking apart.
  const performance =
    task === 'ranking'
      ? undefined
      : profilePerformance(
          labels.length,
          (rows) => metricsFor(task as Task, gates, pickScored(judged, rows)),
          times,
        );
  const errors = task === 'regression' ? fitErrorTree({ scores, labels, columns }) : undefined;
  return {
    ...(task === 'binary' && { calibration: calibrate(scores, labels) }),
    ...(performance && { performance }),
    ...(errors && { errors }),
  };
};

/**
 * Each feature's share in what the model goes by: of what it loses when the values change places, else of what it learned. Undefined
 * where neither is known.
 */
const sharesOf = (
  features: readonly string[],
  { permutation, learned }: ImportanceReport,
): readonly number[] | undefined =>
  normalised(
    features,
    permutation?.features.map(({ drop }) => drop),
  ) ??
  normalised(
    features,
    learned?.map(({ share }) => share),
  );

const normalised = (
  features: readonly string[],
  values: readonly number[] | undefined,
): readonly number[] | undefined => {
  const positive = values?.map((value) => (value > 0 ? value : 0));
  const sum = positive?.reduce((all, value) => all + value, 0) ?? 0;
  return sum > 0 && Number.isFinite(sum) && positive?.length === features.length
    ? positive.map((value) => value / sum)
    : undefined;
};
