import { useAsOf } from '../../data/as-of';
import { callDoor } from '../../data/door';
import type { Overview } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { duration, figure, plural, words } from '../../parts/format';
import { Badge, Card, Facts, Page, Time, type Tone } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { ShareBar } from './share-bar';
import type { Chapter, Deployment, Rollout } from './shapes';

const ON = ['registry.deployments', 'registry.rollouts'];

export const DeploymentDetails = ({ name }: { readonly name: string }) => {
  const path = `/v1/deployments/${encodeURIComponent(name)}`;
  const deployment = useDoor<Deployment>('registry', path, { on: ON, asOf: true });
  const rollout = useDoor<Rollout>('registry', `${path}/rollout`, { on: ON, asOf: true });
  return (
    <Page title={`Deployment ${name}`} about={<Link to={['deployments']}>All deployments</Link>}>
      <Answered answer={deployment} what="the deployment">
        {(value) => <Described deployment={value} />}
      </Answered>
      <Answered answer={rollout} what="its rollout">
        {(value) => <RolloutCards rollout={value} again={rollout.again} />}
      </Answered>
    </Page>
  );
};

const Described = ({ deployment }: { readonly deployment: Deployment }) => {
  const { model, alias, task, state, threshold, service, label, monitor, logging } = deployment;
  const overview = useDoor<Overview>('monitoring', '/v1/overview', { on: ['monitoring.reports'] });
  const last = overview.value?.deployments.find((each) => each.deployment === deployment.name)?.last;
  return (
    <Card
      title="What runs"
      note={`revision ${deployment.revision}, decided at registry.inputs ${deployment.position}`}
    >
      <Facts
        facts={[
          {
            name: 'State',
            value: state === 'active' ? <Badge tone="good">active</Badge> : <Badge tone="warn">waits</Badge>,
          },
          {
            name: 'Model',
            value: <Link to={['models', model]}>{model}</Link>,
            note: `${task}, alias ${alias}`,
          },
          { name: 'Decides at', value: figure(threshold) },
          {
            name: 'Features',
            value: <Link to={['features', service.name]}>{service.name}</Link>,
            note: `revision ${service.revision}, ${plural(service.features.length, 'feature')}`,
          },
          { name: 'Trigger', value: <Link to={['streams', service.trigger]}>{service.trigger}</Link> },
          label && { name: 'Label', value: label.name, note: `mature after ${duration(label.maturity_ms)}` },
          {
            name: 'Monitor',
            value: <Link to={['monitors', deployment.name]}>{monitor?.name ?? 'default'}</Link>,
            ...(last && {
              note: `${last.drift.drifted} of ${plural(last.drift.judged, 'feature')} drifted in the last window`,
            }),
          },
          logging && { name: 'Answers are logged', value: logging.mode },
          { name: 'Since', value: <Time at={deployment.decidedAt} /> },
        ]}
      />
    </Card>
  );
};

const TONES: Readonly<Record<string, Tone>> = {
  running: 'accent',
  paused: 'warn',
  completed: 'good',
  aborted: 'bad',
  began: 'accent',
  advanced: 'accent',
};

const STORY_COLUMNS: readonly Column<Chapter>[] = [
  { head: 'When', cell: ({ decidedAt }) => <Time at={decidedAt} /> },
  {
    head: 'What',
    isHead: true,
    cell: ({ change }) => <Badge tone={TONES[change] ?? 'plain'}>{words(change)}</Badge>,
  },
  { head: 'Share', number: true, cell: ({ share }) => `${share} %` },
  { head: 'Why', wide: true, cell: ({ reason }) => reason },
  { head: 'Who', cell: ({ by }) => by },
  {
    head: 'Rests on',
    cell: ({ evidence }) => evidence.map(({ id }) => <code key={id}>{id}</code>),
  },
  { head: 'registry.inputs', cell: ({ position }) => <code>{position}</code> },
];

