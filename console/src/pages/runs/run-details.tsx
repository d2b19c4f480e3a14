import { callDoor } from '../../data/door';
import type { Run, RunProgress, Trial } from '../../data/registry';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { duration, figure, percent, plural, shortDigest, whole } from '../../parts/format';
import { Badge, Card, Facts, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { StatusBadge } from './status-badge';

const EVERY_MS = 1_000;

export const RunDetails = ({ id }: { readonly id: string }) => {
  const path = `/v1/runs/${encodeURIComponent(id)}`;
  const run = useDoor<Run>('registry', path, {
    on: ['training.runs', 'registry.requests', 'registry.models'],
    asOf: true,
  });
  const isOpen = run.value?.status === 'started' || run.value?.status === 'requested';
  const progress = useDoor<RunProgress>('training', isOpen ? path : null, { everyMs: EVERY_MS });
  const isSearched = run.value?.trainer.search !== undefined;
  const trials = useDoor<{ readonly trials: readonly Trial[] }>(
    'training',
    isSearched ? `${path}/trials` : null,
    {
      ...(isOpen && { everyMs: EVERY_MS }),
    },
  );
  return (
    <Page
      title={`Run ${id}`}
      about={<Link to={['runs']}>All runs</Link>}
      actions={
        isOpen && (
          <Action
            label="Cancel"
            tone="danger"
            question="End the run before it is done? What it has learned is thrown away."
            run={() => callDoor('registry', `${path}/cancel`, { method: 'POST', body: {} }).then(run.again)}
          />
        )
      }
    >
      <Answered answer={run} what="the run">
        {(value) => <RunCards run={value} />}
      </Answered>
      {progress.value?.progress && <ProgressCard progress={progress.value.progress} />}
      {isSearched && (
        <Card title="Search" flush note={trials.value && plural(trials.value.trials.length, 'trial')}>
          <Answered answer={trials} what="trials">
            {(value) => (
              <Table
                caption="Trials of the search, best first"
                columns={TRIAL_COLUMNS}
                rows={value.trials}
                keyOf={({ trial }) => String(trial)}
                empty="No trial has begun."
              />
            )}
          </Answered>
        </Card>
      )}
    </Page>
  );
};

const TRIAL_COLUMNS: readonly Column<Trial>[] = [
  { head: 'Trial', isHead: true, number: true, cell: ({ trial }) => whole(trial) },
  { head: 'Value', number: true, cell: ({ value }) => figure(value, 4) },
  { head: 'Metric', cell: ({ metric }) => metric ?? '–' },
  {
    head: 'State',
    cell: ({ state }) => (
      <Badge tone={state === 'failed' ? 'bad' : state === 'completed' ? 'good' : 'accent'}>{state}</Badge>
    ),
  },
  {
    head: 'Parameters',
    wide: true,
    cell: ({ parameters, message }) => message ?? parametersText(parameters),
  },
  { head: 'Seconds', number: true, cell: ({ seconds }) => figure(seconds) },
];

export const parametersText = (parameters: Readonly<Record<string, unknown>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name} ${typeof value === 'number' ? figure(value, 4) : JSON.stringify(value)}`)
    .join(', ') || '–';

const ProgressCard = ({ progress }: { readonly progress: NonNullable<RunProgress['progress']> }) => {
  const { iteration, iterations, metric, train, validation, trial, trials } = progress;
  const share = iterations === 0 ? 0 : iteration / iterations;
  return (
    <Card title="Under way" note={trial !== undefined && `trial ${trial} of ${trials ?? '?'}`}>
      <p>
        <progress value={share} max={1} aria-label={`${percent(share)} of the iterations`} /> {iteration} of{' '}
        {iterations} iterations
      </p>
      <Facts
        facts={[
          { name: `${metric}, training rows`, value: figure(train, 4) },
          validation !== undefined && { name: `${metric}, validation`, value: figure(validation, 4) },
        ]}
      />
    </Card>
  );
};

const RunCards = ({ run }: { readonly run: Run }) => {
  const metrics = Object.entries(run.metrics?.holdout ?? {});
  return (
    <>
      <Card title="What it is">
        {run.error && (
          <div className="failed" role="alert">
            <p>
              <strong>{run.error.message}</strong>
            </p>
            <p>
              <code>{run.error.code}</code>
            </p>
          </div>
        )}
        <Facts
          facts={[
            { name: 'State', value: <StatusBadge status={run.status} /> },
            { name: 'Model', value: <Link to={['models', run.model]}>{run.model}</Link> },
            run.version !== null && {
              name: 'Gave',
              value: (
                <Link to={['models', run.model, String(run.version)]}>{`${run.model}@${run.version}`}</Link>
              ),
            },
            { name: 'Asked by', value: run.requestedBy, note: <Time at={run.requestedAt} /> },
            { name: 'Trainer', value: run.trainer.kind, note: `seed ${run.seed}` },
            { name: 'Features', value: `${run.service}@${run.serviceRevision}` },
            {
              name: 'Rows',
              value: whole(run.rows?.train),
              note: run.rows && `${whole(run.rows.holdout)} held out`,
            },
            { name: 'Data set', value: run.dataset ? <code>{shortDigest(run.dataset)}</code> : '–' },
            { name: 'As known at', value: run.asOf ?? 'its request' },
            { name: 'Took', value: run.seconds === null ? '–' : duration(run.seconds * 1_000) },
          ]}
        />
      </Card>
      {metrics.length > 0 && (
        <Card title="Metrics" flush>
          <Table
            caption="Metrics of the run"
            columns={[
              { head: 'Metric', isHead: true, cell: ([name]) => name },
              { head: 'Hold-out', number: true, cell: ([, value]) => figure(value, 4) },
              {
                head: 'Training rows',
                number: true,
                cell: ([name]) => figure(run.metrics?.train?.[name], 4),
              },
            ]}
            rows={metrics}
            keyOf={([name]) => name}
            empty="None."
          />
        </Card>
      )}
    </>
  );
};
