import { execFile } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { Refused } from '#kernel';
import { pythonWith } from '#localstack';
import type { Findings, Workbench } from '../scenario';

/** The project, from `dist/bench/src/scenarios`. */
const ROOT = resolve(__dirname, '..', '..', '..', '..');
const OWN_PROGRAMS = join(__dirname, '..', '..', 'drift');
const PEER = join(ROOT, 'bench', 'drift', 'evidently_report.py');
/** As the oracle of the statistics has them, so that one environment serves both. */
const PACKAGES = ['evidently==0.7.23', 'pandas<3', 'scipy', 'nannyml==0.13.1', 'statsmodels'];

const CHUNK = 10_000;
const FEATURES = 50;
const EVENTS = 100_000;

const COLUMNS = [
  { name: 'customer', integer: true },
  { name: 'terminal', integer: true },
  { name: 'amount', integer: false },
  { name: 'fraud', integer: true },
  { name: 'hour', integer: true },
  { name: 'weekday', integer: true },
  { name: 'second_of_day', integer: true },
  { name: 'amount_before', integer: false },
  { name: 'hours_since', integer: false },
] as const;

interface Run {
  readonly cpuSeconds: number;
  readonly seconds: number;
  readonly peakMiB: number;
  readonly columns: readonly { readonly name: string; readonly value: number }[];
}

/**
 * A drift report of nine numbers of each card payment: the first `rows` against the last `rows`. Ours reads them from a file in chunks;
 * Evidently's clock starts when they are in memory. And what it costs to count a feature of an event in a live window.
 */
export const drift = async ({ rows, repeats, withoutPeers, say, atEnd }: Workbench): Promise<Findings> => {
  if (rows % CHUNK !== 0)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `bench drift takes rows in chunks of ${CHUNK}`);
  const folder = mkdtempSync(join(tmpdir(), 'playhead-bench-drift-'));
  atEnd(async () => rmSync(folder, { recursive: true, force: true }));
  const python = withoutPeers ? undefined : await pythonWith('drift', PACKAGES, say);
  say('drift: preparing the rows');
  const files = writeSides(folder, rows);
  const runs: { own: Run; small: Run; peer?: Run; micros: number }[] = [];
  for (let turn = 0; turn < repeats; turn++) {
    say(`drift: ${rows} rows a side, turn ${turn + 1}`);
    const task = { ...files, columns: COLUMNS, chunk: CHUNK };
    runs.push({
      own: await run(process.execPath, join(OWN_PROGRAMS, 'report.js'), { ...task, rows }),
      small: await run(process.execPath, join(OWN_PROGRAMS, 'report.js'), {
        ...task,
        rows: Math.min(rows, 100_000),
      }),
      ...(python !== undefined && { peer: await run<Run>(python, PEER, { ...task, rows }) }),
      micros: (
        await run<{ microseconds: number }>(process.execPath, join(OWN_PROGRAMS, 'profile.js'), {
          file: files.current,
          columns: COLUMNS.length,
          chunk: CHUNK,
          features: FEATURES,
          events: EVENTS,
        })
      ).microseconds,
    });
  }
  return findingsOf(rows, runs);
};

const run = async <Answer = Run>(program: string, script: string, task: unknown): Promise<Answer> => {
  const env = { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' };
  const { stdout } = await promisify(execFile)(program, [script, JSON.stringify(task)], { env });
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Answer;
};

const writeSides = (folder: string, rows: number): { reference: string; current: string } => {
  const columns = payments();
  const all = columns[0]!.length;
  if (all < rows)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `the stream has ${all} rows; say --rows with less`);
  const files = { reference: join(folder, 'reference.f64'), current: join(folder, 'current.f64') };
  for (const [path, begin] of [
    [files.reference, 0],
    [files.current, all - rows],
  ] as const) {
    const file = openSync(path, 'w');
    for (let from = begin; from < begin + rows; from += CHUNK)
      for (const column of columns) writeSync(file, new Uint8Array(column.slice(from, from + CHUNK).buffer));
    closeSync(file);
  }
  return files;
};

