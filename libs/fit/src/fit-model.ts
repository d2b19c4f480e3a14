import { gateMetric } from '#contracts';
import { profileReference, writeReferenceProfile } from '#drift';
import { Refused } from '#kernel';
import {
  evaluate,
  rowMajor,
  trainerOf,
  type DataSet,
  type FitProgress,
  type MetricName,
  type Task,
} from '#learn';
import type { TrainingRequest } from './prepared-run';

type Metrics = Record<string, number | null>;

/** A part of the data set by columns, in the canonical order of its rows: (trigger partition, offset). */
export interface Part {
  /** Trigger partition of each row. */
  readonly partitions: Float64Array;
  readonly columns: readonly Float64Array[];
  readonly labels: Float64Array;
}

/** Everything that decides the model. Plain data, so that it can be sent to a thread. */
export interface FitJob {
  readonly request: Pick<TrainingRequest, 'task' | 'trainer' | 'seed' | 'gates'>;
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
  /** The reference profile, as its artifact's text. */
  readonly profile: string;
  readonly metrics: { readonly train: Metrics; readonly holdout: Metrics };
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
  if (kind === 'command') return;
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
  const { request, features, train, holdout } = job;
  assertLearnable(request);
  const answers = job.foreign ?? learn(job, watch);
  const judge = (labels: Float64Array, scores: Float64Array): Metrics =>
    metricsFor(request.task as Task, request.gates, labels, scores);
  return {
    onnx: answers.onnx,
    profile: writeReferenceProfile(
      profileReference(
        features.map((name, i) => ({ name, values: train.columns[i]! })),
        answers.holdout,
      ),
    ),
    metrics: {
      train: judge(train.labels, answers.train),
      holdout: judge(holdout.labels, answers.holdout),
    },
    probe: probeOf(holdout, answers.holdout),
  };
};

/** One of our own trainers, and its answers. */
const learn = ({ request, features, train, holdout }: FitJob, watch: FitWatch): ForeignModel => {
  const task = request.task as Task;
  const { kind, parameters } = request.trainer;
  const stopsEarly = Number(parameters['early_stopping_rounds'] ?? 0) > 0;
  const { rows, validation } = stopsEarly ? withValidation(train) : { rows: train, validation: undefined };
  const model = trainerOf(kind).fit(dataSet(features, rows), parameters, {
    task,
    seed: request.seed,
    ...(validation && { validation: dataSet(features, validation) }),
    ...watch,
  });
  return {
    onnx: model.toOnnx(),
    train: model.predict(rowMajor(train.columns)),
    holdout: model.predict(rowMajor(holdout.columns)),
  };
};

/** All metrics of the task; beside them, under its own name, each that a gate wants at another threshold or k. */
export const metricsFor = (
  task: Task,
  gates: TrainingRequest['gates'],
  labels: Float64Array,
  scores: Float64Array,
): Metrics => {
  const metrics: Metrics = { ...evaluate(task, labels, scores) };
  for (const gate of gates) {
    const name = gateMetric(gate);
    if (name in metrics) continue;
    const { threshold, k } = gate;
    metrics[name] = evaluate(task, labels, scores, { threshold, k })[gate.metric as MetricName] ?? null;
  }
  return metrics;
};

const dataSet = (featureNames: readonly string[], { columns, labels }: Part): DataSet => ({
  featureNames,
  columns,
  labels,
});

/** Cuts off the latest rows of each partition: rows stand in log order, so what early stopping watches lies after what is learned from. */
const withValidation = (part: Part): { readonly rows: Part; readonly validation: Part } => {
  const { partitions } = part;
  const learned: number[] = [];
  const watched: number[] = [];
  for (let from = 0; from < partitions.length;) {
    let to = from;
    while (to < partitions.length && partitions[to] === partitions[from]) to++;
    const cut = to - Math.floor((to - from) * VALIDATION_SHARE);
    for (let row = from; row < to; row++) (row < cut ? learned : watched).push(row);
    from = to;
  }
  return { rows: pick(part, learned), validation: pick(part, watched) };
};

const pick = ({ partitions, columns, labels }: Part, rows: readonly number[]): Part => {
  const of = (column: Float64Array): Float64Array => Float64Array.from(rows, (row) => column[row]!);
  return { partitions: of(partitions), columns: columns.map(of), labels: of(labels) };
};

const probeOf = ({ columns }: Part, scores: Float64Array): FittedRun['probe'] => {
  const size = Math.min(PROBE_ROWS, scores.length);
  const rows = Array.from({ length: size }, (_, i) => Math.floor((i * scores.length) / size));
  return {
    matrix: rowMajor(columns.map((column) => Float64Array.from(rows, (row) => column[row]!))),
    scores: Float64Array.from(rows, (row) => scores[row]!),
  };
};
