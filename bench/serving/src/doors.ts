import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf } from '#kernel';
import { Releases } from '../../src/run-bench';
import type { Findings, Workbench } from '../../src/scenario';
import { buildLoad } from './load';
import { verify, type Question } from './measure';
import { makeModel } from './model';
import { MODEL, PEERS, binaryDoor, grpcDoor, restDoor, type Party } from './parties';
import { questionsOf } from './questions';
import { ServingStage } from './serving-stage';
import { doorsTable, loggingTable, openLoopTable, type LoggedFigures } from './tables';
import {
  CONNECTIONS,
  FULL,
  OPEN_LOOP_RATE,
  QUICK,
  ROWS,
  closedLoops,
  loggedLoops,
  openLoops,
  summaryOf,
  type Ground,
  type Measurable,
} from './turns';

const FEATURES = 32;
/** Different requests of each size, in turn. */
const QUESTIONS = 64;

/** What is started, and what could not be measured. */
interface Cast {
  readonly folder: string;
  readonly releases: Releases;
  readonly say: (line: string) => void;
  /** Says loudly why there will be no figure. */
  readonly miss: (what: string, why: unknown) => void;
}

/** The doors of serving beside other servers with the same model file: closed loop, open loop, and with requests on the log. */
export const doors = async (bench: Workbench): Promise<Findings> => {
  const { repeats, isQuick, withoutPeers, say, atEnd } = bench;
  const releases = new Releases();
  const end = atEnd(() => releases.all());
  const folder = mkdtempSync(join(tmpdir(), 'playhead-serving-'));
  releases.add(() => Promise.resolve(rmSync(folder, { recursive: true, force: true })));
  let notMeasured = 0;
  const miss = (what: string, why: unknown): void => {
    notMeasured++;
    say(`!! NOT MEASURED: ${what}: ${messageOf(why)}`);
  };
  const cast: Cast = { folder, releases, say, miss };

  const file = makeModel(FEATURES, 1);
  const modelFile = join(folder, 'trees.onnx');
  writeFileSync(modelFile, file);
  const questions = new Map<number, Question[]>();
  for (const rows of ROWS) questions.set(rows, await questionsOf(file, FEATURES, rows, QUESTIONS));
  const ground: Ground = {
    program: await buildLoad(say),
    questions,
    times: isQuick ? QUICK : FULL,
    rounds: isQuick ? 1 : repeats,
    say,
  };

  const { ours, logged } = await startOurs(cast, bench, file);
  const peers = await startPeers(cast, modelFile, withoutPeers);
  const measurable = await verified(cast, ground, [ours, ...peers]);
  const figures = await closedLoops(ground, measurable);
  const open = await openLoops(ground, measurable);
  const withLog: LoggedFigures[] = [];
  for (const [logging, door] of logged)
    withLog.push({ logging, ...(await loggedLoops(ground, { party: ours, door })) });
  await end();
  return {
    figures: { ...summaryOf(ours.name, figures, open), not_measured: notMeasured },
    tables: [
      doorsTable(figures, CONNECTIONS),
      openLoopTable(open, OPEN_LOOP_RATE),
      loggingTable(withLog, CONNECTIONS, OPEN_LOOP_RATE),
    ],
  };
};

/** A whole platform, of which only serving and the stores go on; doors of one deployment for each kind of logging. */
const startOurs = async (
  { releases, say, miss }: Cast,
  { env }: Workbench,
  file: Uint8Array,
): Promise<{ ours: Party; logged: ReadonlyMap<string, Party['doors'][number]> }> => {
  const stage = await ServingStage.open({ env, say }, (begun) => releases.add(() => begun.close()));
  await stage.deploy({ name: MODEL, features: FEATURES }, [file]);
  const port = Number(new URL(stage.url('serving')).port);
  const logged = new Map([['none', restDoor(port)]]);
  for (const logging of ['async', 'durable'] as const) {
    const name = `${MODEL}-${logging}`;
    await stage.deployAlso({ name, model: MODEL, logging }).then(
      () => logged.set(logging, restDoor(port, name)),
      (error: unknown) => miss(`logging ${logging}`, error),
    );
  }
  await stage.leaveOnly(['serving']);
  const doors = [restDoor(port), binaryDoor(port), grpcDoor(stage.grpcPort)];
  return { ours: { name: 'Playhead', pid: stage.pidOf('serving'), doors, tolerance: 0 }, logged };
};

const startPeers = async (
  { folder, releases, say, miss }: Cast,
  modelFile: string,
  onlyOurOwn: boolean,
): Promise<Party[]> => {
  const parties: Party[] = [];
  for (const [i, peer] of PEERS.entries()) {
    if (onlyOurOwn && peer.sources !== undefined) continue;
    const own = join(folder, String(i));
    mkdirSync(own);
    say(`starting ${peer.name}`);
    try {
      const party = await peer.start({ modelFile, folder: own, say });
      releases.add(() => party.stop());
      parties.push(party);
    } catch (error) {
      miss(peer.name, error);
    }
  }
  return parties;
};

/** The doors that answer every question rightly: no figure without right answers. */
const verified = async (
  { say, miss }: Cast,
  { program, questions }: Ground,
  parties: readonly Party[],
): Promise<Measurable[]> => {
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
  say(`${measurable.length} doors answer as they should`);
  return measurable;
};
