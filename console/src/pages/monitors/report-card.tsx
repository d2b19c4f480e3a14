import { judgedValue, type GateVerdict, type Report, type ReportedColumn } from '../../data/monitoring';
import { figure, percent, whole, windowText, words } from '../../parts/format';
import { Badge, Card, Facts } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Table, type Column } from '../../parts/table';
import { SpansTable } from './spans-table';

interface NamedColumn extends ReportedColumn {
  readonly name: string;
}

const verdictOf = ({ drifted }: ReportedColumn) =>
  drifted === null ? (
    <Badge>too few rows</Badge>
  ) : drifted ? (
    <Badge tone="bad">drifted</Badge>
  ) : (
    <Badge tone="good">as before</Badge>
  );

const COLUMNS: readonly Column<NamedColumn>[] = [
  { head: 'Feature', isHead: true, cell: ({ name }) => name },
  { head: 'Verdict', cell: verdictOf },
  { head: 'Statistic', cell: (column) => words(judgedValue(column).statistic) },
  { head: 'Value', number: true, cell: (column) => figure(judgedValue(column).value) },
  { head: 'Limit', number: true, cell: ({ threshold }) => figure(threshold) },
  { head: 'Mean', number: true, cell: ({ mean }) => figure(mean) },
  { head: 'in the reference', number: true, cell: ({ mean_reference: mean }) => figure(mean) },
  { head: 'Missing', number: true, cell: ({ missing }) => percent(missing) },
  { head: 'missing before', number: true, cell: ({ missing_reference: missing }) => percent(missing) },
];

/** Shown where the monitor looks for it. */
const ASKED_COLUMNS: readonly (Column<NamedColumn> & { readonly of: (column: NamedColumn) => unknown })[] = [
  { head: 'Effect', number: true, of: ({ effect }) => effect, cell: ({ effect }) => figure(effect, 2) },
  { head: 'Never seen', number: true, of: ({ unseen }) => unseen, cell: ({ unseen }) => percent(unseen) },
  {
    head: 'Out of range',
    number: true,
    of: ({ out_of_range: share }) => share,
    cell: ({ out_of_range: share }) => percent(share),
  },
];

interface MetricRow {
  readonly name: string;
  readonly realised: number | null | undefined;
  readonly estimated: number | null | undefined;
  readonly gates: readonly GateVerdict[];
}

const METRIC_COLUMNS: readonly Column<MetricRow>[] = [
  { head: 'Metric', isHead: true, cell: ({ name }) => <code>{name}</code> },
  { head: 'Realised', number: true, cell: ({ realised }) => figure(realised) },
  { head: 'Estimated', number: true, cell: ({ estimated }) => figure(estimated) },
  {
    head: 'Limit',
    cell: ({ gates }) =>
      gates.length === 0
        ? '–'
        : gates.map((gate) => (
            <Badge key={`${gate.min}/${gate.max}`} tone={gate.passed ? 'good' : 'bad'}>
              {limitText(gate)}
            </Badge>
          )),
  },
];

const limitText = ({ min, max }: { readonly min?: number; readonly max?: number }): string =>
  [min !== undefined && `at least ${figure(min)}`, max !== undefined && `at most ${figure(max)}`]
    .filter(Boolean)
    .join(', ');

const metricRows = ({ performance, estimate }: Report): MetricRow[] => {
  const names = new Set([
    ...Object.keys(performance?.metrics ?? {}),
    ...Object.keys(estimate?.metrics ?? {}),
  ]);
  return [...names].map((name) => ({
    name,
    realised: performance?.metrics[name],
    estimated: estimate?.metrics[name],
    gates: (performance ?? estimate)?.gates.filter(({ metric }) => metric === name) ?? [],
  }));
};

