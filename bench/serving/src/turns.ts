import type { Findings } from '../../src/scenario';
import { measure, medianOf, type DoorLoad, type Question, type Taken } from './measure';
import type { Party, PartyDoor } from './parties';
import { usageOf } from './process-tree';
import type { Cell, DoorFigures, LoggedFigures, OpenFigures } from './tables';

export const ROWS = [1, 32] as const;
export const CONNECTIONS = [1, 16] as const;
/** Requests a second of the open loop. */
export const OPEN_LOOP_RATE = 500;

/** Seconds. */
interface Times {
  readonly warmUp: number;
  readonly closed: number;
  readonly open: number;
}

export const FULL: Times = { warmUp: 1, closed: 5, open: 10 };
export const QUICK: Times = { warmUp: 0.5, closed: 1, open: 2 };

/** What everything is measured with. */
export interface Ground {
  /** The load generator. */
  readonly program: string;
  /** By rows of a request. */
  readonly questions: ReadonlyMap<number, readonly Question[]>;
  readonly times: Times;
  readonly rounds: number;
  readonly say: (line: string) => void;
}

/** A door that has answered rightly. */
export interface Measurable {
  readonly party: Party;
  readonly door: PartyDoor;
}

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

/** Each size of request by each number of connections, each connection as fast as it is answered. */
export const closedLoops = async (
  ground: Ground,
  measurable: readonly Measurable[],
): Promise<DoorFigures[]> => {
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

/** Single rows, so many each second whatever becomes of them. */
export const openLoops = async (
  ground: Ground,
  measurable: readonly Measurable[],
): Promise<readonly OpenFigures[]> => {
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

/** Both for one deployment. */
export const loggedLoops = async (
  ground: Ground,
  measurable: Measurable,
): Promise<Omit<LoggedFigures, 'logging'>> => {
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
export const summaryOf = (
  ours: string,
  figures: readonly DoorFigures[],
  open: readonly OpenFigures[],
): Findings['figures'] => {
  const summary: Record<string, number> = {};
  const cellOf = ({ cells }: DoorFigures): Cell | undefined =>
    cells.find(({ rows, connections }) => rows === 1 && connections === 16);
  const rateOf = (door: DoorFigures): number => cellOf(door)?.rate ?? Number.NaN;
  for (const own of figures.filter(({ party }) => party === ours)) {
    summary[`${own.kind}_requests_per_second`] = rateOf(own);
    if (own.kind === 'rest') summary.load_cpu_us_per_request = cellOf(own)?.loadCpuUs ?? Number.NaN;
    for (const other of figures)
      if (other.kind === own.kind && other !== own)
        summary[`${own.kind}_ratio_to_${slug(other.party)}`] = rateOf(own) / rateOf(other);
  }
  for (const { party, kind, taken } of open)
    if (party === ours) summary[`${kind}_p99_at_500_per_second_ms`] = taken.p99;
  return summary;
};
