import { setQuery, useRoute } from '../../data/route';
import type { Alert, Overview, WatchedDeployment } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { Choice } from '../../parts/choice';
import { duration, figure, plural, whole, windowText, words } from '../../parts/format';
import { Badge, Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { AlertState } from './alert-state';
import { SilencesCard } from './silences-card';

/** How long a window is: in event time, or in predictions. */
export const windowOf = ({ window_ms: ms, window_rows: rows }: WatchedDeployment): string =>
  ms !== null ? duration(ms) : rows === null ? '–' : plural(rows, 'prediction');

const MONITOR_COLUMNS: readonly Column<WatchedDeployment>[] = [
  {
    head: 'Deployment',
    isHead: true,
    cell: ({ deployment }) => <Link to={['monitors', deployment]}>{deployment}</Link>,
  },
  { head: 'Monitor', cell: ({ monitor }) => monitor ?? 'default' },
  { head: 'Window', cell: windowOf },
  { head: 'Metric', cell: ({ metric }) => (metric === null ? '–' : <code>{metric}</code>) },
  { head: 'Last window', cell: ({ last }) => (last ? windowText(last.window) : 'none has ended yet') },
  { head: 'Predictions', number: true, cell: ({ last }) => whole(last?.predictions) },
  {
    head: 'Drifted',
    cell: ({ last }) =>
      last ? (
        <Badge tone={last.drift.drifted > 0 ? 'bad' : 'good'}>
          {last.drift.drifted} of {plural(last.drift.judged, 'feature')}
        </Badge>
      ) : (
        '–'
      ),
  },
  {
    head: 'Performance',
    number: true,
    cell: ({ metric, last }) =>
      metric === null || !last?.performance ? 'no labels yet' : figure(last.performance.metrics[metric]),
  },
];

const ALERT_COLUMNS: readonly Column<Alert>[] = [
  {
    head: 'What',
    isHead: true,
    wide: true,
    cell: ({ alert, message }) => <Link to={['monitors', 'alerts', alert]}>{message}</Link>,
  },
  { head: 'State', cell: (alert) => <AlertState alert={alert} /> },
  {
    head: 'Severity',
    cell: ({ severity = 'warning' }) => (
      <Badge tone={severity === 'critical' ? 'bad' : 'warn'}>{severity}</Badge>
    ),
  },
  { head: 'Kind', cell: ({ kind }) => words(kind) },
  { head: 'Effect', number: true, cell: ({ effect }) => figure(effect, 2) },
  { head: 'Deployment', cell: ({ deployment, version }) => `${deployment}, version ${version}` },
  { head: 'Window', cell: ({ window }) => windowText(window) },
];

const STATES = [
  { value: 'open', text: 'open' },
  { value: 'resolved', text: 'resolved' },
  { value: '', text: 'open and resolved' },
];

/** What hurts most first: critical ones, then by effect. */
const byUrgency = (a: Alert, b: Alert): number =>
  a.state.localeCompare(b.state) ||
  (a.severity ?? 'warning').localeCompare(b.severity ?? 'warning') ||
  (b.effect ?? -1) - (a.effect ?? -1) ||
  b.window.start.localeCompare(a.window.start);

export const MonitorList = () => {
  const state = useRoute().query.get('state') ?? 'open';
  const overview = useDoor<Overview>('monitoring', '/v1/overview', {
    on: ['monitoring.reports', 'registry.deployments'],
  });
  const alerts = useDoor<{ readonly alerts: readonly Alert[] }>(
    'monitoring',
    state === '' || state === 'all' ? '/v1/alerts' : `/v1/alerts?state=${encodeURIComponent(state)}`,
    { on: ['monitoring.alerts'] },
  );
  return (
    <Page
      title="Monitors and alerts"
      about="Is it still true? Each window is compared with what the model learned from; what is over its limit is an alert."
    >
      <Card title="Monitors" flush>
        <Answered answer={overview} what="monitors">
          {({ deployments }) => (
            <Table
              caption="Monitored deployments with their last window"
              columns={MONITOR_COLUMNS}
              rows={deployments}
              keyOf={({ deployment }) => deployment}
              empty="Nothing is deployed yet, so there is nothing to watch."
            />
          )}
        </Answered>
      </Card>
      <Card
        title="Alerts"
        flush
        note={alerts.value && plural(alerts.value.alerts.length, 'alert')}
        actions={
          <Choice
            label="State"
            value={state === 'all' ? '' : state}
            options={STATES}
            onChange={(next) => setQuery({ state: next === '' ? 'all' : next }, { replace: true })}
          />
        }
      >
        <Answered answer={alerts} what="alerts">
          {(value) => (
            <Table
              caption="Alerts, what hurts most first"
              columns={ALERT_COLUMNS}
              rows={[...value.alerts].sort(byUrgency)}
              keyOf={({ alert }) => alert}
              empty={state === 'open' ? 'Nothing is over its limit.' : 'No such alert.'}
            />
          )}
        </Answered>
      </Card>
      <SilencesCard />
    </Page>
  );
};
