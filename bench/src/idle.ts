/** What it costs to wait: processor time of a process with three connections to an idle log, and of the services of an idle platform. */
import { createKafkaLog } from '#eventlog/kafka';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SETTLE_MS, type IdleErrand } from './idle-process';

export interface BenchIdleOptions {
  readonly brokers: readonly string[];
  /** Prefix of its topic, which it removes. */
  readonly namespace: string;
  /** Where the services of an idle platform listen, by name; none are measured without it. */
  readonly services?: Readonly<Record<string, string>>;
  readonly seconds?: number;
  readonly say?: (line: string) => void;
}

/** Percent of one core. */
export interface IdleResult {
  readonly seconds: number;
  /** One reader, one member, one producer. */
  readonly threeConnections: number;
  readonly services: Readonly<Record<string, number>>;
}

/** Measures one after the other: an idle process costs the others nothing, but starting one does. */
export const benchIdle = async (options: BenchIdleOptions): Promise<IdleResult> => {
  const { seconds = 30, services = {}, say = () => undefined } = options;
  say(`idle: a process with three connections, ${seconds} s`);
  const threeConnections = await idleProcess(options, seconds);
  const names = Object.keys(services);
  if (names.length > 0) {
    say(`idle: ${names.join(', ')}, ${seconds} s`);
    await sleep(SETTLE_MS);
  }
  return { seconds, threeConnections, services: await idleServices(services, seconds) };
};

const idleProcess = async (
  { brokers, namespace }: Pick<BenchIdleOptions, 'brokers' | 'namespace'>,
  seconds: number,
): Promise<number> => {
  const topic = `${namespace}.idle`;
  const log = createKafkaLog({ brokers, clientId: 'bench-idle' });
  try {
    await log.ensureTopics([{ name: topic, partitions: 4 }]);
    const errand: IdleErrand = { brokers, topic, seconds };
    const { stdout } = await promisify(execFile)(process.execPath, [
      join(__dirname, 'idle-process.js'),
      JSON.stringify(errand),
    ]);
    return (JSON.parse(stdout) as { cpuPercent: number }).cpuPercent;
  } finally {
    await log.deleteTopics([topic]).catch(() => undefined);
    await log.close();
  }
};

/** From what the services say at `/metrics`; the question itself costs them a few milliseconds. */
const idleServices = async (
  services: Readonly<Record<string, string>>,
  seconds: number,
): Promise<Record<string, number>> => {
  const ask = (): Promise<[string, { cpu: number; at: number }][]> =>
    Promise.all(
      Object.entries(services).map(async ([name, url]) => [
        name,
        { cpu: await cpuSecondsOf(url), at: performance.now() },
      ]),
    );
  await ask(); // compiles what answers
  const before = new Map(await ask());
  await sleep(1_000 * seconds);
  return Object.fromEntries(
    (await ask()).map(([name, { cpu, at }]) => {
      const start = before.get(name)!;
      return [name, (100_000 * (cpu - start.cpu)) / (at - start.at)];
    }),
  );
};

const cpuSecondsOf = async (url: string): Promise<number> => {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(5_000) });
  const line = /^process_cpu_seconds_total(?:\{[^}]*\})? (\S+)/m.exec(await answer.text());
  if (!line) throw new Error(`${url}/metrics does not say process_cpu_seconds_total`);
  return Number(line[1]);
};
