import { setAsOf, useAsOf } from '../../data/as-of';
import type { DeployedRoutes, Model } from '../../data/registry';
import { setQuery, useRoute } from '../../data/route';
import { ENTRY_KINDS, TIMELINE_FACTS, type Timeline, type TimelineEntry } from '../../data/timeline';
import { useDoor } from '../../data/use-door';
import { Choice } from '../../parts/choice';
import { moment, plural, whole } from '../../parts/format';
import { Badge, Card, Facts, Page, Time, type Tone } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered, Empty } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import './timeline.css';

const SHOWN = 1_000;
const ALL = 'all kinds';
const EVERYTHING = 'everything';

const TONES: Readonly<Partial<Record<TimelineEntry['kind'], Tone>>> = {
  alert: 'warn',
  alias: 'accent',
  deployment: 'accent',
  serving: 'good',
};

/** Every decision of the platform, and the registry as it stood at any of them. */
export const TimelinePage = () => {
  const { query } = useRoute();
  const kind = query.get('kind') ?? ALL;
  const deployment = query.get('deployment') ?? EVERYTHING;
  const filter = [
    `limit=${SHOWN}`,
    kind === ALL ? '' : `kinds=${encodeURIComponent(kind)}`,
    deployment === EVERYTHING ? '' : `deployment=${encodeURIComponent(deployment)}`,
  ].filter(Boolean);
  const timeline = useDoor<Timeline>('monitoring', `/v1/timeline?${filter.join('&')}`, {
    on: TIMELINE_FACTS,
  });
  const deployments = useDoor<{ readonly deployments: readonly DeployedRoutes[] }>(
    'registry',
    '/v1/deployments',
    { on: ['registry.deployments'] },
  );
  return (
    <Page
      title="Timeline"
      about="Every decision, with its place on the log. Move the slider, or choose a decision, to see the registry as it was then; all pages of models follow."
    >
      <Answered answer={timeline} what="the timeline">
        {(value) => (
          <>
            <TimeMachine entries={value.entries} />
            <StateThen />
            <Card
              title="Decisions"
              flush
              note={
                value.total > value.entries.length
                  ? `the last ${whole(value.entries.length)} of ${whole(value.total)}`
                  : plural(value.total, 'decision')
              }
              actions={
                <>
                  <Choice
                    label="Deployment"
                    value={deployment}
                    options={[EVERYTHING, ...(deployments.value?.deployments ?? []).map(({ name }) => name)]}
                    onChange={(next) =>
                      setQuery({ deployment: next === EVERYTHING ? undefined : next }, { replace: true })
                    }
                  />
                  <Choice
                    label="Kind"
                    value={kind}
                    options={[ALL, ...ENTRY_KINDS]}
                    onChange={(next) =>
                      setQuery({ kind: next === ALL ? undefined : next }, { replace: true })
                    }
                  />
                </>
              }
            >
              <Decisions entries={value.entries} />
            </Card>
          </>
        )}
      </Answered>
    </Page>
  );
};

const Decisions = ({ entries }: { readonly entries: readonly TimelineEntry[] }) => {
  const asOf = useAsOf();
  const columns: readonly Column<TimelineEntry>[] = [
    {
      head: 'When',
      cell: ({ time }) => (
        <button
          type="button"
          className="moment"
          aria-label={`the registry as of ${moment(time)}`}
          onClick={() => setAsOf(time)}
        >
          <Time at={time} />
        </button>
      ),
    },
    { head: 'Kind', cell: ({ kind }) => <Badge tone={TONES[kind] ?? 'plain'}>{kind}</Badge> },
    {
      head: 'What was decided',
      isHead: true,
      wide: true,
      cell: ({ message, time }) =>
        asOf !== undefined && time > asOf ? <span className="soft">{message} (later)</span> : message,
    },
    { head: 'By', cell: ({ by }) => by ?? '–' },
    { head: 'About', cell: aboutOf },
    { head: 'On the log', cell: ({ position }) => <code>{position}</code> },
    { head: 'Because of', cell: ({ cause }) => (cause === null ? '–' : <code>{cause}</code>) },
  ];
  return (
    <Table
      caption="Decisions, the newest first"
      columns={columns}
      rows={entries}
      keyOf={({ position }) => position}
      empty="Nothing of that kind was decided."
    />
  );
};

