import type { GateMeasurement, JudgedGate } from '#contracts';
import { METRICS, type MetricName, type Task } from '#learn';
import type { FitEnvironment, ModelManifest } from '../model-manifest';
import type { EvaluationReport, MetricNumbers, PartSummary } from './evaluation-report';

/** What a card is made from: facts, and the two artifacts that they name, where there are such. */
export interface CardFacts {
  readonly model: string;
  readonly task: Task;
  readonly run: string;
  /** Given once it is registered. */
  readonly version?: number;
  readonly revision: string;
  readonly definition: string;
  readonly origin?: string;
  readonly trainer: string;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly seed: number;
  readonly files: {
    readonly artifact: string;
    readonly profile?: string;
    readonly manifest: string;
    readonly evaluation?: string;
  };
  /** Digest of the rows. */
  readonly dataset: string;
  readonly features: readonly string[];
  readonly metrics: { readonly train?: MetricNumbers; readonly holdout: MetricNumbers };
  readonly measured?: Readonly<Record<string, GateMeasurement>>;
  readonly seconds?: number;
  readonly manifest?: ModelManifest;
  readonly report?: EvaluationReport;
  readonly governance?: Governance;
}

/** What was decided about a version, as of when the card was asked for. */
export interface Governance {
  readonly status: string;
  readonly registered_at: string;
  readonly description?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly gates: readonly JudgedGate[];
  readonly review: {
    readonly verdict: string;
    readonly by: string;
    readonly at?: string;
    readonly comment?: string;
  } | null;
  readonly aliases: readonly string[];
}

/** A model card (Mitchell et al., "Model cards for model reporting", 2019), generated from facts: nothing in it is written by hand. */
export interface ModelCard {
  readonly version: 1;
  readonly model_details: {
    readonly name: string;
    readonly version: number | null;
    readonly task: Task;
    readonly origin: string;
    readonly run: string;
    readonly definition: string;
    readonly revision: string;
    readonly trainer: string;
    readonly parameters: Readonly<Record<string, unknown>>;
    readonly seed: number;
    readonly artifact: string;
    readonly size_bytes: number | null;
    readonly latency_ms: { readonly p50: number; readonly p99: number; readonly rows: number } | null;
    readonly fitted_in_seconds: number | null;
    readonly code: string | null;
    readonly runtime: FitEnvironment['runtime'] | null;
  };
  readonly intended_use: {
    readonly answers: string;
    readonly label: { readonly name: string; readonly field: string; readonly maturity_ms: number } | null;
    readonly service: string | null;
    readonly entity: string | null;
    readonly features: readonly string[];
    readonly description: string | null;
  };
  readonly data: {
    readonly digest: string;
    readonly split: unknown;
    readonly as_of: string | null;
    readonly train: PartSummary | { readonly rows: number } | null;
    readonly holdout: PartSummary | { readonly rows: number } | null;
    readonly read: ModelManifest['dataset']['cut'];
  };
  readonly metrics: readonly CardMetric[];
  /** The report as it is, but for its metrics and explained rows: slices, fairness, calibration, decisions, folds, importance. */
  readonly analyses: Omit<
    EvaluationReport,
    'version' | 'task' | 'metrics' | 'rows' | 'explained' | 'intervals'
  > | null;
  readonly intervals: { readonly samples: number; readonly confidence: number; readonly unit: string } | null;
  /** Differences to other versions, by paired bootstrap on the same rows. */
  readonly compared: readonly ({ readonly name: string } & GateMeasurement)[];
  readonly caveats: readonly string[];
  readonly governance: Governance | null;
  readonly reproduction: { readonly command: string | null; readonly manifest: string };
}

export interface CardMetric {
  readonly name: string;
  readonly better: 'higher' | 'lower' | null;
  readonly holdout: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly train: number | null;
}

