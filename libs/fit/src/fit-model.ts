import type { GateMeasurement } from '#contracts';
import { Refused } from '#kernel';
import { pickScored, rowMajor, trainerOf, type FitProgress, type FittedModel, type Task } from '#learn';
import { evaluateModel, type JudgedModel, type JudgedRequest } from './evaluation';
import { metricsFor } from './evaluation-metrics';
import { cutLatest, dataSetOf, pickRows, queryOrder, sampleRows, withQueries, type Part } from './part';
import type { TrainingRequest } from './prepared-run';
import { profileOfRun } from './reference-of-run';
import { writeEvaluation, type MetricNumbers } from './report/evaluation-report';

export type { Part } from './part';

/** Everything that decides the model. Plain data, so that it can be sent to a thread. */
export interface FitJob {
  readonly request: JudgedRequest &
    Pick<TrainingRequest, 'trainer'> &
    Partial<Pick<TrainingRequest, 'query'>>;
  readonly features: readonly string[];
  readonly train: Part;
  readonly holdout: Part;
  /** The model of a trainer that is none of ours (`command`): nothing is learned, it is judged and profiled as every other. */
  readonly foreign?: ForeignModel;
}

/** A model file, and what ONNX Runtime answers with it: [rows, outputs] row after row. */
export interface ForeignModel {
  readonly onnx: Uint8Array;
  readonly train: Float64Array;
  readonly holdout: Float64Array;
}

/** What a fit gives; nothing in it depends on when or where it ran. */
export interface FittedRun {
  readonly onnx: Uint8Array;
  /** What contributions of features to the answers need beside the file, as its artifact's text; absent where that is nothing. */
  readonly explanation?: string;
  /** The reference profile, as its artifact's text. */
  readonly profile: string;
  readonly metrics: { readonly train: MetricNumbers; readonly holdout: MetricNumbers };
  /** What gates by slice and of fairness go by, by `gateMetric`. */
  readonly measured: Readonly<Record<string, GateMeasurement>>;
  /** The evaluation report, as its artifact's text. */
  readonly evaluation: string;
  /** Hold-out rows, evenly spaced, with the trainer's scores: what ONNX Runtime must answer, too. */
  readonly probe: { readonly matrix: Float32Array; readonly scores: Float64Array };
  /** Where a program fitted it. */
  readonly command?: CommandTrace;
}

/** What the program of a command trainer left beside its model. */
export interface CommandTrace {
  /** Standard output and standard error. */
  readonly logs: string;
  /** What it ran in, in words: the first line of `<program> --version`, and what it wrote to `environment.json`. */
  readonly environment: Readonly<Record<string, string>>;
  /** What it wrote to `metrics.json`; nobody judges by it. */
  readonly claimed: Readonly<Record<string, number | null>>;
  /** Other files that it left, by path. */
  readonly extras: Readonly<Record<string, Uint8Array>>;
  /** What was changed in its model file to fit the task. */
  readonly changes: readonly string[];
  readonly warnings: readonly string[];
}

export interface FitWatch {
  readonly onProgress?: (progress: FitProgress) => void;
  /** Asked between iterations; true ends the fit with PLAYHEAD_LEARN_CANCELLED. */
  readonly shouldStop?: () => boolean;
}

const PROBE_ROWS = 4_096;
/** Share of the training rows, the latest of each partition, that early stopping watches; the hold-out stays unseen. */
const VALIDATION_SHARE = 0.1;

/** @throws Refused PLAYHEAD_LEARN_INVALID where no data set could make the request learnable. */
export const assertLearnable = ({ task, trainer: { kind, parameters } }: FitJob['request']): void => {
  // What a program learns, and from which parameters, is its own matter.
  if (kind === 'command' || kind === 'imported') return;
  const faults = trainerOf(kind).faults(task as Task, parameters);
  if (faults.length > 0)
    throw new Refused('PLAYHEAD_LEARN_INVALID', `cannot train:\n  - ${faults.join('\n  - ')}`, {
      details: { faults },
    });
};

/**
 * Learns, judges and profiles a model. Blocks until done; same job, same bytes.
 * @throws Refused PLAYHEAD_LEARN_INVALID with all faults of data and parameters.
 */
