import type { GateMeasurement } from '#contracts';
import {
  METRICS,
  bootstrapIntervals,
  calibrationCurve,
  cheapestThreshold,
  compileMeasure,
  confusionMatrix,
  decisionsAt,
  meanContributions,
  permutationImportance,
  predictedClasses,
  quantile,
  rowMajor,
  type MetricName,
  type Scored,
  type Task,
} from '#learn';
import { backtest, crossValidate, type FitFold } from './evaluation-folds';
import { measureGroups, reportFairness, reportSlices } from './evaluation-groups';
import { metricsFor, wantedMetrics } from './evaluation-metrics';
import { groupingOf, pickRows, sampleRows, type Part } from './part';
import type { TrainingRequest } from './prepared-run';
import type {
  CostsReport,
  DecisionsReport,
  EvaluationReport,
  ExplainedRow,
  ImportanceReport,
  IntervalsReport,
  MetricNumbers,
  PartSummary,
} from './report/evaluation-report';

/** What of a request decides how its model is judged. */
export type JudgedRequest = Pick<TrainingRequest, 'task' | 'seed' | 'gates'> &
  Partial<Pick<TrainingRequest, 'split' | 'evaluate'>> & {
    /** The name of the entity. */
    readonly key?: string;
  };

/** A model, as far as it is judged: what it answers, and what can be asked of it. */
export interface JudgedModel {
  /** Numbers for each row. */
  readonly outputs: number;
  /** [rows, outputs] row after row. */
  readonly train: Float64Array;
  readonly holdout: Float64Array;
  /** Absent of models made elsewhere, which have no answer in this thread. */
  readonly predict?: (rows: Float32Array) => Float64Array;
  readonly contributions?: (rows: Float32Array) => Float64Array;
  readonly importance?: Float64Array;
  /** Learns anew, for folds. */
  readonly fitFold?: FitFold;
}

export interface Evaluation {
  readonly metrics: { readonly train: MetricNumbers; readonly holdout: MetricNumbers };
  /** What gates by slice and of fairness go by, by `gateMetric`. */
  readonly measured: Readonly<Record<string, GateMeasurement>>;
  readonly report: EvaluationReport;
}

const SAMPLES = 200;
const CONFIDENCE = 0.95;
/** A class each takes a pass over the rows: with more classes their metric has no interval. */
const MOST_CLASSES_SAMPLED = 32;
const MOST_CLASSES_SHOWN = 50;
const PERMUTED_ROWS = 4_096;
const PERMUTED_PREDICTIONS = 1_000_000;
const REPEATS = 3;
const CONTRIBUTED_ROWS = 256;
const EXPLAINED_ROWS = 20;

/** Judges a model by the rows of its data set: everything in it depends on these and the request alone. */
export const evaluateModel = (
  request: JudgedRequest,
  features: readonly string[],
  parts: { readonly train: Part; readonly holdout: Part },
  model: JudgedModel,
): Evaluation => {
  const task = request.task as Task;
  const { gates, evaluate = {} } = request;
  const { train, holdout } = parts;
  const scored = (part: Part, scores: Float64Array): Scored => ({
    labels: part.labels,
    scores,
    outputs: model.outputs,
    ...(part.groups && { groups: part.groups }),
  });
  const judged = scored(holdout, model.holdout);
  const metrics = {
    train: metricsFor(task, gates, scored(train, model.train)),
    holdout: metricsFor(task, gates, judged),
  };
  const groupings = (field: string) => groupingOf(holdout, features, field);
  const sliced = [...new Set([...(evaluate.slices ?? []), ...gates.flatMap(({ slice }) => slice ?? [])])];
  const compared = [
    ...new Set([
      ...(evaluate.fairness ? [evaluate.fairness.group] : []),
      ...gates.flatMap(({ group }) => group ?? []),
    ]),
  ];
  const samples = evaluate.bootstrap ?? SAMPLES;
  const report: EvaluationReport = {
    version: 1,
    task,
    rows: { train: summaryOf(task, train, model.outputs), holdout: summaryOf(task, holdout, model.outputs) },
    metrics,
    ...(samples > 0 && { intervals: intervalsOf(request, judged, samples) }),
    ...(task === 'binary' && binaryParts(request, judged)),
    ...(task === 'multiclass' && model.outputs <= MOST_CLASSES_SHOWN && { confusion: confusionOf(judged) }),
    ...(task === 'regression' && holdout.labels.length > 0 && { errors: errorsOf(judged) }),
    slices: sliced.flatMap((field) => {
      const grouping = groupings(field);
      return grouping ? [reportSlices(task, judged, field, grouping, gates)] : [];
    }),
    fairness:
      task !== 'binary'
        ? []
        : compared.flatMap((field) => {
            const grouping = groupings(field);
            const asked = gates.find(({ group }) => group === field)?.threshold ?? 0.5;
            const reference = evaluate.fairness?.group === field ? evaluate.fairness.reference : undefined;
            return grouping ? [reportFairness(judged, field, grouping, asked, reference)] : [];
          }),
    ...foldsOf(request, parts, model.fitFold),
    importance: importanceOf(request, features, holdout, model),
    ...explainedRows(task, features, holdout, model),
  };
  return {
    metrics,
    measured: measureGroups(task, judged, gates, groupings, evaluate.fairness),
    report,
  };
};

