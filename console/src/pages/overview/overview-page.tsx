import type { Alert, Overview, WatchedDeployment } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { figure, plural, whole, windowText, words } from '../../parts/format';
import { Badge, Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { Pipeline } from './pipeline';
import { TopicsTable } from './topics-table';
import './overview.css';

const ALERT_COLUMNS: readonly Column<Alert>[] = [
  {
    head: 'What',
    isHead: true,
    wide: true,
    cell: ({ alert, message }) => <Link to={['monitors', 'alerts', alert]}>{message}</Link>,
  },
  {
    head: 'Kind',
    cell: ({ kind, severity }) => (
      <Badge tone={severity === 'critical' ? 'bad' : 'warn'}>{words(kind)}</Badge>
    ),
  },
  { head: 'Deployment', cell: ({ deployment, version }) => `${deployment}, version ${version}` },
  { head: 'Window', cell: ({ window }) => windowText(window) },
];

const DEPLOYMENT_COLUMNS: readonly Column<WatchedDeployment>[] = [
  {
    head: 'Deployment',
    isHead: true,
    cell: ({ deployment }) => <Link to={['deployments', deployment]}>{deployment}</Link>,
  },
  {
    head: 'Answers',
    cell: ({ model, version }) =>
      version === null ? (
        <Badge tone="warn">waits for a champion of {model}</Badge>
      ) : (
        `${model} version ${version}`
      ),
  },
  { head: 'Last window', cell: ({ last }) => (last ? windowText(last.window) : 'none has ended yet') },
  { head: 'Predictions', number: true, cell: ({ last }) => whole(last?.predictions) },
  {
    head: 'Drift',
    cell: ({ last }) =>
      !last ? (
        '–'
      ) : last.drift.drifted > 0 ? (
        <Badge tone="bad">
          {last.drift.drifted} of {plural(last.drift.judged, 'feature')}
        </Badge>
      ) : (
        <Badge tone="good">none of {plural(last.drift.judged, 'feature')}</Badge>
      ),
  },
  { head: 'Score PSI', number: true, cell: ({ last }) => figure(last?.score?.psi) },
];

/** What runs, how it does, what warns. */
export const OverviewPage = () => {
  const overview = useDoor<Overview>('monitoring', '/v1/overview', {
    on: ['monitoring.reports', 'registry.deployments'],
  });
  const alerts = useDoor<{ readonly alerts: readonly Alert[] }>('monitoring', '/v1/alerts?state=open', {
    on: ['monitoring.alerts'],
  });
  return (
    <Page title="Overview" about="Six services on one log: what they do now, what warns, and what answers.">
      <Card title="Pipeline" note="records a second, and what is waited for">
        <Pipeline />
      </Card>
      <Card title="Open alerts" flush actions={<Link to={['monitors']}>All monitors and alerts</Link>}>
        <Answered answer={alerts} what="alerts">
          {(value) => (
            <Table
              caption="Open alerts"
              columns={ALERT_COLUMNS}
              rows={value.alerts.slice(0, 8)}
              keyOf={({ alert }) => alert}
              empty="Nothing is over its limit."
            />
          )}
        </Answered>
      </Card>
      <Card title="Deployments" flush>
        <Answered answer={overview} what="deployments">
          {({ deployments }) => (
            <Table
              caption="Deployments with their last window"
              columns={DEPLOYMENT_COLUMNS}
              rows={deployments}
              keyOf={({ deployment }) => deployment}
              empty="No deployment yet: apply one, then train and promote a model."
            />
          )}
        </Answered>
      </Card>
      <Card title="Topics" flush note="records on the log">
        <TopicsTable />
      </Card>
    </Page>
  );
};
