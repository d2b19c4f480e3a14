import type { Span } from '../../data/monitoring';
import { whole } from '../../parts/format';
import { Table, type Column } from '../../parts/table';

const COLUMNS: readonly Column<Span>[] = [
  { head: 'Topic', isHead: true, cell: ({ topic }) => <code>{topic}</code> },
  { head: 'Partition', number: true, cell: ({ partition }) => partition },
  { head: 'First offset', number: true, cell: ({ from }) => from },
  { head: 'Last offset', number: true, cell: ({ to }) => to - 1 },
  { head: 'Span', number: true, cell: ({ from, to }) => whole(to - from) },
];

/** The records that something was made from. */
export const SpansTable = ({
  spans,
  caption,
}: {
  readonly spans: readonly Span[];
  readonly caption: string;
}) => (
  <Table
    caption={caption}
    columns={COLUMNS}
    rows={spans}
    keyOf={({ topic, partition }) => `${topic}:${partition}`}
    empty="It names no records."
  />
);