/** All that was found in one window. */
export const ReportCard = ({ report }: { readonly report: Report }) => {
  const { drift, performance, estimate, decisions, window } = report;
  const decided = decisions.positive + decisions.negative;
  const limit = typeof drift.threshold === 'number' ? drift.threshold : null;
  const withLimit = (column: ReportedColumn, name: string): NamedColumn => ({
    ...column,
    name,
    threshold: column.threshold ?? limit,
  });
  const columns = [
    ...(report.score ? [withLimit(report.score, 'score of the model')] : []),
    ...drift.features
      .map((column) => withLimit(column, column.name))
      .sort((a, b) => Number(b.drifted) - Number(a.drifted) || (b.effect ?? 0) - (a.effect ?? 0)),
  ];
  return (
    <>
      <Card
        title={`Window ${windowText(window)}`}
        note={`version ${report.version}, revision ${report.revision}, monitoring.reports ${report.position}`}
      >
        <Facts
          facts={[
            { name: 'Predictions', value: whole(report.predictions) },
            decided > 0 && {
              name: 'Decided positive',
              value: percent(decisions.positive / decided),
              note: whole(decisions.positive),
            },
            {
              name: 'Drifted features',
              value: drift.drifted,
              note: `of ${drift.judged} judged`,
              tone: drift.drifted > 0 ? 'bad' : 'good',
            },
            { name: 'Labels', value: whole(performance?.rows), note: performance ? '' : 'not mature yet' },
            drift.dataset && {
              name: 'Data set',
              value: drift.dataset.drifted ? 'drifted' : 'as before',
              note: `${percent(drift.dataset.share)} of features, limit ${percent(drift.dataset.limit)}`,
              tone: drift.dataset.drifted ? 'bad' : 'plain',
            },
            drift.multivariate && {
              name: 'All features together',
              value: drift.multivariate.drifted ? 'drifted' : 'as before',
              note: `reconstruction error ${figure(drift.multivariate.error)}, ${limitText(drift.multivariate)}`,
              tone: drift.multivariate.drifted ? 'bad' : 'plain',
            },
          ]}
        />
        {report.notes?.map((note) => (
          <p key={note} className="soft">
            {note}
          </p>
        ))}
        {Object.keys(report.routes).length > 1 && (
          <p className="soft">
            By route:{' '}
            {Object.entries(report.routes)
              .map(([route, rows]) => `${route} ${whole(rows)}`)
              .join(', ')}
          </p>
        )}
      </Card>
      <Card
        title="Performance"
        flush
        note={
          estimate && `estimated by ${estimate.method.toUpperCase()} from ${whole(estimate.rows)} predictions`
        }
      >
        <Table
          caption="Metrics of the window"
          columns={METRIC_COLUMNS}
          rows={metricRows(report)}
          keyOf={({ name }) => name}
          empty="No label of this window is mature yet, and no estimate is asked for."
        />
      </Card>
      <Card title="Columns" flush actions={<Link to={['features']}>Distributions stand under Features</Link>}>
        <Table
          caption="Columns of the window"
          columns={[
            ...COLUMNS,
            ...ASKED_COLUMNS.filter(({ of }) => columns.some((column) => typeof of(column) === 'number')),
          ]}
          rows={columns}
          keyOf={({ name }) => name}
          empty="Nothing was compared."
        />
      </Card>
      <SlicesAndFairness report={report} />
      <Card title="Made from" flush>
        <SpansTable spans={report.sources} caption="Predictions that the report was made from" />
      </Card>
    </>
  );
};

type Slice = NonNullable<Report['slices']>[number]['values'][number] & { readonly field: string };
type Fairness = NonNullable<Report['fairness']>[number];

const SLICE_COLUMNS: readonly Column<Slice>[] = [
  { head: 'Slice', isHead: true, cell: ({ field, value }) => `${field} = ${value}` },
  { head: 'Predictions', number: true, cell: ({ predictions }) => whole(predictions) },
  {
    head: 'Positive',
    number: true,
    cell: ({ positive, decided }) => percent(decided === 0 ? null : positive / decided),
  },
  { head: 'Labels', number: true, cell: ({ rows }) => whole(rows) },
  {
    head: 'Limits',
    cell: ({ gates }) =>
      gates.length === 0
        ? '–'
        : gates.map(({ metric, value, passed }) => (
            <Badge key={metric} tone={passed ? 'good' : 'bad'}>
              {metric} {figure(value)}
            </Badge>
          )),
  },
];

const FAIRNESS_COLUMNS: readonly Column<Fairness>[] = [
  { head: 'Groups by', isHead: true, cell: ({ group }) => group },
  { head: 'Metric', cell: ({ metric }) => words(metric) },
  { head: 'Value', number: true, cell: ({ value }) => figure(value) },
  { head: 'Furthest apart', cell: ({ between }) => between?.join(' and ') ?? '–' },
  {
    head: 'Verdict',
    cell: (each) =>
      each.passed === null ? (
        <Badge>too few rows</Badge>
      ) : (
        <Badge tone={each.passed ? 'good' : 'bad'}>{limitText(each)}</Badge>
      ),
  },
];

const SlicesAndFairness = ({ report: { slices = [], fairness = [] } }: { readonly report: Report }) => (
  <>
    {slices.length > 0 && (
      <Card title="Slices" flush>
        <Table
          caption="Slices of the window"
          columns={SLICE_COLUMNS}
          rows={slices.flatMap(({ field, values }) => values.map((value) => ({ ...value, field })))}
          keyOf={({ field, value }) => `${field}=${value}`}
          empty="No slice."
        />
      </Card>
    )}
    {fairness.length > 0 && (
      <Card title="Fairness" flush>
        <Table
          caption="Fairness of the window"
          columns={FAIRNESS_COLUMNS}
          rows={fairness}
          keyOf={({ group, metric }) => `${group} ${metric}`}
          empty="No group."
        />
      </Card>
    )}
  </>
);