export const fitModel = (job: FitJob, watch: FitWatch = {}): FittedRun => {
  const { request, features } = job;
  assertLearnable(request);
  const ordered = inQueries(job);
  const { train, holdout } = ordered;
  const model = ordered.foreign ? judgedForeign(ordered.foreign, holdout) : learn(ordered, watch);
  const { metrics, measured, report } = evaluateModel(request, features, { train, holdout }, model);
  return {
    onnx: model.onnx,
    ...(model.explanation !== undefined && { explanation: model.explanation }),
    profile: profileOfRun({ request, features, train, holdout, model, importance: report.importance }),
    metrics,
    measured,
    evaluation: writeEvaluation(report),
    probe: probeOf(holdout, model.holdout, model.outputs),
  };
};

/** A ranking learns and is judged by whole queries: their rows are brought together. */
const inQueries = (job: FitJob): FitJob => {
  if (job.request.task !== 'ranking') return job;
  const { features, request, foreign } = job;
  const side = (part: Part, scores: Float64Array | undefined) => {
    const order = queryOrder(part, features, request.query);
    const outputs = scores ? scores.length / part.labels.length : 1;
    return {
      part: withQueries(part, order),
      scores: scores && pickScored({ labels: part.labels, scores, outputs }, order.rows).scores,
    };
  };
  const train = side(job.train, foreign?.train);
  const holdout = side(job.holdout, foreign?.holdout);
  return {
    ...job,
    train: train.part,
    holdout: holdout.part,
    ...(foreign && { foreign: { onnx: foreign.onnx, train: train.scores!, holdout: holdout.scores! } }),
  };
};

type FittedFile = JudgedModel & Pick<FittedRun, 'onnx' | 'explanation'>;

const judgedForeign = (foreign: ForeignModel, { labels }: Part): FittedFile => ({
  ...foreign,
  outputs: Math.max(1, foreign.holdout.length / Math.max(1, labels.length)),
});

/** One of our own trainers, and its answers. */
const learn = ({ request, features, train, holdout }: FitJob, watch: FitWatch): FittedFile => {
  const model = fitTrainer(request, features, train, watch);
  const { outputs, importance } = model;
  const task = request.task as Task;
  return {
    onnx: model.toOnnx(),
    ...(model.explanation && { explanation: model.explanation() }),
    outputs,
    importance,
    train: model.predict(rowMajor(train.columns)),
    holdout: model.predict(rowMajor(holdout.columns)),
    predict: (rows) => model.predict(rows),
    ...(model.contributions && { contributions: (rows: Float32Array) => model.contributions!(rows) }),
    fitFold: (learned, judged) => {
      const fold = fitTrainer(request, features, learned, { shouldStop: watch.shouldStop });
      const { labels, groups } = judged;
      const scores = fold.predict(rowMajor(judged.columns));
      return metricsFor(task, request.gates, { labels, scores, outputs: fold.outputs, groups });
    },
  };
};

export const fitTrainer = (
  { task, trainer: { kind, parameters }, seed }: FitJob['request'],
  features: readonly string[],
  train: Part,
  { onProgress, shouldStop }: FitWatch,
): FittedModel => {
  const stopsEarly = Number(parameters['early_stopping_rounds'] ?? 0) > 0;
  const { rows, latest } = stopsEarly
    ? cutLatest(train, VALIDATION_SHARE)
    : { rows: train, latest: undefined };
  return trainerOf(kind).fit(dataSetOf(features, rows), parameters, {
    task: task as Task,
    seed,
    ...(latest && { validation: dataSetOf(features, latest) }),
    ...(onProgress && { onProgress }),
    ...(shouldStop && { shouldStop }),
  });
};

const probeOf = (holdout: Part, scores: Float64Array, outputs: number): FittedRun['probe'] => {
  const { groups: _, ...part } = holdout;
  const rows = sampleRows(part, PROBE_ROWS);
  return {
    matrix: rowMajor(pickRows(part, rows).columns),
    scores: pickScored({ labels: part.labels, scores, outputs }, rows).scores,
  };
};
