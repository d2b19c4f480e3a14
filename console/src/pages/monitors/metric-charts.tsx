import { judgedValue, type Report } from '../../data/monitoring';
import { figure } from '../../parts/format';
import { LineChart, type Line } from '../../parts/line-chart';

interface MetricChartsProps {
  readonly metric: string;
  readonly reports: readonly Report[];
}

/** Windows of one version of the deployment, oldest first; a correction has replaced what it corrects. */
const timesOf = (reports: readonly Report[]): number[] =>
  reports.map(({ window }) => Date.parse(window.start));

/** What the labels say, what was to be expected before they came, and the limit. */
export const PerformanceChart = ({ metric, reports }: MetricChartsProps) => {
  const realised = reports.map(({ performance }) => performance?.metrics[metric] ?? null);
  const estimated = reports.map(({ estimate }) => estimate?.metrics[metric] ?? null);
  const gate = reports
    .flatMap(({ performance, estimate }) => performance?.gates ?? estimate?.gates ?? [])
    .findLast((each) => each.metric === metric);
  const limit = gate?.min ?? gate?.max;
  if ([...realised, ...estimated].every((value) => value === null))
    return (
      <p className="empty">
        No window has {metric} yet: its labels are not mature, and no estimate is asked for.
      </p>
    );
  const lines: Line[] = [{ name: 'realised', values: realised }];
  if (estimated.some((value) => value !== null))
    lines.push({ name: 'estimated', values: estimated, color: '--line-2' });
  return (
    <LineChart
      title={`${metric} by window${limit === undefined ? '' : `; the limit is ${figure(limit)}`}`}
      times={timesOf(reports)}
      lines={lines}
      {...(limit !== undefined && { limit: { name: 'limit', value: limit } })}
    />
  );
};

/** How many features have drifted, and how far the score has. */
export const DriftChart = ({ reports }: { readonly reports: readonly Report[] }) => {
  const shares = reports.map(({ drift }) => (drift.judged === 0 ? null : drift.drifted / drift.judged));
  const score = reports.map((report) => judgedValue(report.score).value);
  return (
    <LineChart
      title="Share of drifted features, and drift of the score"
      times={timesOf(reports)}
      lines={[
        { name: 'drifted features, share', values: shares },
        { name: `score, ${judgedValue(reports.at(-1)?.score).statistic}`, values: score, color: '--line-3' },
      ]}
    />
  );
};

export const VolumeChart = ({ reports }: { readonly reports: readonly Report[] }) => (
  <LineChart
    title="Predictions by window"
    times={timesOf(reports)}
    lines={[
      { name: 'predictions', values: reports.map(({ predictions }) => predictions) },
      {
        name: 'with a label',
        values: reports.map(({ performance }) => performance?.rows ?? null),
        color: '--line-3',
      },
    ]}
    digits={7}
  />
);
