import { setQuery, useRoute } from '../../data/route';
import type { Rejection, Rejections, StreamDetail } from '../../data/streams';
import { useDoor } from '../../data/use-door';
import { Bars } from '../../parts/bars';
import { Choice } from '../../parts/choice';
import { duration, percent, plural, whole } from '../../parts/format';
import { Card, Facts, Page, Time } from '../../parts/layout';
import { Link } from '../../parts/link';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';
import { RawBytes } from './raw-bytes';
import './streams.css';

const EVERY_MS = 3_000;
const SHOWN = 200;
const ALL = 'all codes';

const REJECTION_COLUMNS: readonly Column<Rejection>[] = [
  { head: 'Rejected at', cell: ({ rejectedAt }) => <Time at={rejectedAt} /> },
  { head: 'Code', isHead: true, cell: ({ code }) => <code>{code}</code> },
  {
    head: 'Reason',
    wide: true,
    cell: ({ message, field }) => (
      <>
        {message}
        {field !== undefined && (
          <>
            {' '}
            (<code>{field}</code>)
          </>
        )}
      </>
    ),
  },
  { head: 'Inbox position', cell: ({ origin }) => <code>{origin}</code> },
  { head: 'What was sent', wide: true, cell: ({ raw }) => <RawBytes base64={raw} /> },
];

export const StreamDetails = ({ name }: { readonly name: string }) => {
  const path = `/v1/streams/${encodeURIComponent(name)}`;
  const stream = useDoor<StreamDetail>('ingestion', path, { everyMs: EVERY_MS });
  const rejections = useDoor<Rejections>('monitoring', `${path}/rejections?limit=${SHOWN}`, {
    everyMs: EVERY_MS,
  });
  return (
    <Page
      title={`Stream ${name}`}
      about={
        <>
          <Link to={['streams']}>All streams</Link>
        </>
      }
    >
      <Card title="Counts">
        <Answered answer={stream} what="the stream">
          {(value) => <Counts stream={value} />}
        </Answered>
      </Card>
      <Answered answer={rejections} what="rejections">
        {(value) => <RejectionCards rejections={value} />}
      </Answered>
      <Answered answer={stream} what="the definition">
        {(value) => <Definition stream={value} />}
      </Answered>
    </Page>
  );
};

const Counts = ({ stream }: { readonly stream: StreamDetail }) => {
  const { inbox, observations, rejections } = stream.counts;
  const watermarks = Object.values(stream.watermarks).sort();
  const spread = Date.parse(watermarks.at(-1) ?? '') - Date.parse(watermarks[0] ?? '');
  return (
    <Facts
      facts={[
        { name: 'Sent to the inbox', value: whole(inbox) },
        { name: 'Observations', value: whole(observations) },
        {
          name: 'Rejections',
          value: whole(rejections),
          note: observations + rejections > 0 && percent(rejections / (observations + rejections)),
        },
        {
          name: 'Newest event time',
          value: <Time at={watermarks.at(-1)} />,
          note: watermarks.length > 1 && `partitions are ${duration(spread)} apart`,
        },
      ]}
    />
  );
};

const RejectionCards = ({ rejections: { rejections, total } }: { readonly rejections: Rejections }) => {
  const { query } = useRoute();
  const code = query.get('code') ?? ALL;
  const counts = new Map<string, number>();
  for (const { code: each } of rejections) counts.set(each, (counts.get(each) ?? 0) + 1);
  const byCode = [...counts].sort(([a, m], [b, n]) => n - m || a.localeCompare(b));
  const rows = rejections.filter((rejection) => code === ALL || rejection.code === code);
  const which =
    total > rejections.length
      ? `the last ${whole(rejections.length)} of ${whole(total)}`
      : `all ${whole(total)}`;
  return (
    <>
      <Card title="Rejections by code" note={total > 0 && which}>
        {byCode.length === 0 ? (
          <p className="empty">Nothing was rejected.</p>
        ) : (
          <Bars
            caption={`Rejections by code, ${which}`}
            head="Code"
            bars={byCode.map(([name, value]) => ({ name, value, text: whole(value) }))}
          />
        )}
      </Card>
      {rejections.length > 0 && (
        <Card
          title="Last rejections"
          flush
          note={plural(rows.length, 'record')}
          actions={
            <Choice
              label="Code"
              value={code}
              options={[ALL, ...byCode.map(([each]) => each)]}
              onChange={(next) => setQuery({ code: next === ALL ? undefined : next }, { replace: true })}
            />
          }
        >
          <Table
            caption="Last rejections, the newest first"
            columns={REJECTION_COLUMNS}
            rows={rows.slice(0, 25)}
            keyOf={({ position }) => position}
            empty="None of this code among the last ones."
          />
        </Card>
      )}
    </>
  );
};

interface Field {
  readonly name: string;
  readonly type: string;
  readonly required?: boolean;
  readonly nullable?: boolean;
  readonly unit?: string;
  readonly min?: number;
  readonly max?: number;
}

interface Rule {
  readonly name: string;
  readonly check: string;
  readonly message: string;
}

const FIELD_COLUMNS: readonly Column<Field>[] = [
  { head: 'Field', isHead: true, cell: ({ name }) => <code>{name}</code> },
  { head: 'Type', cell: ({ type }) => type },
  {
    head: 'May be',
    cell: ({ required = true, nullable = false }) =>
      [!required && 'absent', nullable && 'null'].filter(Boolean).join(', ') || 'neither absent nor null',
  },
  {
    head: 'Range',
    cell: ({ min, max, unit }) =>
      min === undefined && max === undefined
        ? '–'
        : `${min ?? '−∞'} to ${max ?? '∞'}${unit ? ` ${unit}` : ''}`,
  },
];

const Definition = ({ stream }: { readonly stream: StreamDetail }) => {
  const { latenessMs, dedupeMs, rules } = stream.definition as {
    readonly latenessMs?: number;
    readonly dedupeMs?: number;
    readonly rules?: readonly Rule[];
  };
  return (
    <Card
      title="Definition"
      flush
      note={`revision ${stream.revision}; key ${stream.key}, id ${stream.id}, time ${stream.time}; late after ${duration(latenessMs ?? NaN)}, the same id is a duplicate for ${duration(dedupeMs ?? NaN)}`}
    >
      <Table
        caption={`Fields of ${stream.name}`}
        columns={FIELD_COLUMNS}
        rows={stream.fields as readonly Field[]}
        keyOf={({ name }) => name}
        empty="It has no field."
      />
      {rules !== undefined && rules.length > 0 && (
        <ul className="rules">
          {rules.map(({ name, check, message }) => (
            <li key={name}>
              rule <strong>{name}</strong>: <code>{check}</code>, else “{message}”
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
};
