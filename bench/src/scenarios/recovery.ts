import { setTimeout as sleep } from 'node:timers/promises';
import { endProcess } from '#localstack';
import type { PartitionEnds } from '#eventlog';
import type { Findings, Workbench } from '../scenario';
import { SERVICES } from '../../../cli/src/platform/platform-state';
import { ROAD, type Stage } from '../stage/stage';
import { firstAppendTime, grown, progressOf, totalOf } from '../stage/stretch';
import { auditRoad } from './road-audit';
import { totalCount, type Counts } from './road-judge';

/** Who is killed when how much of its own output is there. */
const KILLS = [
  { service: 'ingestion', output: ROAD.observations, at: 0.35 },
  { service: 'feature', output: ROAD.vectors, at: 0.5 },
  { service: 'serving', output: ROAD.predictions, at: 0.65 },
] as const;

interface Kill {
  readonly service: string;
  /** Events of the stretch that had come out of it. */
  readonly done: number;
  /** Until its output grew again. */
  readonly seconds: number;
}

/** Kills each service of the road once, in the middle of a preloaded inbox at full speed, and then counts and computes everything again. */
export const recovery = async (bench: Workbench): Promise<Findings> => {
  const { rows, repeats, say } = bench;
  const stage = await bench.stage(rows * repeats);
  stage.isCountable = false;
  const kills: Kill[] = [];
  const before = await endsOfRoad(stage);
  for (let repeat = 1; repeat <= repeats; repeat++) {
    await stage.preload(rows);
    const predictions = await stage.count(ROAD.predictions);
    const outputs = new Map(
      await Promise.all(KILLS.map(async ({ output }) => [output, await stage.count(output)] as const)),
    );
    await stage.startServices(SERVICES.filter((name) => name !== 'ingestion'));
    await stage.startServices(['ingestion']);
    for (const { service, output, at } of KILLS) {
      await grown(stage, output, outputs.get(output)!, Math.floor(rows * at), () => undefined);
      const kill = await killOnce(stage, service, output, outputs.get(output)!);
      say(`kill -9 of ${service}: its output grew again after ${kill.seconds} s`);
      kills.push(kill);
    }
    await grown(stage, ROAD.predictions, predictions, rows, progressOf({ count: rows, say }));
    await settled(stage);
    await stage.stopServices();
  }
  say('computing every value again from the observations');
  const judgement = await auditRoad(stage, before, rows * repeats);
  const { repeated, appliedTwice, missing, wrongVectors, wrongScores } = judgement;
  return {
    figures: {
      ...Object.fromEntries(kills.map(({ service, seconds }) => [`${service}_seconds_to_flow`, seconds])),
      repeated_on_the_wire: totalCount(repeated),
      applied_twice: totalCount(appliedTwice),
      missing: totalCount(missing),
      wrong_values: wrongVectors + wrongScores,
    },
    tables: [
      {
        title: 'recovery: kill -9 at full speed',
        columns: ['service', 'killed at output', 'seconds until it grew again'],
        rows: kills.map(({ service, done, seconds }) => [service, done, seconds]),
      },
      {
        title: `recovery: ${rows * repeats} events afterwards, all computed again offline and compared bit for bit`,
        columns: ['', 'observations', 'vectors', 'predictions'],
        rows: [
          ['duplicates on the wire', ...hops(repeated)],
          ['duplicates applied', ...hops(appliedTwice)],
          ['missing', ...hops(missing)],
          ['wrong values', null, wrongVectors, wrongScores],
        ],
      },
    ],
  };
};

const hops = ({ observations, vectors, predictions }: Counts): number[] => [
  observations,
  vectors,
  predictions,
];

const endsOfRoad = async (stage: Stage): Promise<Record<keyof typeof ROAD, readonly PartitionEnds[]>> => ({
  inbox: await stage.ends(ROAD.inbox),
  observations: await stage.ends(ROAD.observations),
  vectors: await stage.ends(ROAD.vectors),
  predictions: await stage.ends(ROAD.predictions),
});

/** Kills it, starts it again at once as `up` does, and waits until its output grows. */
const killOnce = async (
  stage: Stage,
  service: (typeof KILLS)[number]['service'],
  output: string,
  before: number,
): Promise<Kill> => {
  const killedAt = Date.now();
  await endProcess(stage.identityOf(service), [['SIGKILL', 10_000]]);
  const [flows] = await Promise.all([flowsAgain(stage, output), stage.startServices([service])]);
  return { service, done: flows.done - before, seconds: (flows.at - killedAt) / 1_000 };
};

/** When a topic grows, by the broker's clock. */
const flowsAgain = async (stage: Stage, output: string): Promise<{ done: number; at: number }> => {
  // What the broker had taken in already may still be appended.
  await sleep(100);
  const ends = await stage.ends(output);
  const done = totalOf(ends);
  await grown(stage, output, done, 1, () => undefined);
  return { done, at: await firstAppendTime(stage, output, ends) };
};

/** Repeated records may come behind the last missing one: waits until nothing more comes. */
const settled = async (stage: Stage): Promise<void> => {
  for (let count = -1, now = 0; count !== now; await sleep(1_000)) {
    count = now;
    now = (await stage.count(ROAD.vectors)) + (await stage.count(ROAD.predictions));
  }
};
