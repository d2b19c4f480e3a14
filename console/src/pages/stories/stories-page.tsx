import type { DeployedRoutes } from '../../data/registry';
import { useDoor } from '../../data/use-door';
import { TIMELINE_FACTS, type Story, type StoryStep } from '../../data/timeline';
import { duration, plural, words } from '../../parts/format';
import { Badge, Card, Facts, Page, Time, type Tone } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered, Empty } from '../../parts/states';
import { Table, type Column } from '../../parts/table';

const TONES: Readonly<Record<string, Tone>> = {
  kept: 'good',
  'rolled-back': 'warn',
  refused: 'bad',
  waiting: 'accent',
  'under-way': 'accent',
};

/** What each request for a new model led to, from the first event of the drift to who answers. */
export const StoriesPage = ({ rest: [deployment] }: { readonly rest: readonly string[] }) => {
  const deployments = useDoor<{ readonly deployments: readonly DeployedRoutes[] }>(
    'registry',
    '/v1/deployments',
    { on: ['registry.deployments'] },
  );
  const shown = deployments.value?.deployments.filter(
    ({ name }) => deployment === undefined || name === deployment,
  );
  return (
    <Page
      title={deployment === undefined ? 'Stories' : `Stories of ${deployment}`}
      about={
        deployment === undefined ? (
          'Why there is a new model: what drifted, what was asked for, what came out, and how long it took.'
        ) : (
          <Link to={['stories']}>All deployments</Link>
        )
      }
    >
      <Answered answer={deployments} what="deployments">
        {() =>
          shown!.length === 0 ? (
            <Empty>There is no deployment{deployment === undefined ? ' yet' : ` ${deployment}`}.</Empty>
          ) : (
            shown!.map(({ name }) => <StoriesOf key={name} deployment={name} />)
          )
        }
      </Answered>
    </Page>
  );
};

const StoriesOf = ({ deployment }: { readonly deployment: string }) => {
  const stories = useDoor<{ readonly stories: readonly Story[] }>(
    'monitoring',
    `/v1/stories/${encodeURIComponent(deployment)}`,
    { on: TIMELINE_FACTS },
  );
  return (
    <Answered answer={stories} what={`stories of ${deployment}`}>
      {(value) =>
        value.stories.length === 0 ? (
          <Card title={deployment}>
            <Empty>No run was asked for yet.</Empty>
          </Card>
        ) : (
          value.stories.map((story) => <StoryCard key={story.id} deployment={deployment} story={story} />)
        )
      }
    </Answered>
  );
};

const COLUMNS: readonly Column<StoryStep>[] = [
  { head: 'When', cell: ({ time }) => <Time at={time} /> },
  { head: 'After', number: true, cell: ({ sinceStart }) => duration(sinceStart * 1_000) },
  { head: 'Kind', cell: ({ kind }) => kind },
  { head: 'What happened', isHead: true, wide: true, cell: ({ message }) => message },
  { head: 'By', cell: ({ by }) => by ?? '–' },
  { head: 'On the log', cell: ({ position }) => <code>{position}</code> },
];

const took = (seconds: number | null): string => (seconds === null ? '–' : duration(seconds * 1_000));

const StoryCard = ({ deployment, story }: { readonly deployment: string; readonly story: Story }) => {
  const { trigger, verdict, why, version, model, run, seconds, steps } = story;
  return (
    <Card
      title={`${deployment}: ${words(trigger)}`}
      note={<Badge tone={TONES[verdict] ?? 'plain'}>{words(verdict)}</Badge>}
    >
      <p>{why}</p>
      <Facts
        facts={[
          version !== null && {
            name: 'Version',
            value: <Link to={['models', model, String(version)]}>{`${model}@${version}`}</Link>,
          },
          run !== null && { name: 'Run', value: <Link to={['runs', run]}>{run}</Link> },
          { name: 'From the first event to serving', value: took(seconds.fromFirstEvent) },
          { name: 'From the alert', value: took(seconds.fromAlert) },
          { name: 'From the request', value: took(seconds.fromRequest) },
        ]}
      />
      <details>
        <summary>{plural(steps.length, 'step')}</summary>
        <Table
          caption={`Steps of the story of ${run ?? deployment}`}
          columns={COLUMNS}
          rows={steps}
          keyOf={({ position, kind }) => `${kind} ${position}`}
          empty="None."
        />
      </details>
    </Card>
  );
};
