import { usePulse, type Rates } from '../../data/live';
import { perSecond, whole } from '../../parts/format';
import { Table, type Column } from '../../parts/table';

type TopicRow = Rates['topics'][number] & { readonly lag: string };

const COLUMNS: readonly Column<TopicRow>[] = [
  { head: 'Topic', isHead: true, wide: true, cell: ({ topic }) => <code>{topic}</code> },
  { head: 'Records', number: true, cell: ({ records }) => whole(records) },
  { head: 'A second', number: true, cell: (row) => perSecond(row.perSecond) },
  { head: 'Not yet read', number: true, cell: ({ lag }) => lag },
];

/** Every topic of the namespace, with what was appended in the last second and what its readers have before them. */
export const TopicsTable = () => {
  const { rates } = usePulse();
  const rows = (rates?.topics ?? []).map((topic): TopicRow => {
    const lags = rates!.lags.filter(({ source }) => source === topic.topic);
    return { ...topic, lag: lags.map(({ service, records }) => `${whole(records)} (${service})`).join(', ') };
  });
  return (
    <Table
      caption="Topics of the namespace"
      columns={COLUMNS}
      rows={rows}
      keyOf={({ topic }) => topic}
      empty="No topic yet."
    />
  );
};
