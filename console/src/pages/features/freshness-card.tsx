import { useDoor } from '../../data/use-door';
import { duration, whole } from '../../parts/format';
import { Card, Facts, Time } from '../../parts/layout';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import type { Freshness } from './shapes';

type Partition = Freshness['partitions'][number];

const COLUMNS: readonly Column<Partition>[] = [
  { head: 'Partition', isHead: true, number: true, cell: ({ partition }) => partition },
  { head: 'Vectors', number: true, cell: ({ vectors }) => whole(vectors) },
  { head: 'Newest event', cell: ({ eventTime }) => <Time at={eventTime} /> },
  { head: 'Appended', cell: ({ appendedAt }) => <Time at={appendedAt} /> },
  {
    head: 'Behind its event by',
    number: true,
    cell: ({ eventTime, appendedAt }) =>
      eventTime && appendedAt ? duration(Date.parse(appendedAt) - Date.parse(eventTime)) : '–',
  },
];

/** How old the newest vector is, by partition. */
export const FreshnessCard = ({ service }: { readonly service: string }) => {
  const answer = useDoor<Freshness>('monitoring', `/v1/services/${encodeURIComponent(service)}/freshness`, {
    everyMs: 2_000,
  });
  return (
    <Card title="Freshness" flush>
      <Answered answer={answer} what="the newest vectors">
        {({ partitions }) => {
          const appended = newest(partitions.map(({ appendedAt }) => appendedAt));
          return (
            <>
              <div className="inset">
                <Facts
                  facts={[
                    {
                      name: 'Last vector appended',
                      value: appended === undefined ? 'none yet' : `${duration(Date.now() - appended)} ago`,
                    },
                    {
                      name: 'Newest event time',
                      value: <Time at={newestText(partitions.map(({ eventTime }) => eventTime))} />,
                    },
                  ]}
                />
              </div>
              <Table
                caption={`Newest vector of each partition of ${service}`}
                columns={COLUMNS}
                rows={partitions}
                keyOf={({ partition }) => String(partition)}
                empty="No partition."
              />
            </>
          );
        }}
      </Answered>
    </Card>
  );
};

const newestText = (times: readonly (string | null)[]): string | undefined =>
  times
    .filter((time) => time !== null)
    .sort()
    .at(-1);

const newest = (times: readonly (string | null)[]): number | undefined => {
  const text = newestText(times);
  return text === undefined ? undefined : Date.parse(text);
};