const STEERING = [
  { action: 'pause', label: 'Pause', status: 'running', question: 'No step begins until it is resumed.' },
  { action: 'resume', label: 'Resume', status: 'paused', question: 'The step is watched anew.' },
  {
    action: 'promote',
    label: 'Bring to everybody',
    status: 'any',
    question: 'The new version answers everybody at once, whatever the remaining steps say.',
  },
  {
    action: 'abort',
    label: 'Take back',
    status: 'any',
    question: 'The version before answers everybody again.',
  },
] as const;

const RolloutCards = ({
  rollout: document,
  again,
}: {
  readonly rollout: Rollout;
  readonly again: () => void;
}) => {
  const { deployment, routes, rollout, experiment, story } = document;
  const asOf = useAsOf();
  const isUnderWay = rollout !== null && (rollout.status === 'running' || rollout.status === 'paused');
  const steer = async (action: string, comment: string | undefined): Promise<void> => {
    const path = `/v1/deployments/${encodeURIComponent(deployment)}/rollout/${action}`;
    await callDoor('registry', path, { method: 'POST', body: comment === undefined ? {} : { comment } });
    again();
  };
  return (
    <>
      <Card title="Routes" note="who gets which version; an entity keeps its own">
        {routes.length === 0 ? (
          <p className="empty">No version answers yet: train one, and give it the alias.</p>
        ) : (
          <ShareBar routes={routes} />
        )}
      </Card>
      {rollout && (
        <Card
          title="Rollout"
          note={`${rollout.strategy} from version ${rollout.baseline} to version ${rollout.version}`}
          actions={
            isUnderWay &&
            asOf === undefined &&
            STEERING.filter(({ status }) => status === 'any' || status === rollout.status).map(
              ({ action, label, question }) => (
                <Action
                  key={action}
                  label={label}
                  question={question}
                  comment="optional"
                  tone={action === 'abort' ? 'danger' : 'plain'}
                  run={(comment) => steer(action, comment)}
                />
              ),
            )
          }
        >
          <Facts
            facts={[
              {
                name: 'Status',
                value: <Badge tone={TONES[rollout.status] ?? 'plain'}>{rollout.status}</Badge>,
              },
              { name: 'Share of the new version', value: `${rollout.share} %` },
              {
                name: 'Step',
                value: `${rollout.step + 1} of ${rollout.steps.length}`,
                note: rollout.steps.map((step) => `${step} %`).join(', '),
              },
              { name: 'Watched for', value: duration(rollout.intervalMs), note: 'each step' },
              rollout.judgedAfter !== null && {
                name: 'Judged after',
                value: <Time at={rollout.judgedAfter} />,
              },
              {
                name: 'Taken back',
                value: rollout.abort.length === 0 ? 'by hand only' : rollout.abort.map(limitText).join('; '),
              },
            ]}
          />
        </Card>
      )}
      {experiment && (
        <Card title="Experiment" flush note={`${experiment.strategy}: ${experiment.reason}`}>
          <Table
            caption="Arms of the experiment"
            columns={ARM_COLUMNS}
            rows={experiment.arms}
            keyOf={({ route }) => route}
            empty="It has no arm: it is over."
          />
        </Card>
      )}
      <Card title="Story of the rollout" flush note="each change, with its reason and what it rests on">
        <Table
          caption="What happened to the rollout, in order"
          columns={STORY_COLUMNS}
          rows={story}
          keyOf={({ position, change }) => `${position} ${change}`}
          empty="No rollout yet: a promoted version answered everybody at once."
        />
      </Card>
    </>
  );
};

type Arm = NonNullable<Rollout['experiment']>['arms'][number];

const ARM_COLUMNS: readonly Column<Arm>[] = [
  { head: 'Arm', isHead: true, cell: ({ route }) => route },
  { head: 'Share', number: true, cell: ({ share }) => `${figure(share)} %` },
  { head: 'Trials', number: true, cell: ({ trials }) => trials },
  { head: 'Successes', number: true, cell: ({ successes }) => successes },
  { head: 'Best with probability', number: true, cell: ({ best }) => figure(best) },
];

type Limit = NonNullable<Rollout['rollout']>['abort'][number];

const limitText = ({ metric, above, below, against }: Limit): string =>
  `${words(metric)} ${above === undefined ? `below ${figure(below)}` : `above ${figure(above)}`}${against === undefined ? '' : `, less that of the ${against}`}`;