/** In the order of COLUMNS. */
const payments = (): readonly Float64Array[] => {
  const path = resolve(
    ROOT,
    process.env.PLAYHEAD_DATA ?? '../shared/data',
    'fraud/transactions-2018-04-to-06.csv.gz',
  );
  if (!existsSync(path)) throw new Refused('PLAYHEAD_REQUEST_INVALID', `PLAYHEAD_DATA has no ${path}`);
  const lines = gunzipSync(readFileSync(path)).toString('latin1').trim().split('\n');
  const columns = COLUMNS.map(() => new Float64Array(lines.length - 1));
  const last = new Map<number, { amount: number; time: number }>();
  for (let row = 0; row + 1 < lines.length; row++) {
    const cells = lines[row + 1]!.split(',');
    const time = Date.parse(`${cells[1]!.replace(' ', 'T')}Z`) / 1000;
    const customer = Number(cells[2]);
    const amount = Number(cells[4]);
    const before = last.get(customer) ?? { amount: 0, time: time - 86_400 };
    last.set(customer, { amount, time });
    const values = [
      ...[customer, Number(cells[3]), amount, Number(cells[5])],
      ...[Math.floor(time / 3600) % 24, Math.floor(time / 86_400) % 7, time % 86_400],
      ...[before.amount, (time - before.time) / 3600],
    ];
    values.forEach((value, at) => (columns[at]![row] = value));
  }
  return columns;
};

const least = (values: readonly number[]): number => Math.min(...values);

const findingsOf = (
  rows: number,
  runs: readonly { own: Run; small: Run; peer?: Run; micros: number }[],
): Findings => {
  const peers = runs.flatMap(({ peer }) => (peer ? [peer] : []));
  const own = runs.map((each) => each.own);
  const small = runs.map((each) => each.small);
  const cpu = (of: readonly Run[]): number => least(of.map(({ cpuSeconds }) => cpuSeconds));
  const peak = (of: readonly Run[]): number => Math.max(...of.map(({ peakMiB }) => peakMiB));
  const micros = least(runs.map((each) => each.micros));
  const row = (name: string, count: number, of: readonly Run[]): (string | number)[] => [
    name,
    count,
    cpu(of),
    least(of.map(({ seconds }) => seconds)),
    peak(of),
  ];
  return {
    figures: {
      profile_microseconds: micros,
      report_cpu_seconds: cpu(own),
      report_peak_mib: peak(own),
      report_peak_ratio_to_small: peak(own) / peak(small),
      ...(peers.length > 0 && {
        ratio_to_evidently: cpu(peers) / cpu(own),
        peak_ratio_to_evidently: peak(peers) / peak(own),
        largest_difference: largestDifference(own[0]!, peers[0]!),
      }),
    },
    tables: [
      {
        title: `drift: a report of ${COLUMNS.length} columns, the least of ${runs.length} turns`,
        columns: ['', 'rows a side', 'CPU s', 's', 'peak MiB'],
        rows: [
          row('playhead, a stream from a file', rows, own),
          row('playhead, a stream from a file', Math.min(rows, 100_000), small),
          ...(peers.length > 0 ? [row('Evidently, rows in memory', rows, peers)] : []),
        ],
      },
      {
        title: `drift: counting ${FEATURES} features of ${EVENTS.toLocaleString('en-US')} events in a window`,
        columns: ['', 'us a feature and event'],
        rows: [['WindowProfile', micros]],
      },
    ],
  };
};

/** Of the same column's figure, relative to the larger of the peer's and a hundredth of the threshold of 0.1. */
const largestDifference = (own: Run, peer: Run): number =>
  Math.max(
    ...own.columns.map(({ name, value }) => {
      const theirs = peer.columns.find((column) => column.name === name)!.value;
      return Math.abs(value - theirs) / Math.max(theirs, 0.001);
    }),
  );
