import { rowMajor, type MetricName, type Task } from '#learn';
import { crossValidate, type FitFold } from './evaluation-folds';
import { metricsFor } from './evaluation-metrics';
import { assertLearnable, fitTrainer, type FitJob, type FitWatch } from './fit-model';
import { cutLatest, pickRows, queryOrder, sampleRows, withQueries, type Part } from './part';

/** Parameters to try. Plain data, so that it can be sent to a thread. */
export interface TrialJob extends Pick<FitJob, 'request' | 'features'> {
  /** All training rows: what judges is cut from them, the hold-out stays unseen. */
  readonly train: Part;
  readonly metric: MetricName;
  /** Share of the rows to learn from, evenly spaced. */
  readonly rows: number;
}

/** Share of the training rows, the latest of each partition, that judges a trial. */
export const TRIAL_SHARE = 0.2;

/**
 * What a trainer's parameters reach: on the latest training rows, or as the mean over the folds that the request asks for; null where
 * the metric has no value there. Blocks until done; same job, same answer.
 * @throws Refused PLAYHEAD_LEARN_INVALID with all faults of data and parameters.
 */
export const fitTrial = (job: TrialJob, watch: FitWatch = {}): number | null => {
  const { request, features, metric, rows } = job;
  assertLearnable(request);
  const judge: FitFold = (learned, judged) => {
    const model = fitTrainer(request, features, thinned(learned, rows), watch);
    const { labels, groups, columns } = judged;
    const scores = model.predict(rowMajor(columns));
    return metricsFor(request.task as Task, [], { labels, scores, outputs: model.outputs, groups });
  };
  const train = inQueries(job);
  const folds = request.evaluate?.folds;
  if (folds !== undefined) {
    const { split, seed, key } = request;
    return crossValidate(train, folds, { split, seed, key }, judge).mean[metric] ?? null;
  }
  const parts = cutLatest(train, TRIAL_SHARE);
  return parts.latest.labels.length === 0 ? null : (judge(parts.rows, parts.latest)[metric] ?? null);
};

const inQueries = ({ request: { task, query }, features, train }: TrialJob): Part =>
  task === 'ranking' ? withQueries(train, queryOrder(train, features, query)) : train;

export const thinned = (part: Part, share: number): Part =>
  share === 1 ? part : pickRows(part, sampleRows(part, Math.max(1, Math.round(part.labels.length * share))));