const aboutOf = ({ model, version, run, deployment }: TimelineEntry) => {
  if (model !== null && version !== null)
    return <Link to={['models', model, String(version)]}>{`${model}@${version}`}</Link>;
  if (run !== null) return <Link to={['runs', run]}>{run}</Link>;
  if (deployment !== null) return <Link to={['deployments', deployment]}>{deployment}</Link>;
  return model === null ? '–' : <Link to={['models', model]}>{model}</Link>;
};

/** One step of the slider is one decision, so that a busy minute has as much room as a quiet month. */
const TimeMachine = ({ entries }: { readonly entries: readonly TimelineEntry[] }) => {
  const asOf = useAsOf();
  if (entries.length === 0) return <Empty>Nothing was decided yet.</Empty>;
  const oldest = [...entries].reverse();
  const place = asOf === undefined ? oldest.length : oldest.filter(({ time }) => time <= asOf).length;
  const choose = (next: number): void =>
    setAsOf(next >= oldest.length ? undefined : oldest[Math.max(0, next - 1)]!.time, { replace: true });
  const at = oldest[place - 1];
  const said =
    asOf === undefined
      ? 'now'
      : at
        ? `after decision ${place} of ${oldest.length}`
        : 'before the first decision shown';
  return (
    <Card title="Time machine" note={said}>
      <div className="machine">
        <button type="button" className="small" disabled={place <= 1} onClick={() => choose(place - 1)}>
          One decision back
        </button>
        <input
          type="range"
          min={1}
          max={oldest.length}
          value={Math.max(1, place)}
          aria-label="Registry as of"
          aria-valuetext={asOf === undefined ? 'now' : moment(asOf)}
          onChange={(event) => choose(Number(event.target.value))}
        />
        <button
          type="button"
          className="small"
          disabled={place >= oldest.length}
          onClick={() => choose(place + 1)}
        >
          One on
        </button>
      </div>
      <p className="machine-at" aria-live="polite">
        <Time at={asOf ?? oldest.at(-1)!.time} /> {at && <span className="soft">{at.message}</span>}
      </p>
    </Card>
  );
};

/** Aliases and routes at the chosen time: the doors of the registry answer as of any time. */
const StateThen = () => {
  const models = useDoor<{ readonly models: readonly Model[] }>('registry', '/v1/models', {
    on: ['registry.models'],
    asOf: true,
  });
  const deployments = useDoor<{ readonly deployments: readonly DeployedRoutes[] }>(
    'registry',
    '/v1/deployments',
    { on: ['registry.deployments'], asOf: true },
  );
  return (
    <Card title="The registry then">
      <Answered answer={models} what="models">
        {(value) =>
          value.models.length === 0 ? (
            <Empty>It knew no model.</Empty>
          ) : (
            <Facts
              facts={value.models.map(({ name, aliases, versions }) => ({
                name: `Model ${name}`,
                value:
                  Object.entries(aliases)
                    .filter(([, version]) => version !== null)
                    .map(([alias, version]) => `${alias} ${version}`)
                    .join(', ') || 'no alias',
                note: plural(versions, 'version'),
              }))}
            />
          )
        }
      </Answered>
      <Answered answer={deployments} what="deployments">
        {(value) => (
          <Facts
            facts={value.deployments.map(({ name, routes }) => ({
              name: `Deployment ${name}`,
              value:
                routes
                  .map(
                    ({ route, version, share }) =>
                      `${route} ${version}${share === undefined ? '' : ` (${share} %)`}`,
                  )
                  .join(', ') || 'waits',
            }))}
          />
        )}
      </Answered>
    </Card>
  );
};
