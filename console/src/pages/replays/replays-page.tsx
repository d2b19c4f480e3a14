import { useState } from 'react';
import { callDoor } from '../../data/door';
import type { Overview } from '../../data/monitoring';
import { useDoor } from '../../data/use-door';
import { Action } from '../../parts/action';
import { Choice } from '../../parts/choice';
import { duration, figure, percent, whole } from '../../parts/format';
import { Badge, Card, Page, Time, type Tone } from '../../parts/layout';
import { Answered } from '../../parts/states';
import { Table, type Column } from '../../parts/table';

/** `GET /v1/replays` of monitoring, which runs them. */
interface RunningReplay {
  readonly replay: string;
  readonly deployment: string;
  readonly created: string;
  readonly status: 'waiting' | 'running' | 'paused' | 'failed' | 'finished';
  readonly done: number;
  readonly total: number;
  readonly seconds: number;
  readonly ok?: boolean;
  readonly summary?: { readonly records: number; readonly bitExact: number; readonly diverged: number };
  readonly error?: string;
}

/** `GET /v1/replays` of the registry: what came out, whoever ran it. */
interface ReportedReplay {
  readonly replay: string;
  readonly kind: string;
  readonly subject: string;
  readonly ok: boolean;
  readonly summary: Readonly<Record<string, unknown>>;
  readonly seconds: number;
  readonly reportedBy: string;
  readonly reportedAt: string;
}

const EVERY_MS = 1_000;

const TONES: Readonly<Record<RunningReplay['status'], Tone>> = {
  waiting: 'plain',
  running: 'accent',
  paused: 'warn',
  failed: 'bad',
  finished: 'good',
};

/** Begin a verification, watch it, and what others found. */
export const ReplaysPage = () => {
  const overview = useDoor<Overview>('monitoring', '/v1/overview');
  const running = useDoor<{ readonly replays: readonly RunningReplay[] }>('monitoring', '/v1/replays', {
    everyMs: EVERY_MS,
  });
  const reported = useDoor<{ readonly replays: readonly ReportedReplay[] }>('registry', '/v1/replays', {
    on: ['registry.replays'],
    asOf: true,
  });
  const deployments = (overview.value?.deployments ?? []).map(({ deployment }) => deployment);
  const post = async (path: string, body: unknown = {}): Promise<void> => {
    await callDoor('monitoring', path, { method: 'POST', body });
    running.again();
  };
  const columns: readonly Column<RunningReplay>[] = [
    { head: 'Replay', isHead: true, cell: ({ replay }) => <code>{replay}</code> },
    { head: 'Deployment', cell: ({ deployment }) => deployment },
    { head: 'Begun', cell: ({ created }) => <Time at={created} /> },
    {
      head: 'State',
      cell: ({ status, ok }) => (
        <Badge tone={ok === false ? 'bad' : TONES[status]}>{ok === false ? 'diverged' : status}</Badge>
      ),
    },
    { head: 'Progress', wide: true, cell: (replay) => <Progress replay={replay} /> },
    { head: 'What came out', wide: true, cell: outcomeOf },
    {
      head: 'Do',
      cell: ({ replay, status }) => {
        const path = `/v1/replays/${encodeURIComponent(replay)}`;
        if (status === 'running' || status === 'waiting')
          return (
            <Action
              label="Pause"
              question="Take checkpoints and stop? It can be gone on with."
              run={() => post(`${path}/pause`)}
            />
          );
        if (status === 'paused' || status === 'failed')
          return (
            <Action
              label="Go on"
              question="Go on from the last checkpoints?"
              run={() => post(`${path}/resume`)}
            />
          );
        return null;
      },
    },
  ];
  return (
    <Page
      title="Replays"
      about="Features and scoring of a recorded range run again; every vector and prediction is compared with what stands on the log, bit for bit."
      actions={<Begin deployments={deployments} begin={(body) => post('/v1/replays', body)} />}
    >
      <Card title="On this platform" flush>
        <Answered answer={running} what="replays">
          {({ replays }) => (
            <Table
              caption="Replays with their progress, the newest first"
              columns={columns}
              rows={replays}
              keyOf={({ replay }) => replay}
              empty="None yet. Verify a deployment to see that the log tells the whole story."
            />
          )}
        </Answered>
      </Card>
      <Card title="Reports" flush>
        <Answered answer={reported} what="reports">
          {({ replays }) => (
            <Table
              caption="What replays have found, the newest first"
              columns={REPORT_COLUMNS}
              rows={replays}
              keyOf={({ replay }) => replay}
              empty="No replay has been reported."
            />
          )}
        </Answered>
      </Card>
    </Page>
  );
};

