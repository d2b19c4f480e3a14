import { useDoor } from '../../data/use-door';
import { figure } from '../../parts/format';
import { Badge, Card, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { DeploymentDetails } from './deployment-details';
import type { Deployment } from './shapes';
import './deployments.css';

const COLUMNS: readonly Column<Deployment>[] = [
  { head: 'Deployment', isHead: true, cell: ({ name }) => <Link to={['deployments', name]}>{name}</Link> },
  {
    head: 'State',
    cell: ({ state }) =>
      state === 'active' ? <Badge tone="good">active</Badge> : <Badge tone="warn">waits for a version</Badge>,
  },
  { head: 'Model', cell: ({ model, alias }) => `${model}, ${alias}` },
  {
    head: 'Routes',
    cell: ({ routes }) =>
      routes.length === 0
        ? 'none'
        : routes.map(({ route, version }) => `${route}: version ${version}`).join(', '),
  },
  { head: 'Features', cell: ({ service }) => <Link to={['features', service.name]}>{service.name}</Link> },
  { head: 'Decides at', number: true, cell: ({ threshold }) => figure(threshold) },
  { head: 'Since', cell: ({ decidedAt }) => <Time at={decidedAt} /> },
];

/** What runs where; one deployment with its routes and its rollout. */
export const DeploymentsPage = ({ rest: [name] }: { readonly rest: readonly string[] }) =>
  name === undefined ? <DeploymentList /> : <DeploymentDetails key={name} name={name} />;

const DeploymentList = () => {
  const answer = useDoor<{ readonly deployments: readonly Deployment[] }>('registry', '/v1/deployments', {
    on: ['registry.deployments'],
    asOf: true,
  });
  return (
    <Page title="Deployments" about="What runs where: which version answers whom, and how it came there.">
      <Card title="All deployments" flush>
        <Answered answer={answer} what="deployments">
          {(value) => (
            <Table
              caption="Deployments"
              columns={COLUMNS}
              rows={value.deployments}
              keyOf={({ name }) => name}
              empty="No deployment: apply a definition of kind Deployment."
            />
          )}
        </Answered>
      </Card>
    </Page>
  );
};
