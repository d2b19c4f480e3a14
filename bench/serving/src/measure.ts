import { Refused } from '#kernel';
import { median } from '../../src/report/statistics';
import { startLoad, type Loaded, type LoadReport } from './load';
import type { Party, PartyDoor } from './parties';
import { usageOf } from './process-tree';
import type { Rows } from './wires';

/** One request and what the model says of its rows. */
export interface Question {
  readonly rows: Rows;
  readonly answer: readonly number[];
}

export interface DoorLoad {
  /** The load generator. */
  readonly program: string;
  readonly party: Pick<Party, 'name' | 'pid' | 'tolerance'>;
  readonly door: PartyDoor;
  readonly questions: readonly Question[];
  readonly connections: number;
  readonly seconds: number;
  readonly rate?: number;
}

export interface Taken extends Pick<LoadReport, 'rate' | 'p50' | 'p99' | 'p999' | 'max' | 'lateP99'> {
  /** Processor milliseconds of the server's tree of processes for each request. */
  readonly cpuMs: number;
  /** Processor microseconds of the load generator for each request. */
  readonly loadCpuUs: number;
}

/** Further apart than this, and two servers do not serve the same model. */
export const TOLERANCE = 1e-6;

/** Loads a door and measures it; what it answered meanwhile must be right. @throws Refused when anything was not. */
export const measure = async (load: DoorLoad): Promise<Taken> => {
  const before = usageOf(load.party.pid).cpuSeconds;
  const loaded = await send(load);
  const cpuSeconds = usageOf(load.party.pid).cpuSeconds - before;
  checkAnswers(load, loaded);
  const { requests, cpuSeconds: ofLoad, ...report } = loaded.report;
  return { ...report, cpuMs: (1e3 * cpuSeconds) / requests, loadCpuUs: (1e6 * ofLoad) / requests };
};

/** Every question once at least, before anything is measured. @throws Refused with what is wrong. */
export const verify = async (load: Omit<DoorLoad, 'connections' | 'seconds'>): Promise<void> => {
  for (let seconds = 0.5; ; seconds *= 2) {
    const loaded = await send({ ...load, connections: 4, seconds });
    const isComplete = load.questions.every((_, i) => (loaded.answers[i]?.length ?? 0) > 0);
    if (!isComplete && loaded.report.errors === 0 && seconds < 30) continue;
    checkAnswers(load, loaded);
    return;
  }
};

const send = ({ program, door, questions, connections, seconds, rate }: DoorLoad): Promise<Loaded> =>
  startLoad(program, {
    url: door.url,
    bodies: questions.map(({ rows }) => door.wire.request(rows, door.model)),
    headers: door.wire.headers?.(questions[0]!.rows),
    connections,
    seconds,
    ...(rate === undefined ? {} : { rate }),
  }).done;

const checkAnswers = (
  { party, door, questions }: Pick<DoorLoad, 'party' | 'door' | 'questions'>,
  { report, answers }: Loaded,
): void => {
  const where = `${party.name}, ${door.wire.name}`;
  if (report.errors > 0)
    throw refused(`${where}: ${report.errors} requests failed: ${JSON.stringify(report.errorKinds)}`);
  questions.forEach(({ answer }, i) => {
    const given = answers[i];
    if (!given || given.length === 0) return;
    const values = decoded(where, door, given);
    const worst = values.length === answer.length ? distance(values, answer) : Infinity;
    if (!(worst <= (party.tolerance ?? TOLERANCE)))
      throw refused(`${where}: request ${i} is answered ${values.join(', ')}, not ${answer.join(', ')}`);
  });
};

const decoded = (where: string, door: PartyDoor, content: Uint8Array): readonly number[] => {
  try {
    return door.wire.answer(content);
  } catch (cause) {
    const text = Buffer.from(content.subarray(0, 200)).toString('latin1');
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `${where}: the answer cannot be read: ${text}`, { cause });
  }
};

/** The greatest difference of two lists of the same length; NaN where a number is missing. */
export const distance = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

const refused = (message: string): Refused => new Refused('PLAYHEAD_REQUEST_INVALID', message);

/** Of several rounds: the median of each figure. */
export const medianOf = (rounds: readonly Taken[]): Taken => {
  const of = (pick: (taken: Taken) => number): number => median(rounds.map(pick));
  return {
    rate: of(({ rate }) => rate),
    p50: of(({ p50 }) => p50),
    p99: of(({ p99 }) => p99),
    p999: of(({ p999 }) => p999),
    max: of(({ max }) => max),
    lateP99: of(({ lateP99 }) => lateP99),
    cpuMs: of(({ cpuMs }) => cpuMs),
    loadCpuUs: of(({ loadCpuUs }) => loadCpuUs),
  };
};
