import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '#kernel';
import type { Findings, Workbench } from '../../src/scenario';
import { buildLoad } from './load';
import { measure, medianOf, verify, type DoorLoad, type Question, type Taken } from './measure';
import { makeModel } from './model';
import { MODEL, PEERS, binaryDoor, grpcDoor, restDoor, type Party, type PartyDoor } from './parties';
import { usageOf } from './process-tree';
import { questionsOf } from './questions';
import { ServingStage } from './serving-stage';
import { doorsTable, loggingTable, openLoopTable, type Cell, type DoorFigures } from './tables';

const FEATURES = 32;
/** Different requests of each size, in turn. */
const QUESTIONS = 64;
const ROWS = [1, 32] as const;
const CONNECTIONS = [1, 16] as const;
const OPEN_LOOP_RATE = 500;
const OURS = 'Playhead';

interface Times {
  readonly warmUp: number;
  readonly closed: number;
  readonly open: number;
}

const FULL: Times = { warmUp: 1, closed: 5, open: 10 };
const QUICK: Times = { warmUp: 0.5, closed: 1, open: 2 };

/** What everything is measured with. */
interface Ground {
  readonly program: string;
  readonly questions: ReadonlyMap<number, readonly Question[]>;
  readonly times: Times;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** A door that has answered rightly. */
interface Measurable {
  readonly party: Party;
  readonly door: PartyDoor;
}

/** The doors of serving beside other servers with the same model file: closed loop, open loop, and with requests on the log. */
export const doors = async ({
  repeats,
  isQuick,
  withoutPeers,
  say,
  env,
  atEnd,
}: Workbench): Promise<Findings> => {
  const folder = mkdtempSync(join(tmpdir(), 'playhead-serving-'));
  const end = atEnd(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
  const program = await buildLoad(say);
  const file = makeModel(FEATURES, 1);
  const modelFile = join(folder, 'trees.onnx');
  writeFileSync(modelFile, file);
  const questions = new Map<number, Question[]>();
  for (const rows of ROWS) questions.set(rows, await questionsOf(file, FEATURES, rows, QUESTIONS));
  const ground: Ground = {
    program,
    questions,
    times: isQuick ? QUICK : FULL,
    rounds: isQuick ? 1 : repeats,
    say,
  };

  let closeStage: (() => Promise<void>) | undefined;
  const stage = await ServingStage.open({ env, say }, (begun) => {
    closeStage = atEnd(() => begun.close());
  });
  const missing: string[] = [];
  const miss = (what: string, error: unknown): void => {
    missing.push(what);
    say(`!! NOT MEASURED: ${what}: ${messageOf(error)}`);
  };
  await stage.deploy({ name: MODEL, features: FEATURES }, [file]);
  const deployments = new Map([['none', MODEL]]);
  for (const logging of ['async', 'durable'] as const) {
    const name = `${MODEL}-${logging}`;
    await stage.deployAlso({ name, model: MODEL, logging }).then(
      () => deployments.set(logging, name),
      (error: unknown) => miss(`logging ${logging}`, error),
    );
  }
  await stage.leaveOnly(['serving']);
  const port = Number(new URL(stage.url('serving')).port);
  const ours: Party = {
    name: OURS,
    pid: stage.pidOf('serving'),
    doors: [restDoor(port), binaryDoor(port), grpcDoor(stage.grpcPort)],
  };

  const parties: Party[] = [ours];
  for (const [i, peer] of PEERS.entries()) {
    if (withoutPeers && peer.sources !== undefined) continue;
    const own = join(folder, String(i));
    mkdirSync(own);
    say(`starting ${peer.name}`);
    try {
      const party = await peer.start({ modelFile, folder: own, say });
      atEnd(() => party.stop());
      parties.push(party);
    } catch (error) {
      miss(peer.name, error);
    }
  }

  const measurable: Measurable[] = [];
  for (const party of parties)
    for (const door of party.doors) {
      try {
        for (const rows of ROWS) await verify({ program, party, door, questions: questions.get(rows)! });
        measurable.push({ party, door });
      } catch (error) {
        miss(`${party.name}, ${door.wire.name}`, error);
      }
    }
  say(`${measurable.length} doors answer as they should; ${missing.length} are left out`);

  const figures = await closedLoops(ground, measurable);
  const open = await openLoops(ground, measurable);
  const withLog: { logging: string; closed: readonly Taken[]; open: Taken }[] = [];
  for (const [logging, name] of deployments)
    withLog.push({
      logging,
      ...(await loggedLoops(ground, { party: ours, door: restDoor(port, name) })),
    });
  await closeStage?.();
  await end();
  return {
    figures: { ...summaryOf(figures, open), not_measured: missing.length },
    tables: [
      doorsTable(figures, CONNECTIONS),
      openLoopTable(open, OPEN_LOOP_RATE),
      loggingTable(withLog, CONNECTIONS, OPEN_LOOP_RATE),
    ],
  };
};

/** All parties of a cell take turns, round by round; who begins changes. */
const inTurns = async (
  { rounds, say }: Ground,
  what: string,
  parties: readonly Measurable[],
  take: (measurable: Measurable) => Promise<Taken>,
): Promise<Map<Measurable, Taken>> => {
  const taken = new Map<Measurable, Taken[]>(parties.map((each) => [each, []]));
  for (let round = 0; round < rounds; round++)
    for (let i = 0; i < parties.length; i++) {
      const each = parties[(i + round) % parties.length]!;
      const one = await take(each);
      taken.get(each)!.push(one);
      say(
        `  ${what}, ${each.door.wire.name}, ${each.party.name}: ${Math.round(one.rate)}/s, p99 ${one.p99.toFixed(2)} ms`,
      );
    }
  return new Map([...taken].map(([each, all]) => [each, medianOf(all)]));
};

const loadOf = (
  { program, questions, times }: Ground,
  { party, door }: Measurable,
  rows: number,
  connections: number,
): DoorLoad => ({
  program,
  party,
  door,
  questions: questions.get(rows)!,
  connections,
  seconds: times.closed,
});

const closedLoops = async (ground: Ground, measurable: readonly Measurable[]): Promise<DoorFigures[]> => {
  const cells = new Map<Measurable, Cell[]>(measurable.map((each) => [each, []]));
  for (const kind of ['rest', 'binary', 'grpc'] as const)
    for (const rows of ROWS)
      for (const connections of CONNECTIONS) {
        const parties = measurable.filter(({ door }) => door.kind === kind);
        const what = `${rows} ${rows === 1 ? 'row' : 'rows'}, ${connections} ${connections === 1 ? 'connection' : 'connections'}`;
        const taken = await inTurns(ground, what, parties, async (each) => {
          const load = loadOf(ground, each, rows, connections);
          await measure({ ...load, seconds: ground.times.warmUp });
          return measure(load);
        });
        for (const [each, figures] of taken) cells.get(each)!.push({ rows, connections, ...figures });
      }
  return measurable.map((each) => ({
    party: each.party.name,
    kind: each.door.kind,
    door: each.door.wire.name,
    rssBytes: usageOf(each.party.pid).rssBytes,
    cells: cells.get(each)!,
  }));
};

const openLoops = async (
  ground: Ground,
  measurable: readonly Measurable[],
): Promise<readonly { party: string; kind: PartyDoor['kind']; door: string; taken: Taken }[]> => {
  const taken = await inTurns(ground, `${OPEN_LOOP_RATE}/s`, measurable, (each) =>
    measure({ ...loadOf(ground, each, 1, 16), seconds: ground.times.open, rate: OPEN_LOOP_RATE }),
  );
  return [...taken].map(([{ party, door }, figures]) => ({
    party: party.name,
    kind: door.kind,
    door: door.wire.name,
    taken: figures,
  }));
};

const loggedLoops = async (
  ground: Ground,
  measurable: Measurable,
): Promise<{ closed: readonly Taken[]; open: Taken }> => {
  const closed: Taken[] = [];
  const rounds = Array.from({ length: ground.rounds });
  for (const connections of CONNECTIONS) {
    const load = loadOf(ground, measurable, 1, connections);
    await measure({ ...load, seconds: ground.times.warmUp });
    const taken: Taken[] = [];
    for (const _ of rounds) taken.push(await measure(load));
    closed.push(medianOf(taken));
  }
  const open: Taken[] = [];
  for (const _ of rounds)
    open.push(
      await measure({
        ...loadOf(ground, measurable, 1, 16),
        seconds: ground.times.open,
        rate: OPEN_LOOP_RATE,
      }),
    );
  return { closed, open: medianOf(open) };
};

const slug = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]+/g, '_');

/** Single rows on 16 connections, by door: our rate, and how many times that of each other; p99 of the open loop. */
const summaryOf = (
  figures: readonly DoorFigures[],
  open: Awaited<ReturnType<typeof openLoops>>,
): Record<string, number> => {
  const summary: Record<string, number> = {};
  const rateOf = ({ cells }: DoorFigures): number =>
    cells.find(({ rows, connections }) => rows === 1 && connections === 16)?.rate ?? Number.NaN;
  for (const ours of figures.filter(({ party }) => party === OURS)) {
    summary[`${ours.kind}_requests_per_second`] = rateOf(ours);
    for (const other of figures)
      if (other.kind === ours.kind && other !== ours)
        summary[`${ours.kind}_ratio_to_${slug(other.party)}`] = rateOf(ours) / rateOf(other);
  }
  for (const { party, kind, taken } of open)
    if (party === OURS) summary[`${kind}_p99_at_500_per_second_ms`] = taken.p99;
  return summary;
};