const summaryOf = (task: Task, { labels, times, groups }: Part, outputs: number): PartSummary => {
  const known = labels.filter((label) => !Number.isNaN(label));
  const timeOf = (end: (a: number, b: number) => number): string | undefined => {
    const time = times && times.length > 0 ? times.reduce((a, b) => end(a, b)) : Number.NaN;
    return Number.isNaN(time) ? undefined : new Date(time).toISOString();
  };
  const [from, to] = [timeOf(Math.min), timeOf(Math.max)];
  const classes = (): number[] => {
    const counts = new Array<number>(outputs).fill(0);
    for (const label of known) counts[label]! += 1;
    return counts;
  };
  return {
    rows: labels.length,
    labelled: known.length,
    label_mean: known.length === 0 ? null : known.reduce((sum, label) => sum + label, 0) / known.length,
    ...(task === 'multiclass' && { classes: classes() }),
    ...(groups && { queries: new Set(groups).size }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
};

const intervalsOf = (
  { task, gates, seed }: JudgedRequest,
  scored: Scored,
  samples: number,
): IntervalsReport => {
  const wanted = wantedMetrics(task as Task, gates).filter(
    ({ wanted: { metric } }) => metric !== 'roc_auc_ovr' || scored.outputs <= MOST_CLASSES_SAMPLED,
  );
  const measure = compileMeasure(
    task as Task,
    scored,
    wanted.map((each) => each.wanted),
  );
  const intervals = bootstrapIntervals(measure, { resamples: samples, confidence: CONFIDENCE, seed });
  return {
    method: 'percentile bootstrap',
    samples,
    confidence: CONFIDENCE,
    seed,
    unit: task === 'ranking' ? 'query' : 'row',
    holdout: Object.fromEntries(wanted.map(({ name }, index) => [name, intervals[index] ?? null])),
  };
};

const binaryParts = (
  { gates, evaluate }: JudgedRequest,
  { labels, scores }: Scored,
): Pick<EvaluationReport, 'calibration' | 'decisions' | 'costs'> => {
  const costs = evaluate?.costs && costsOf(evaluate.costs, labels, scores);
  const thresholds = new Set([
    0.5,
    ...gates.flatMap(({ threshold }) => threshold ?? []),
    ...(costs ? [costs.calibrated_threshold, ...(costs.threshold === null ? [] : [costs.threshold])] : []),
  ]);
  return {
    calibration: {
      equal_width: calibrationCurve(labels, scores, { by: 'width' }),
      equal_count: calibrationCurve(labels, scores, { by: 'count' }),
    },
    decisions: [...thresholds].sort((a, b) => a - b).map((at) => decisionsReport(labels, scores, at)),
    ...(costs && { costs }),
  };
};

const costsOf = (
  { false_positive, false_negative }: NonNullable<NonNullable<JudgedRequest['evaluate']>['costs']>,
  labels: Float64Array,
  scores: Float64Array,
): CostsReport | undefined => {
  const costs = { falsePositive: false_positive, falseNegative: false_negative };
  const found = false_positive + false_negative > 0 ? cheapestThreshold(labels, scores, costs) : null;
  if (!found) return undefined;
  return {
    false_positive,
    false_negative,
    threshold: found.threshold,
    cost: found.cost,
    calibrated_threshold: found.calibrated,
    calibrated_cost: found.costCalibrated,
    cost_of_none: found.costOfNone,
    cost_of_all: found.costOfAll,
  };
};

const decisionsReport = (labels: Float64Array, scores: Float64Array, threshold: number): DecisionsReport => {
  const { truePositives, falsePositives, falseNegatives, trueNegatives, ...rates } = decisionsAt(
    labels,
    scores,
    threshold,
  );
  return {
    threshold,
    true_positives: truePositives,
    false_positives: falsePositives,
    false_negatives: falseNegatives,
    true_negatives: trueNegatives,
    ...rates,
  };
};

const confusionOf = ({ labels, scores, outputs }: Scored): number[][] => {
  const counts = confusionMatrix(labels, predictedClasses(scores, outputs), outputs);
  return Array.from({ length: outputs }, (_, row) => [
    ...counts.subarray(row * outputs, (row + 1) * outputs),
  ]);
};

const errorsOf = ({ labels, scores }: Scored): NonNullable<EvaluationReport['errors']> => {
  const errors = labels.map((label, row) => scores[row]! - label).sort();
  const at = (share: number): number => quantile(errors, share);
  return { p05: at(0.05), p25: at(0.25), p50: at(0.5), p75: at(0.75), p95: at(0.95) };
};

const foldsOf = (
  { evaluate, split, seed, key }: JudgedRequest,
  { train, holdout }: { readonly train: Part; readonly holdout: Part },
  fit: FitFold | undefined,
): Pick<EvaluationReport, 'folds' | 'backtest'> => {
  if (!fit || !evaluate) return {};
  const origins = evaluate.backtest && {
    origins: evaluate.backtest.origins,
    horizonMs: evaluate.backtest.horizon_ms,
    gapMs: split?.by === 'time' ? split.gap_ms : 0,
  };
  const tested = origins && backtest(train, holdout, origins, fit);
  return {
    ...(evaluate.folds !== undefined && {
      folds: crossValidate(train, evaluate.folds, { split, seed, key }, fit),
    }),
    ...(tested && { backtest: tested }),
  };
};

/** What permutation importance goes by: it has a value on nearly all rows, and every wrong answer moves it. */
const METRIC_OF_TASK: Readonly<Record<Task, MetricName>> = {
  binary: 'log_loss',
  multiclass: 'log_loss',
  regression: 'rmse',
  anomaly: 'roc_auc',
  ranking: 'ndcg',
};

const importanceOf = (
  { task, seed, gates }: JudgedRequest,
  features: readonly string[],
  holdout: Part,
  { predict, contributions, importance }: JudgedModel,
): ImportanceReport => {
  const learned = importance && features.map((feature, i) => ({ feature, share: importance[i]! }));
  const metric = METRIC_OF_TASK[task as Task];
  const k = gates.find((gate) => gate.metric === metric)?.k;
  const affordable = Math.floor(PERMUTED_PREDICTIONS / (features.length * REPEATS));
  const rows = sampleRows(holdout, Math.max(1, Math.min(PERMUTED_ROWS, affordable)));
  const sample = pickRows(holdout, rows);
  const permuted =
    predict &&
    permutationImportance(
      task as Task,
      { featureNames: features, matrix: rowMajor(sample.columns), ...sampleLabels(sample) },
      predict,
      { metric, repeats: REPEATS, seed, k },
    );
  const few = pickRows(holdout, sampleRows(holdout, CONTRIBUTED_ROWS));
  const means = contributions && meanContributions(contributions(rowMajor(few.columns)), features.length);
  return {
    ...(learned && { learned }),
    ...(permuted && {
      permutation: { metric, rows: rows.length, repeats: REPEATS, seed, features: permuted },
    }),
    ...(means && {
      contributions: {
        rows: few.labels.length,
        features: features.map((feature, i) => ({ feature, mean: means[i]! })),
      },
    }),
  };
};

const sampleLabels = ({ labels, groups }: Part): { labels: Float64Array; groups?: Float64Array } => ({
  labels,
  ...(groups && { groups }),
});

const explainedRows = (
  task: Task,
  features: readonly string[],
  holdout: Part,
  { contributions, holdout: scores, outputs }: JudgedModel,
): Pick<EvaluationReport, 'explained'> => {
  if (!contributions || holdout.labels.length === 0) return {};
  const rows = Uint32Array.from({ length: Math.min(EXPLAINED_ROWS, holdout.labels.length) }, (_, row) => row);
  const parts = contributions(rowMajor(pickRows(holdout, rows).columns));
  const width = features.length + 1;
  const classes = task === 'multiclass' ? predictedClasses(scores, outputs) : undefined;
  const explained = Array.from(rows, (row): ExplainedRow => {
    const output = classes?.[row] ?? 0;
    const at = (row * outputs + output) * width;
    const label = holdout.labels[row]!;
    return {
      row,
      label: Number.isNaN(label) ? null : label,
      score: scores[row * outputs + output]!,
      ...(classes && { class: output }),
      base: parts[at + width - 1]!,
      contributions: Object.fromEntries(features.map((feature, i) => [feature, parts[at + i]!])),
    };
  });
  return { explained };
};

/** Whether a greater value of the metric is better: +1, or -1. */
export const directionOf = (metric: MetricName): 1 | -1 => (METRICS[metric].better === 'higher' ? 1 : -1);
