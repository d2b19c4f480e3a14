import type { DeploymentFact, EventOf, RolloutJudged } from '#contracts';
import type { BinaryPerformance } from '#drift';
import type { Measure, RouteCounts } from './route-counts';

export type Rollout = NonNullable<DeploymentFact['rollout']>;
type Limit = Rollout['abort'][number];
type Judged = EventOf<typeof RolloutJudged>;
export type Measured = Judged['measured'][number];

/** What is known of one version in a rollout. */
export interface Seen {
  readonly counts: RouteCounts;
  readonly labels: BinaryPerformance | undefined;
}

const LABELLED = ['accuracy', 'precision', 'recall', 'log_loss', 'brier'] as const;
type Labelled = (typeof LABELLED)[number];

const isLabelled = (metric: string): metric is Labelled => (LABELLED as readonly string[]).includes(metric);

/** What a limit may name, of one version. */
export const measure = (metric: string, { counts, labels }: Seen): Measure => {
  if (isLabelled(metric)) {
    const report = labels?.report();
    return { value: report?.metrics[metric] ?? null, rows: report?.rows ?? 0 };
  }
  switch (metric) {
    case 'error_rate':
      return counts.errorRate;
    case 'latency_p50_ms':
      return counts.latencyAt(0.5);
    case 'latency_p99_ms':
      return counts.latencyAt(0.99);
    case 'positive_rate':
      return counts.positiveRate;
    case 'mean_score':
      return counts.meanScore;
    default:
      return { value: null, rows: 0 };
  }
};

/** Holds the new version against a limit; undecided with too few rows, of either version where they are compared. */
export const judgeLimit = (limit: Limit, next: Seen, before: Seen): Measured => {
  const { metric, above, below, against, rows: wanted } = limit;
  const { value, rows } = measure(metric, next);
  const base = against === undefined ? undefined : measure(metric, before);
  const bounds = { ...(above === undefined ? {} : { above }), ...(below === undefined ? {} : { below }) };
  const said = { metric, value, ...(base && { baseline: base.value }), ...bounds, rows };
  if (value === null || rows < wanted || (base && (base.value === null || base.rows < wanted)))
    return { ...said, verdict: 'undecided' };
  const held = value - (base?.value ?? 0);
  const isWorse = (above !== undefined && held > above) || (below !== undefined && held < below);
  return { ...said, verdict: isWorse ? 'worse' : 'fine' };
};

/** One sentence for people. */
export const messageOf = (
  { version, baseline, abort }: Rollout,
  verdict: Judged['verdict'],
  measured: readonly Measured[],
): string => {
  if (verdict === 'fine')
    return measured.length === 0
      ? `version ${version} was watched for its interval; it has no limits`
      : `version ${version} kept its limits: ${measured.map(short).join(', ')}`;
  if (verdict === 'undecided') {
    const open = measured.findIndex((each) => each.verdict === 'undecided');
    const { metric, rows } = measured[open]!;
    return rows < abort[open]!.rows
      ? `${rows} of ${abort[open]!.rows} rows for ${metric} of version ${version}: its step goes on`
      : `${metric} of version ${version} or ${baseline} cannot be said yet: the step goes on`;
  }
  const broken = measured.find((each) => each.verdict === 'worse')!;
  const { metric, value, baseline: base, above, below } = broken;
  if (base === undefined)
    return `${metric} of version ${version} is ${figure(value)}, the limit is ${above ?? below}`;
  return `${metric} of version ${version} is ${figure(value)}, of version ${baseline} ${figure(base)}: the difference may be ${above ?? below}`;
};

const short = ({ metric, value, rows }: Measured): string => `${metric} ${figure(value)} of ${rows} rows`;

const figure = (value: number | null | undefined): string =>
  value === null || value === undefined ? 'unknown' : String(Number(value.toPrecision(4)));
