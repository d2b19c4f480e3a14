import { usePulse } from '../../data/live';
import type { StreamSummary } from '../../data/streams';
import { useDoor } from '../../data/use-door';
import { percent, perSecond, whole } from '../../parts/format';
import { Card, Page } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { StreamDetails } from './stream-details';

/** All streams; one of them with what was rejected of it. */
export const StreamsPage = ({ rest: [stream] }: { readonly rest: readonly string[] }) =>
  stream === undefined ? <StreamList /> : <StreamDetails key={stream} name={stream} />;

const StreamList = () => {
  const streams = useDoor<{ readonly streams: readonly StreamSummary[] }>('ingestion', '/v1/streams', {
    on: ['registry.definitions'],
  });
  const { rates } = usePulse();
  const topics = new Map(rates?.topics.map((topic) => [topic.topic, topic]));
  const columns: readonly Column<StreamSummary>[] = [
    { head: 'Stream', isHead: true, cell: ({ name }) => <Link to={['streams', name]}>{name}</Link> },
    { head: 'Key', cell: ({ key }) => <code>{key}</code> },
    { head: 'Partitions', number: true, cell: ({ partitions }) => whole(partitions) },
    {
      head: 'Sent a second',
      number: true,
      cell: ({ name }) => perSecond(topics.get(`ingestion.inbox.${name}`)?.perSecond ?? 0),
    },
    {
      head: 'Observations',
      number: true,
      cell: ({ name }) => whole(topics.get(`ingestion.observations.${name}`)?.records),
    },
    {
      head: 'Rejected',
      number: true,
      cell: ({ name }) => whole(topics.get(`ingestion.rejections.${name}`)?.records),
    },
    {
      head: 'Share rejected',
      number: true,
      cell: ({ name }) => {
        const rejected = topics.get(`ingestion.rejections.${name}`)?.records ?? 0;
        const observed = topics.get(`ingestion.observations.${name}`)?.records ?? 0;
        return rejected + observed === 0 ? '–' : percent(rejected / (rejected + observed));
      },
    },
  ];
  return (
    <Page
      title="Streams"
      about="What producers send. Each record becomes an observation, or a rejection that says why, or a dead letter."
    >
      <Card title="All streams" flush>
        <Answered answer={streams} what="streams">
          {(value) => (
            <Table
              caption="Streams with their counts"
              columns={columns}
              rows={value.streams}
              keyOf={({ name }) => name}
              empty="No stream yet: apply a definition of kind Stream."
            />
          )}
        </Answered>
      </Card>
    </Page>
  );
};
