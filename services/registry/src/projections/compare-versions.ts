import type { RunDocument, VersionDocument } from './documents';

type Value = string | number | boolean | null;

/** One thing that differs; null where a side does not have it. */
export interface Difference {
  readonly name: string;
  readonly from: Value;
  readonly to: Value;
}

export interface MetricDifference extends Difference {
  readonly from: number | null;
  readonly to: number | null;
  /** to - from; null where a side has no value. */
  readonly delta: number | null;
}

export interface VersionComparison {
  readonly from: string;
  readonly to: string;
  /** Task, trainer, seed and parameters. */
  readonly parameters: readonly Difference[];
  /** Of the hold-out; equal ones too, so that the table is whole. */
  readonly metrics: readonly MetricDifference[];
  readonly features: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    /** The same features in another order. */
    readonly reordered: boolean;
    /** Names are the same, what they mean is not: another revision of the service. */
    readonly definition: Difference | null;
  };
  /** What it was trained on, and by which definition of the model. */
  readonly data: readonly Difference[];
}

export interface ComparedVersion {
  readonly version: VersionDocument;
  /** The run that it came from: how many rows, as known when, from which offsets. */
  readonly run: Pick<RunDocument, 'rows' | 'asOf' | 'cut'> | undefined;
}

/** In what two versions differ: parameters, metrics, features and data. Pure. */
export const compareVersions = (from: ComparedVersion, to: ComparedVersion): VersionComparison => ({
  from: nameOf(from.version),
  to: nameOf(to.version),
  parameters: differences(parametersOf(from.version), parametersOf(to.version)),
  metrics: compareMetrics(from.version.metrics.holdout, to.version.metrics.holdout),
  features: compareFeatures(from.version.service, to.version.service),
  data: differences(dataOf(from), dataOf(to)),
});

const nameOf = ({ model, version }: VersionDocument): string => `${model}@${version}`;

type Values = Readonly<Record<string, Value>>;

const parametersOf = ({ task, trainer, seed, parameters }: VersionDocument): Values => ({
  task,
  trainer,
  seed,
  ...Object.fromEntries(
    Object.entries(parameters).map(([name, value]) => [
      name,
      typeof value === 'object' ? JSON.stringify(value) : value,
    ]),
  ),
});

const dataOf = ({ version, run }: ComparedVersion): Values => ({
  dataset: version.dataset,
  trainRows: run?.rows?.train ?? null,
  holdoutRows: run?.rows?.holdout ?? null,
  asOf: run?.asOf ?? null,
  cut: run?.cut ? run.cut.map(({ topic, partition, to }) => `${topic}:${partition}-${to}`).join(' ') : null,
  modelDefinition: version.definition,
});

const differences = (from: Values, to: Values): readonly Difference[] =>
  names(from, to)
    .map((name) => ({ name, from: from[name] ?? null, to: to[name] ?? null }))
    .filter((difference) => difference.from !== difference.to);

const compareMetrics = (
  from: Readonly<Record<string, number | null>>,
  to: Readonly<Record<string, number | null>>,
): readonly MetricDifference[] =>
  names(from, to).map((name) => {
    const [a, b] = [from[name] ?? null, to[name] ?? null];
    return { name, from: a, to: b, delta: a === null || b === null ? null : b - a };
  });

const compareFeatures = (
  from: VersionDocument['service'],
  to: VersionDocument['service'],
): VersionComparison['features'] => {
  const added = to.features.filter((name) => !from.features.includes(name));
  const removed = from.features.filter((name) => !to.features.includes(name));
  const reordered = added.length + removed.length === 0 && from.features.join() !== to.features.join();
  const [a, b] = [revisionOf(from), revisionOf(to)];
  return {
    added,
    removed,
    reordered,
    definition: from.digest === to.digest ? null : { name: 'definition', from: a, to: b },
  };
};

const revisionOf = ({ name, revision, digest }: VersionDocument['service']): string =>
  `${name} revision ${revision} (${digest.slice(0, 12)})`;

const names = (from: object, to: object): readonly string[] => [
  ...new Set([...Object.keys(from), ...Object.keys(to)]),
];
