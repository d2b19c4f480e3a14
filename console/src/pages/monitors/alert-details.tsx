import type { Alert } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { figure, whole, windowText, words } from '../../parts/format';
import { Badge, Card, Facts, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered, Empty } from '../../parts/states';
import { AlertState } from './alert-state';
import { SpansTable } from './spans-table';

/** One alert: the values and the records that made it, and what became of it. */
export const AlertDetails = ({ name }: { readonly name: string }) => {
  const alerts = useDoor<{ readonly alerts: readonly Alert[] }>('monitoring', '/v1/alerts', {
    on: ['monitoring.alerts'],
  });
  return (
    <Answered answer={alerts} what="the alert">
      {(value) => {
        const alert = value.alerts.find((each) => each.alert === name);
        return alert ? (
          <Shown alert={alert} />
        ) : (
          <Page title="No such alert" about={<Link to={['monitors']}>All alerts</Link>}>
            <Empty>
              There is no alert <code>{name}</code>.
            </Empty>
          </Page>
        );
      }}
    </Answered>
  );
};

const Shown = ({ alert }: { readonly alert: Alert }) => (
  <Page title={alert.message} about={<Link to={['monitors']}>All alerts</Link>}>
    <Card title="What was found" note={alert.alert}>
      <Facts
        facts={[
          { name: 'State', value: <AlertState alert={alert} /> },
          {
            name: 'Severity',
            value: (
              <Badge tone={alert.severity === 'critical' ? 'bad' : 'warn'}>
                {alert.severity ?? 'warning'}
              </Badge>
            ),
          },
          { name: 'Kind', value: words(alert.kind) },
          {
            name: 'About',
            value: alert.slice
              ? `${alert.subject} where ${alert.slice.field} is ${alert.slice.value}`
              : alert.subject,
          },
          {
            name: alert.statistic ? words(alert.statistic) : 'Value',
            value: figure(alert.value),
            tone: 'bad',
          },
          { name: 'Limit', value: figure(alert.limit) },
          { name: 'Rows', value: whole(alert.rows) },
          alert.effect !== undefined && {
            name: 'Likely effect',
            value: figure(alert.effect, 2),
            note: 'drift times importance',
          },
        ]}
      />
      <p className="below">
        In the window{' '}
        <Link
          to={['monitors', alert.deployment]}
          query={{ window: alert.window.start, version: String(alert.version) }}
        >
          {windowText(alert.window)}
        </Link>{' '}
        of <Link to={['deployments', alert.deployment]}>{alert.deployment}</Link>, answered by version{' '}
        {alert.version} of {alert.model}.
      </p>
    </Card>
    <Card title="What became of it">
      <ol className="story">
        <li>
          <Time at={alert.raisedTime} /> raised: <code>monitoring.alerts {alert.raisedAt}</code>
        </li>
        {alert.acknowledged && (
          <li>
            <Time at={alert.acknowledged.time} /> seen by {alert.acknowledged.by}
            {alert.acknowledged.comment && `: “${alert.acknowledged.comment}”`}
          </li>
        )}
        {alert.resolution && (
          <li>
            <Time at={alert.resolvedTime} /> resolved{alert.resolution.by && ` by ${alert.resolution.by}`}:{' '}
            {alert.resolution.message}
          </li>
        )}
      </ol>
    </Card>
    <Card title="Made from" flush>
      <SpansTable spans={alert.sources} caption="Predictions that made the alert" />
    </Card>
  </Page>
);
