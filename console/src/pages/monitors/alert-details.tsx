import { useState } from 'react';
import {
  acknowledge,
  pathOfAlert,
  resolve,
  silence,
  type AlertDetail,
  type Notification,
} from '../../data/alerts';
import type { Alert } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { figure, whole, windowText, words } from '../../parts/format';
import { Badge, Card, Facts, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { Action } from '../../parts/action';
import { Choice } from '../../parts/choice';
import { AlertState } from './alert-state';
import { SpansTable } from './spans-table';

/** One alert: the values and the records that made it, what became of it, and who was told. */
export const AlertDetails = ({ name }: { readonly name: string }) => {
  const answer = useDoor<AlertDetail>('monitoring', pathOfAlert(name), {
    on: ['monitoring.alerts', 'monitoring.notifications'],
  });
  return answer.value ? (
    <Shown alert={answer.value} again={answer.again} />
  ) : (
    <Page title="Alert" about={<Link to={['monitors']}>All alerts</Link>}>
      <Answered answer={answer} what="the alert">
        {() => null}
      </Answered>
    </Page>
  );
};

const LENGTHS = ['1h', '4h', '1d', '7d'];

/** What an operator can say of an open alert. */
const Actions = ({ alert, again }: { readonly alert: Alert; readonly again: () => void }) => {
  const [length, setLength] = useState(LENGTHS[0]!);
  const then = async (done: Promise<unknown>): Promise<void> => {
    await done;
    again();
  };
  return (
    <>
      {!alert.acknowledged && (
        <Action
          label="Acknowledge"
          question="You have seen it: nobody is told of it again while it is open."
          comment="optional"
          run={(comment) => then(acknowledge(alert.alert, comment))}
        />
      )}
      {!alert.silenced && (
        <Action
          label="Silence"
          question={`Nobody is told of ${words(alert.kind)} of ${alert.subject} in ${alert.deployment} for a while. Alerts rise and end as ever.`}
          comment="optional"
          run={(comment) => then(silence(alert, length, comment))}
        >
          <Choice label="For" value={length} options={LENGTHS} onChange={setLength} />
        </Action>
      )}
      <Action
        label="Resolve"
        question="It is over, whatever the values say. A later window can raise it anew."
        comment="required"
        run={(reason) => then(resolve(alert.alert, reason ?? ''))}
      />
    </>
  );
};

const TOLD_COLUMNS: readonly Column<Notification>[] = [
  { head: 'Whom', isHead: true, cell: ({ channel, target }) => `${channel}, ${target}` },
  { head: 'Because', cell: ({ because }) => words(because) },
  {
    head: 'State',
    cell: ({ state }) => (
      <Badge tone={state === 'delivered' ? 'good' : state === 'waiting' ? 'accent' : 'bad'}>{state}</Badge>
    ),
  },
  { head: 'Due', cell: ({ dueAt }) => <Time at={dueAt} /> },
  { head: 'Ended', cell: ({ endedAt }) => <Time at={endedAt} /> },
  { head: 'Attempts', number: true, cell: ({ attempts }) => attempts },
  { head: 'Last error', wide: true, cell: ({ error }) => error ?? '–' },
];

const Shown = ({ alert, again }: { readonly alert: AlertDetail; readonly again: () => void }) => (
  <Page
    title={alert.message}
    about={<Link to={['monitors']}>All alerts</Link>}
    actions={alert.state === 'open' && <Actions alert={alert} again={again} />}
  >
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
        {alert.silenced && (
          <li>
            silenced until <Time at={alert.silenced.until} />
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
    <Card title="Who was told" flush>
      <Table
        caption="Notifications of the alert"
        columns={TOLD_COLUMNS}
        rows={alert.notifications}
        keyOf={({ notification }) => notification}
        empty="Nobody: the monitor names no receiver, or the alert still waits for others of its group."
      />
    </Card>
    <Card title="Made from" flush>
      <SpansTable spans={alert.sources} caption="Predictions that made the alert" />
    </Card>
  </Page>
);
