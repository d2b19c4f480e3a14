import { setTimeout as sleep } from 'node:timers/promises';
import { TransientFailure } from '#kernel';
import { loadedVersion } from '../../../cli/src/models/until-loaded';
import { median } from '../../src/report/statistics';
import type { Findings, Workbench } from '../../src/scenario';
import { buildLoad, startLoad, type LoadReport, type RunningLoad } from './load';
import { distance, verify, type Question } from './measure';
import { makeModel } from './model';
import { MODEL, grpcDoor, restDoor, type PartyDoor } from './parties';
import { usageOf } from './process-tree';
import { questionsOf } from './questions';
import { ServingStage } from './serving-stage';

const FEATURES = 32;
const QUESTIONS = 64;
const QUICK_SWAPS = 20;
const PATIENCE_MS = 60_000;
/** Far longer than any run: a load ends when it is told to. */
const FOR_EVER_SECONDS = 24 * 3_600;

/** Requests a second at each door while models are swapped. */
const LOADS = [
  { kind: 'rest', connections: 16, rate: 500 },
  { kind: 'grpc', connections: 4, rate: 100 },
] as const;

/**
 * The champion changes to and fro while both doors are loaded: every request must be answered, by either version, and what serving
 * holds in memory must not grow with the swaps.
 */
export const swaps = async ({ rows, isQuick, say, env, atEnd }: Workbench): Promise<Findings> => {
  const count = isQuick ? Math.min(QUICK_SWAPS, rows) : rows;
  const program = await buildLoad(say);
  const files = [makeModel(FEATURES, 1), makeModel(FEATURES, 2)];
  const questions = await Promise.all(files.map((file) => questionsOf(file, FEATURES, 1, QUESTIONS)));
  let close: (() => Promise<void>) | undefined;
  const stage = await ServingStage.open({ env, say }, (begun) => {
    close = atEnd(() => begun.close());
  });
  await stage.deploy({ name: MODEL, features: FEATURES }, files);
  await stage.leaveOnly(['registry', 'serving']);
  const pid = stage.pidOf('serving');
  const doors: Readonly<Record<'rest' | 'grpc', PartyDoor>> = {
    rest: restDoor(Number(new URL(stage.url('serving')).port)),
    grpc: grpcDoor(stage.grpcPort),
  };
  for (const door of Object.values(doors))
    await verify({ program, party: { name: 'Playhead', pid, tolerance: 0 }, door, questions: questions[0]! });

  const begin = (seconds: number): Running[] =>
    LOADS.map(({ kind, connections, rate }) => {
      const load = { ...requestsAt(doors[kind], questions[0]!), connections, rate, seconds };
      return { door: doors[kind], load: startLoad(program, load) };
    });
  const ended = (running: readonly Running[]): Promise<Ended[]> =>
    Promise.all(
      running.map(async ({ door, load }) => {
        const { report, answers } = await load.done;
        if (report.errors > 0) say(`!! ${door.wire.name}: ${JSON.stringify(report.errorKinds)}`);
        return { door, report, wrong: wrongAnswers(door, answers, questions) };
      }),
    );
  say('warming up at full speed');
  const warmUp = { ...requestsAt(doors.rest, questions[0]!), connections: 16, seconds: isQuick ? 2 : 10 };
  await startLoad(program, warmUp).done;
  say('the same load without swaps');
  const calm = await ended(begin(isQuick ? 3 : 10));
  const loads = begin(FOR_EVER_SECONDS);
  atEnd(() => Promise.resolve(loads.forEach(({ load }) => load.end())));
  const before = await memoryOf(pid);
  let peak = before;
  const took: number[] = [];
  for (let swap = 1; swap <= count; swap++) {
    const version = 1 + (swap % 2);
    const begun = performance.now();
    await stage.promote(MODEL, version);
    await untilServed(stage, version);
    took.push(performance.now() - begun);
    peak = Math.max(peak, usageOf(pid).rssBytes);
    if (swap % 20 === 0) say(`  ${swap} of ${count} swaps, ${mebibytes(usageOf(pid).rssBytes)} MiB`);
  }
  const after = await memoryOf(pid);
  for (const { load } of loads) load.end();
  const reports = await ended(loads);
  await close?.();
  const sum = (pick: (each: Ended) => number): number =>
    reports.reduce((total, each) => total + pick(each), 0);
  return {
    figures: {
      swaps: count,
      requests: sum(({ report }) => report.requests),
      failed_requests: sum(({ report }) => report.errors),
      wrong_answers: sum(({ wrong }) => wrong),
      rss_growth_mebibytes: (after - before) / 2 ** 20,
      median_swap_ms: median(took),
    },
    tables: [
      {
        title: `serving: ${count} swaps under load`,
        columns: ['door', '', 'requests/s', 'requests', 'failed', 'wrong', 'p50 / p99 / max ms'],
        rows: [
          ...calm.map((each) => rowOf('no swaps', each)),
          ...reports.map((each) => rowOf('swaps', each)),
        ],
      },
      {
        title: `serving: memory over ${count} swaps`,
        columns: ['MiB before', 'MiB after', 'growth', 'MiB at most', 'ms from promotion to served, median'],
        rows: [
          [
            mebibytes(before),
            mebibytes(after),
            mebibytes(after) - mebibytes(before),
            mebibytes(peak),
            Math.round(median(took)),
          ],
        ],
      },
    ],
  };
};

interface Running {
  readonly door: PartyDoor;
  readonly load: RunningLoad;
}

interface Ended {
  readonly door: PartyDoor;
  readonly report: LoadReport;
  readonly wrong: number;
}

const rowOf = (phase: string, { door, report, wrong }: Ended): (string | number)[] => [
  door.wire.name,
  phase,
  Math.round(report.rate),
  report.requests,
  report.errors,
  wrong,
  [report.p50, report.p99, report.max].map((ms) => ms.toFixed(2)).join(' / '),
];

const requestsAt = (
  door: PartyDoor,
  questions: readonly Question[],
): { url: string; bodies: readonly Uint8Array[] } => ({
  url: door.url,
  bodies: questions.map(({ rows }) => door.wire.request(rows, door.model)),
});

const mebibytes = (bytes: number): number => Math.round(bytes / 2 ** 20);

/** The middle of five seconds: the collector of garbage takes and gives. */
const memoryOf = async (pid: number): Promise<number> => {
  const samples: number[] = [];
  for (let i = 0; i < 50; i++) {
    samples.push(usageOf(pid).rssBytes);
    await sleep(100);
  }
  return median(samples);
};

const untilServed = async (stage: ServingStage, version: number): Promise<void> => {
  const serving = stage.door('serving');
  for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(20))
    if ((await loadedVersion(serving, MODEL)).version === version) return;
  throw new TransientFailure(
    'PLAYHEAD_NOT_READY',
    `version ${version} is not served after ${PATIENCE_MS / 1_000} s`,
  );
};

/** The last answer to each question must be that of one of the versions. */
const wrongAnswers = (
  door: PartyDoor,
  answers: readonly Uint8Array[],
  questions: readonly (readonly Question[])[],
): number =>
  answers.filter((answer, i) => {
    if (answer.length === 0) return false;
    const values = door.wire.answer(answer);
    return !questions.some((version) => distance(values, version[i]!.answer) === 0);
  }).length;
