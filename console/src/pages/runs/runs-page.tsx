import { setQuery, useRoute } from '../../data/route';
import type { Run } from '../../data/registry';
import { useDoor } from '../../data/use-door';
import { Choice } from '../../parts/choice';
import { duration, figure, plural, whole } from '../../parts/format';
import { Card, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { RunDetails } from './run-details';
import { RUN_STATES, StatusBadge } from './status-badge';

export const RunsPage = ({ rest: [run] }: { readonly rest: readonly string[] }) =>
  run === undefined ? <RunList /> : <RunDetails key={run} id={run} />;

const SHOWN = 200;
const ALL_MODELS = 'all models';
const ANY = 'any state';

const COLUMNS: readonly Column<Run>[] = [
  { head: 'Run', isHead: true, cell: ({ run }) => <Link to={['runs', run]}>{run}</Link> },
  { head: 'Model', cell: ({ model }) => <Link to={['models', model]}>{model}</Link> },
  { head: 'State', cell: ({ status }) => <StatusBadge status={status} /> },
  {
    head: 'Version',
    cell: ({ model, version }) =>
      version === null ? '–' : <Link to={['models', model, String(version)]}>{`${model}@${version}`}</Link>,
  },
  { head: 'Trainer', cell: ({ trainer }) => `${trainer.kind}${trainer.search ? ', searched' : ''}` },
  { head: 'Rows', number: true, cell: ({ rows }) => whole(rows?.train) },
  {
    head: 'Hold-out',
    wide: true,
    cell: ({ metrics, error }) => error?.message ?? metricsText(metrics?.holdout),
  },
  { head: 'Took', number: true, cell: ({ seconds }) => (seconds === null ? '–' : duration(seconds * 1_000)) },
  { head: 'Asked by', cell: ({ requestedBy }) => requestedBy },
  { head: 'Asked at', cell: ({ requestedAt }) => <Time at={requestedAt} /> },
];

const metricsText = (metrics: Readonly<Record<string, number | null>> | undefined): string =>
  Object.entries(metrics ?? {})
    .slice(0, 3)
    .map(([name, value]) => `${name} ${figure(value)}`)
    .join(', ') || '–';

/** All training runs, to be searched by model, state and words. */
const RunList = () => {
  const { query } = useRoute();
  const model = query.get('model') ?? ALL_MODELS;
  const status = query.get('state') ?? ANY;
  const words = query.get('q') ?? '';
  const runs = useDoor<{ readonly runs: readonly Run[] }>('registry', `/v1/runs?limit=${SHOWN}`, {
    on: ['registry.requests', 'training.runs', 'registry.models'],
    asOf: true,
  });
  return (
    <Page title="Runs" about="Every training run: who or what asked for it, what it read, and what came out.">
      <Answered answer={runs} what="runs">
        {(value) => {
          const models = [...new Set(value.runs.map((run) => run.model))].sort();
          const found = value.runs.filter(
            (run) =>
              (model === ALL_MODELS || run.model === model) &&
              (status === ANY || run.status === status) &&
              matches(run, words),
          );
          return (
            <Card
              title="Newest first"
              flush
              note={plural(found.length, 'run')}
              actions={
                <>
                  <label className="choice">
                    <span>Search</span>
                    <input
                      type="search"
                      value={words}
                      placeholder="run, trainer, who asked"
                      onChange={(event) =>
                        setQuery({ q: event.target.value || undefined }, { replace: true })
                      }
                    />
                  </label>
                  <Choice
                    label="Model"
                    value={model}
                    options={[ALL_MODELS, ...models]}
                    onChange={(next) =>
                      setQuery({ model: next === ALL_MODELS ? undefined : next }, { replace: true })
                    }
                  />
                  <Choice
                    label="State"
                    value={status}
                    options={[ANY, ...RUN_STATES]}
                    onChange={(next) =>
                      setQuery({ state: next === ANY ? undefined : next }, { replace: true })
                    }
                  />
                </>
              }
            >
              <Table
                caption="Training runs, the newest first"
                columns={COLUMNS}
                rows={found}
                keyOf={({ run }) => run}
                empty={value.runs.length === 0 ? 'No run yet: train a model.' : 'None is like that.'}
              />
            </Card>
          );
        }}
      </Answered>
    </Page>
  );
};

/** Every word stands somewhere in what the run says of itself. */
const matches = ({ run, model, trainer, requestedBy, error }: Run, words: string): boolean => {
  const text = [run, model, trainer.kind, requestedBy, error?.message ?? ''].join(' ').toLowerCase();
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
};
