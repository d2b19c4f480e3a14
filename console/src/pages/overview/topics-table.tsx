import { usePulse, type Rates } from '../../data/live';
import { useState } from 'react';
import { perSecond, plural, whole } from '../../parts/format';
import { Loading } from '../../parts/states';
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
  const [withEmpty, setWithEmpty] = useState(false);
  if (!rates) return <Loading what="the first second" />;
  const all = rates.topics.map((topic): TopicRow => {
    const lags = rates.lags.filter(({ source }) => source === topic.topic);
    return { ...topic, lag: lags.map(({ service, records }) => `${whole(records)} (${service})`).join(', ') };
  });
  const rows = all.filter(({ records }) => withEmpty || records > 0);
  const empty = all.filter(({ records }) => records === 0).length;
  return (
    <>
      <Table
        caption="Topics of the namespace"
        columns={COLUMNS}
        rows={rows}
        keyOf={({ topic }) => topic}
        empty="No record on any topic yet."
      />
      {empty > 0 && (
        <p className="after-table">
          <button type="button" className="small" onClick={() => setWithEmpty(!withEmpty)}>
            {withEmpty ? 'Leave out' : 'Show'} {plural(empty, 'empty topic')}
          </button>
        </p>
      )}
    </>
  );
};