export const cardOf = (facts: CardFacts): ModelCard => {
  const { manifest, report, measured = {}, metrics, version, governance } = facts;
  const { p50, p99 } = { p50: measured['latency_p50_ms'], p99: measured['latency_p99_ms'] };
  const label = manifest?.dataset.label as ModelManifest['dataset']['label'] | undefined;
  const service = manifest?.dataset.service;
  return {
    version: 1,
    model_details: {
      name: facts.model,
      version: version ?? null,
      task: facts.task,
      origin: facts.origin ?? 'trained',
      run: facts.run,
      definition: facts.definition,
      revision: facts.revision,
      trainer: facts.trainer,
      parameters: facts.parameters,
      seed: facts.seed,
      artifact: facts.files.artifact,
      size_bytes: measured['size_bytes']?.value ?? null,
      latency_ms:
        typeof p50?.value === 'number' && typeof p99?.value === 'number'
          ? { p50: p50.value, p99: p99.value, rows: p99.rows ?? 0 }
          : null,
      fitted_in_seconds: facts.seconds ?? null,
      code: manifest?.code ?? null,
      runtime: manifest?.runtime ?? null,
    },
    intended_use: {
      answers: ANSWERS[facts.task],
      label: label ? { name: label.name, field: label.value, maturity_ms: label.maturity_ms } : null,
      service: service ? `${service.name} revision ${service.revision}` : null,
      entity: service?.key ?? null,
      features: facts.features,
      description: governance?.description ?? null,
    },
    data: {
      digest: facts.dataset,
      split: manifest?.dataset.split ?? null,
      as_of: manifest?.dataset.as_of ?? null,
      train: report?.rows.train ?? (manifest ? { rows: manifest.dataset.train.rows } : null),
      holdout: report?.rows.holdout ?? (manifest ? { rows: manifest.dataset.holdout.rows } : null),
      read: manifest?.dataset.cut ?? [],
    },
    metrics: Object.keys(metrics.holdout)
      .sort()
      .map((name) => ({
        name,
        better: METRICS[name.replace(/@.*/, '') as MetricName]?.better ?? null,
        holdout: metrics.holdout[name] ?? null,
        low: report?.intervals?.holdout[name]?.low ?? null,
        high: report?.intervals?.holdout[name]?.high ?? null,
        train: metrics.train?.[name] ?? null,
      })),
    analyses: report ? analysesOf(report) : null,
    intervals: report?.intervals
      ? {
          samples: report.intervals.samples,
          confidence: report.intervals.confidence,
          unit: report.intervals.unit,
        }
      : null,
    compared: Object.entries(measured).flatMap(([name, found]) =>
      found.version === undefined ? [] : [{ name, ...found }],
    ),
    caveats: caveatsOf(facts),
    governance: governance ?? null,
    reproduction: {
      command:
        version === undefined || manifest === undefined
          ? null
          : facts.origin === 'online'
            ? `playhead train ${facts.model} --as-of ${manifest.dataset.cut.map(({ partition, to }) => `${partition}:${to}`).join(',')}`
            : `playhead replay rebuild ${facts.model}@${version}`,
      manifest: facts.files.manifest,
    },
  };
};

const ANSWERS: Readonly<Record<Task, string>> = {
  binary: 'the probability that the label is 1',
  multiclass: 'a probability for each class',
  regression: 'a number: the value of the label that is to be expected',
  anomaly: 'how strange a row is: greater is stranger',
  ranking: 'how well a row belongs to its query: greater is better',
};

/** With its article: an anomaly model, a binary model. */
export const aModel = (task: Task): string => `${task === 'anomaly' ? 'an' : 'a'} ${task} model`;

const analysesOf = ({
  version: _version,
  task: _task,
  metrics: _metrics,
  rows: _rows,
  explained: _explained,
  intervals: _intervals,
  ...analyses
}: EvaluationReport): NonNullable<ModelCard['analyses']> => analyses;

/** What a reader must know of how the numbers came about. */
const caveatsOf = ({ report, measured, manifest, task, origin }: CardFacts): string[] => {
  const caveats: string[] = [];
  const holdout = report?.rows.holdout;
  if (!report) caveats.push('There is no evaluation report: only the metrics above were measured.');
  if (origin === 'online')
    caveats.push(
      'It learns from each label: the hold-out are the last predictions that were made before their label was known, and it has learned from these rows since; the split of the definition plays no part.',
    );
  else if (manifest?.dataset.split.by === 'random')
    caveats.push(
      'The hold-out was drawn at random: rows of one entity are on both sides, and what comes later was seen in training.',
    );
  if (report?.intervals?.unit === 'row')
    caveats.push('Intervals take rows to be independent; rows of one entity are not quite.');
  if (
    holdout &&
    task === 'binary' &&
    holdout.label_mean !== null &&
    holdout.labelled * holdout.label_mean < 50
  )
    caveats.push(
      `The hold-out has ${Math.round(holdout.labelled * holdout.label_mean)} positives: see the intervals.`,
    );
  if (holdout && holdout.labelled < holdout.rows)
    caveats.push(
      `Only ${holdout.labelled} of ${holdout.rows} rows of the hold-out have a label to judge by.`,
    );
  if (report?.costs)
    caveats.push(
      'The threshold of least cost was chosen on the rows that it is judged by: later ones will cost more.',
    );
  for (const { field, small_groups } of report?.fairness ?? [])
    if (small_groups > 0)
      caveats.push(`${small_groups} values of ${field} have too few rows for their rates to be compared.`);
  if (measured?.['latency_p99_ms'])
    caveats.push(
      'Latency is of one row in ONNX Runtime on the machine that trained, one after the other, in the quietest of three rounds.',
    );
  return caveats;
};
