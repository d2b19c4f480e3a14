import { MODEL_FACTS, type Model } from '../../data/registry';
import { useDoor } from '../../data/use-door';
import { figure, whole } from '../../parts/format';
import { Badge, Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { ModelDetails } from './model-details';
import { VersionDetails } from './version-details';

export const ModelsPage = ({ rest: [model, version] }: { readonly rest: readonly string[] }) => {
  if (model === undefined) return <ModelList />;
  return version === undefined ? (
    <ModelDetails key={model} name={model} />
  ) : (
    <VersionDetails key={`${model}@${version}`} model={model} version={version} />
  );
};

const COLUMNS: readonly Column<Model>[] = [
  { head: 'Model', isHead: true, cell: ({ name }) => <Link to={['models', name]}>{name}</Link> },
  { head: 'Task', cell: ({ task }) => task },
  { head: 'Features', cell: ({ service }) => <code>{service}</code> },
  { head: 'Versions', number: true, cell: ({ versions }) => whole(versions) },
  {
    head: 'Aliases',
    cell: ({ aliases }) =>
      Object.entries(aliases)
        .filter(([, version]) => version !== null)
        .map(([alias, version]) => `${alias} → ${version}`)
        .join(', ') || '–',
  },
  {
    head: 'Newest',
    cell: ({ latest }) =>
      latest ? (
        <Badge tone={latest.passed ? 'good' : 'bad'}>{latest.passed ? 'passed' : 'did not pass'}</Badge>
      ) : (
        '–'
      ),
  },
  {
    head: 'On the hold-out',
    wide: true,
    cell: ({ latest }) =>
      Object.entries(latest?.metrics ?? {})
        .slice(0, 3)
        .map(([name, value]) => `${name} ${figure(value)}`)
        .join(', ') || '–',
  },
];

const ModelList = () => {
  const models = useDoor<{ readonly models: readonly Model[] }>('registry', '/v1/models', {
    on: MODEL_FACTS,
    asOf: true,
  });
  return (
    <Page title="Models" about="Every model with its versions and the aliases that name them.">
      <Card title="All models" flush>
        <Answered answer={models} what="models">
          {(value) => (
            <Table
              caption="Models with their newest version"
              columns={COLUMNS}
              rows={value.models}
              keyOf={({ name }) => name}
              empty="No model yet: apply a definition of kind Model."
            />
          )}
        </Answered>
      </Card>
    </Page>
  );
};