const Progress = ({ replay: { done, total, status } }: { readonly replay: RunningReplay }) => {
  const share = total === 0 ? 1 : Math.min(1, done / total);
  if (status !== 'running') return <>{whole(total)} records</>;
  return (
    <>
      <progress value={share} max={1} aria-label={`${percent(share)} of ${whole(total)} records`} />{' '}
      {percent(share)} of {whole(total)}
    </>
  );
};

const outcomeOf = ({ summary, error, seconds }: RunningReplay) => {
  if (error !== undefined) return error;
  if (!summary) return '–';
  const { records, bitExact, diverged } = summary;
  return `${whole(records)} records, ${whole(bitExact)} bit exact, ${whole(diverged)} diverged, in ${duration(seconds * 1_000)}`;
};

const REPORT_COLUMNS: readonly Column<ReportedReplay>[] = [
  { head: 'Replay', isHead: true, cell: ({ replay }) => <code>{replay}</code> },
  { head: 'Kind', cell: ({ kind }) => kind },
  { head: 'Of', cell: ({ subject }) => subject },
  {
    head: 'Verdict',
    cell: ({ ok }) => <Badge tone={ok ? 'good' : 'bad'}>{ok ? 'as recorded' : 'differs'}</Badge>,
  },
  { head: 'Figures', wide: true, cell: ({ summary }) => figuresOf(summary) },
  { head: 'Seconds', number: true, cell: ({ seconds }) => figure(seconds) },
  { head: 'By', cell: ({ reportedBy }) => reportedBy },
  { head: 'Reported', cell: ({ reportedAt }) => <Time at={reportedAt} /> },
];

const figuresOf = (summary: Readonly<Record<string, unknown>>): string =>
  Object.entries(summary)
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => `${name} ${figure(value, 6)}`)
    .join(', ') || '–';

interface BeginProps {
  readonly deployments: readonly string[];
  readonly begin: (body: object) => Promise<void>;
}

const Begin = ({ deployments, begin }: BeginProps) => {
  const [chosen, setChosen] = useState<string>();
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [rate, setRate] = useState('');
  const deployment = chosen ?? deployments[0];
  if (deployment === undefined) return null;
  return (
    <Action
      label="Verify a deployment"
      question="It runs beside the platform in processes of its own, and writes nothing but its report."
      run={() =>
        begin({
          deployment,
          ...(from && { from }),
          ...(to && { to }),
          ...(rate && { rate: Number(rate) }),
        })
      }
    >
      <Choice label="Deployment" value={deployment} options={deployments} onChange={setChosen} />
      <label>
        From (event time; the beginning if empty)
        <input
          value={from}
          placeholder="2018-05-01T00:00:00Z"
          onChange={(event) => setFrom(event.target.value)}
        />
      </label>
      <label>
        To (now if empty)
        <input
          value={to}
          placeholder="2018-05-08T00:00:00Z"
          onChange={(event) => setTo(event.target.value)}
        />
      </label>
      <label>
        Records a second at most
        <input
          value={rate}
          inputMode="numeric"
          placeholder="as fast as it goes"
          onChange={(event) => setRate(event.target.value)}
        />
      </label>
    </Action>
  );
};
