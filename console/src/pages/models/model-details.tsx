import { setQuery, useRoute } from '../../data/route';
import { callDoor } from '../../data/door';
import { MODEL_FACTS, type Comparison, type Model, type Version } from '../../data/registry';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { Choice } from '../../parts/choice';
import { figure, plural } from '../../parts/format';
import { Card, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered, Empty } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { VersionStatus } from './version-status';

/** The versions of a model, and in what two of them differ. */
export const ModelDetails = ({ name }: { readonly name: string }) => {
  const path = `/v1/models/${encodeURIComponent(name)}`;
  const model = useDoor<Model>('registry', path, { on: MODEL_FACTS, asOf: true });
  const versions = useDoor<{ readonly versions: readonly Version[] }>('registry', `${path}/versions`, {
    on: MODEL_FACTS,
    asOf: true,
  });
  return (
    <Page
      title={`Model ${name}`}
      about={<Link to={['models']}>All models</Link>}
      actions={
        <>
          <Action
            label="Train"
            question={`Ask for a run of ${name} on what is known now?`}
            run={() => callDoor('registry', `${path}/train`, { method: 'POST', body: {} })}
          />
          <Action
            label="Roll back"
            tone="danger"
            comment="optional"
            question="Give the alias champion back to the version that had it before?"
            run={(comment) =>
              callDoor('registry', `${path}/rollback`, {
                method: 'POST',
                body: comment === undefined ? {} : { comment },
              }).then(versions.again)
            }
          />
        </>
      }
    >
      <Answered answer={model} what="the model">
        {({ task, service, revision }) => (
          <p className="about">
            A {task} model on the features of <code>{service}</code>, definition revision {revision}.
          </p>
        )}
      </Answered>
      <Answered answer={versions} what="versions">
        {(value) => (
          <>
            <Card title="Versions" flush note={plural(value.versions.length, 'version')}>
              <Table
                caption={`Versions of ${name}, the newest first`}
                columns={columnsOf(value.versions)}
                rows={[...value.versions].reverse()}
                keyOf={({ version }) => String(version)}
                empty="None yet: train the model."
              />
            </Card>
            {value.versions.length > 1 && <DiffCard model={name} versions={value.versions} />}
          </>
        )}
      </Answered>
    </Page>
  );
};

const columnsOf = (versions: readonly Version[]): readonly Column<Version>[] => {
  const metrics = Object.keys(versions.at(-1)?.metrics.holdout ?? {}).slice(0, 3);
  return [
    {
      head: 'Version',
      isHead: true,
      cell: ({ model, version }) => (
        <Link to={['models', model, String(version)]}>{`${model}@${version}`}</Link>
      ),
    },
    { head: 'State', cell: ({ status }) => <VersionStatus status={status} /> },
    { head: 'Aliases', cell: ({ aliases }) => aliases.join(', ') || '–' },
    { head: 'Trainer', cell: ({ trainer }) => trainer },
    { head: 'Run', cell: ({ run }) => <Link to={['runs', run]}>{run}</Link> },
    ...metrics.map((metric) => ({
      head: metric,
      number: true,
      cell: (version: Version) => figure(version.metrics.holdout[metric], 4),
    })),
    { head: 'Registered', cell: ({ decidedAt }) => <Time at={decidedAt} /> },
  ];
};

interface DiffCardProps {
  readonly model: string;
  readonly versions: readonly Version[];
}

const DiffCard = ({ model, versions }: DiffCardProps) => {
  const { query } = useRoute();
  const numbers = versions.map(({ version }) => String(version));
  const from = query.get('from') ?? numbers.at(-2)!;
  const to = query.get('to') ?? numbers.at(-1)!;
  const comparison = useDoor<Comparison>(
    'registry',
    `/v1/models/${encodeURIComponent(model)}/diff?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`,
    { asOf: true },
  );
  return (
    <Card
      title="In what two differ"
      flush
      actions={
        <>
          <Choice label="From" value={from} options={numbers} onChange={(next) => setQuery({ from: next })} />
          <Choice label="To" value={to} options={numbers} onChange={(next) => setQuery({ to: next })} />
        </>
      }
    >
      <Answered answer={comparison} what="the differences">
        {(value) => <Differences comparison={value} />}
      </Answered>
    </Card>
  );
};

interface Row {
  readonly what: string;
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly delta: string;
}

const text = (value: unknown): string =>
  value === null || value === undefined
    ? '–'
    : typeof value === 'number'
      ? figure(value, 4)
      : String(value).slice(0, 60);

const rowsOf = ({ parameters, metrics, features, data }: Comparison): readonly Row[] => [
  ...metrics
    .filter(({ delta }) => delta !== 0)
    .map(({ name, from, to, delta }) => ({
      what: 'metric',
      name,
      from: text(from),
      to: text(to),
      delta: delta === null ? '–' : `${delta > 0 ? '+' : ''}${figure(delta)}`,
    })),
  ...[
    ...parameters.map((each) => ({ ...each, what: 'parameter' })),
    ...data.map((each) => ({ ...each, what: 'data' })),
  ].map(({ what, name, from, to }) => ({ what, name, from: text(from), to: text(to), delta: '' })),
  ...features.added.map((name) => ({ what: 'feature', name, from: '–', to: 'read', delta: '' })),
  ...features.removed.map((name) => ({ what: 'feature', name, from: 'read', to: '–', delta: '' })),
];

const Differences = ({ comparison }: { readonly comparison: Comparison }) => {
  const rows = rowsOf(comparison);
  if (rows.length === 0) return <Empty>They differ in nothing that the registry knows.</Empty>;
  return (
    <Table
      caption={`Differences from ${comparison.from} to ${comparison.to}`}
      columns={[
        { head: 'What', cell: ({ what }) => what },
        { head: 'Name', isHead: true, cell: ({ name }) => name },
        { head: comparison.from, wide: true, cell: ({ from }) => from },
        { head: comparison.to, wide: true, cell: ({ to }) => to },
        { head: 'Difference', number: true, cell: ({ delta }) => delta },
      ]}
      rows={rows}
      keyOf={({ what, name }) => `${what}/${name}`}
      empty=""
    />
  );
};
