import { setQuery, useRoute } from '../../data/route';
import type { Overview, Report, WatchedDeployment } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { Choice } from '../../parts/choice';
import { plural, windowText } from '../../parts/format';
import { Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { DriftChart, PerformanceChart, VolumeChart } from './metric-charts';
import { windowOf } from './monitor-list';
import { ReportCard } from './report-card';

const SHOWN = 90;

/** The windows of one deployment over time, and the report of one of them. */
export const MonitorDetails = ({ deployment }: { readonly deployment: string }) => {
  const overview = useDoor<Overview>('monitoring', '/v1/overview', { on: ['registry.deployments'] });
  const reports = useDoor<{ readonly reports: readonly Report[] }>(
    'monitoring',
    `/v1/deployments/${encodeURIComponent(deployment)}/reports?limit=${SHOWN}`,
    { on: ['monitoring.reports'] },
  );
  const watched = overview.value?.deployments.find((each) => each.deployment === deployment);
  return (
    <Page
      title={`Monitor of ${deployment}`}
      about={
        <>
          <Link to={['monitors']}>All monitors</Link>
          {watched && `; ${aboutOf(watched)}`}
        </>
      }
    >
      <Answered answer={reports} what="windows">
        {(value) =>
          value.reports.length === 0 ? (
            <Card title="Windows">
              <p className="empty">No window has ended yet: a window is reported when later events come.</p>
            </Card>
          ) : (
            <Windows watched={watched} reports={value.reports} />
          )
        }
      </Answered>
    </Page>
  );
};

const aboutOf = (watched: WatchedDeployment): string => {
  const { monitor, version, model } = watched;
  return [
    monitor === null ? 'the default monitor' : `monitor ${monitor}`,
    `windows of ${windowOf(watched)}`,
    version === null ? `no version of ${model} answers yet` : `${model} version ${version} answers`,
  ].join(', ');
};

const FALLBACK: Readonly<Record<string, string>> = { regression: 'rmse', multiclass: 'accuracy' };

const Windows = ({
  watched,
  reports,
}: {
  readonly watched: WatchedDeployment | undefined;
  readonly reports: readonly Report[];
}) => {
  const { query } = useRoute();
  const oldestFirst = [...reports].reverse();
  const first = reports[0]!;
  const metrics = [
    ...new Set(
      reports.flatMap(({ performance, estimate }) => [
        ...Object.keys(performance?.metrics ?? {}),
        ...Object.keys(estimate?.metrics ?? {}),
      ]),
    ),
  ];
  const usual = watched?.metric ?? FALLBACK[first.task] ?? 'average_precision';
  const metric = query.get('metric') ?? usual;
  const wanted = query.get('window');
  const version = query.get('version');
  const chosen =
    reports.find(
      (report) => report.window.start === wanted && (version === null || String(report.version) === version),
    ) ?? first;
  const keyOf = (report: Report): string => `${report.window.start} ${report.version}`;
  return (
    <>
      <Card
        title="Over time"
        note={`the last ${plural(reports.length, 'window')}`}
        actions={
          metrics.length > 0 && (
            <Choice
              label="Metric"
              value={metric}
              options={metrics.includes(metric) ? metrics : [metric, ...metrics]}
              onChange={(next) => setQuery({ metric: next }, { replace: true })}
            />
          )
        }
      >
        <div className="charts">
          <PerformanceChart metric={metric} reports={oldestFirst} />
          <DriftChart reports={oldestFirst} />
          <VolumeChart reports={oldestFirst} />
        </div>
      </Card>
      <div className="choose-window">
        <Choice
          label="Report of the window"
          value={keyOf(chosen)}
          options={reports.map((report) => ({
            value: keyOf(report),
            text: `${windowText(report.window)}, version ${report.version}${report.drift.drifted > 0 ? `, ${report.drift.drifted} drifted` : ''}`,
          }))}
          onChange={(next) => {
            const [start, of] = next.split(' ');
            setQuery({ window: start, version: of }, { replace: true });
          }}
        />
      </div>
      <ReportCard report={chosen} />
    </>
  );
};
