/**
 * Kafka, Postgres and MinIO on one machine without docker. The processes outlive whoever starts them; what they need to be
 * found again, stopped and restarted is kept in the data folder. All changes to one data folder happen under its lock.
 */
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Refused } from '#kernel';
import { externalEndpoints, type Endpoints, type Environment } from './external';
import { expectBrokers } from './kafka/broker';
import { withLock } from './lock';
import { isFreePort, type Ports } from './ports';
import { removeHome } from './postgres/home';
import { expectPostgres } from './postgres/server';
import { isRunning, signalProcess, waitForEnd } from './processes';
import { expectObjectStore } from './s3/minio-server';
import { localEndpoints, PORTS_OF, Session } from './session';
import { freshState, logPath, PARTS, readState, statePath, type Part, type StackState } from './state';

export interface StartOptions<P extends Part = Part> {
  /** Holds everything: logs, data, `localstack.json`. Made with mode 700 if it is not there. */
  readonly dataDir: string;
  /** All by default. */
  readonly parts?: readonly P[];
  /** Fixed ports; 0 or none for the ones used before, or free ones. */
  readonly ports?: Ports;
  /** The broker's largest heap, as Java spells it; 1g by default. */
  readonly heap?: string;
  /** Where external endpoints, PATH, JAVA_HOME, PLAYHEAD_CACHE and MAVEN_REPOSITORY_URL are read; the process's by default. */
  readonly env?: Environment;
  readonly progress?: (line: string) => void;
}

export interface StackProcesses {
  /** Of the local processes that run at this moment. */
  readonly pids: Partial<Record<Part, number>>;
  readonly logs: Partial<Record<Part, string>>;
}

export type LocalStack<P extends Part = Part> = Pick<Endpoints, P> & StackProcesses;

export interface ChangeOptions {
  readonly env?: Environment;
  readonly progress?: (line: string) => void;
}

const silent = (): void => undefined;

const locked = <T>(dataDir: string, progress: (line: string) => void, work: () => Promise<T>): Promise<T> =>
  withLock(join(dataDir, 'localstack.lock'), work, () =>
    progress('waiting for another command that is changing this stack'),
  );

const processesOf = (dataDir: string, state: StackState): StackProcesses => {
  const known = PARTS.filter((part) => state.processes[part]);
  const alive = known.flatMap((part) => {
    const identity = state.processes[part];
    return isRunning(identity) ? [[part, identity.pid] as const] : [];
  });
  return {
    pids: Object.fromEntries(alive),
    logs: Object.fromEntries(known.map((part) => [part, logPath(dataDir, part)])),
  };
};

const expectExternal = async (external: Partial<Endpoints>): Promise<void> => {
  const { kafka, postgres, s3 } = external;
  await Promise.all([
    kafka && expectBrokers(kafka.brokers),
    postgres && expectPostgres(postgres.url),
    s3 && expectObjectStore(s3),
  ]);
};

/** Starts the parts at once. If one fails, those that this call had started are ended again before the failure is thrown. */
const startAll = async (session: Session, parts: readonly Part[], ports: Ports): Promise<void> => {
  const running = await Promise.all(parts.map((part) => session.answers(part)));
  const missing = parts.filter((_, index) => !running[index]);
  // Alive but without an answer is as good as dead.
  await Promise.all(missing.map((part) => session.end(part)));
  await session.givePorts(missing, ports);
  const results = await Promise.allSettled(missing.map((part) => session.start(part, ports)));
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return;
  await Promise.allSettled(missing.map((part) => session.end(part)));
  throw failure.reason;
};

/**
 * Starts what does not run yet, and returns once every part has answered in its own protocol. A stack that runs already is
 * returned as it is; what a crash left behind is cleaned up. Parts that the environment places elsewhere are only asked.
 *
 * Throws `Refused` when a program is missing (with the remedy) or a fixed port is taken, `ConfigurationError` for a wrong
 * environment, `TransientFailure` when a part does not come up (with the end of its log).
 */
export const startLocalStack = async <P extends Part = Part>(
  options: StartOptions<P>,
): Promise<LocalStack<P>> => {
  const { env = process.env, progress = silent, ports = {} } = options;
  const parts: readonly Part[] = options.parts ?? PARTS;
  const dataDir = resolve(options.dataDir);
  const external = externalEndpoints(env);
  const local = parts.filter((part) => !external[part]);
  await expectExternal(
    Object.fromEntries(Object.entries(external).filter(([part]) => parts.includes(part as Part))),
  );
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  return locked(dataDir, progress, async () => {
    const session = new Session({ dataDir, env, say: progress }, readState(dataDir) ?? freshState());
    session.remember(options.heap ? { heap: options.heap } : {});
    await startAll(session, local, ports);
    const endpoints = { ...localEndpoints(dataDir, session.state), ...external };
    const picked = Object.fromEntries(parts.map((part) => [part, endpoints[part]])) as unknown as Pick<
      Endpoints,
      P
    >;
    return { ...picked, ...processesOf(dataDir, session.state) };
  });
};

/**
 * What is known about the local stack of a data folder: the endpoints of the parts that were started and not stopped, and the
 * pids of those that run at this moment. Undefined where there never was one.
 */
export const readLocalStack = async (
  dataDir: string,
): Promise<(Partial<Endpoints> & StackProcesses) | undefined> => {
  const folder = resolve(dataDir);
  const state = readState(folder);
  if (!state) return undefined;
  const all = localEndpoints(folder, state);
  const known = PARTS.filter(
    (part) => state.processes[part] || (part === 's3' && state.objectStore === 'file'),
  );
  return { ...Object.fromEntries(known.map((part) => [part, all[part]])), ...processesOf(folder, state) };
};

/** Ends all local processes of a data folder, politely first. `purge` then removes their data, logs and state. */
export const stopLocalStack = async (
  dataDir: string,
  options: { readonly purge?: boolean; readonly progress?: (line: string) => void } = {},
): Promise<void> => {
  const folder = resolve(dataDir);
  const { progress = silent, purge = false } = options;
  if (!existsSync(folder)) return;
  await locked(folder, progress, async () => {
    const state = readState(folder);
    if (!state) return;
    const session = new Session({ dataDir: folder, env: process.env, say: progress }, state);
    const running = PARTS.filter((part) => state.processes[part]);
    await Promise.all(running.map((part) => session.end(part)));
    for (const part of running) progress(`${part}: stopped`);
    if (!purge) return;
    removeHome(state.postgresHome, folder);
    for (const name of ['kafka', 'postgres', 's3', 'artifacts', 'logs'])
      rmSync(join(folder, name), { recursive: true, force: true });
    rmSync(statePath(folder), { force: true });
    progress('removed the data of the local stack');
  });
};

const knownState = (dataDir: string): StackState => {
  const state = readState(dataDir);
  if (!state) throw new Refused('PLAYHEAD_STACK_UNAVAILABLE', `there is no local stack in ${dataDir}`);
  return state;
};

/** Ends one part if it runs and starts it again, on the same ports: clients find it where it was. */
export const restartPart = async (
  dataDir: string,
  part: Part,
  options: ChangeOptions = {},
): Promise<void> => {
  const folder = resolve(dataDir);
  const { env = process.env, progress = silent } = options;
  await locked(folder, progress, async () => {
    const session = new Session({ dataDir: folder, env, say: progress }, knownState(folder));
    await session.end(part);
    const { ports } = session.state;
    for (const name of PORTS_OF[part]) {
      const port = ports[name];
      if (port && !(await isFreePort(port))) {
        throw new Refused(
          'PLAYHEAD_STACK_UNAVAILABLE',
          `port ${port} of ${part} was taken by another program; stop and start the whole stack`,
        );
      }
    }
    await session.start(part, ports);
  });
};

const ENDS: readonly NodeJS.Signals[] = ['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGQUIT'];

/** Sends a signal to one part, SIGKILL by default, and for one that ends it waits until the process is gone. */
export const killPart = async (
  dataDir: string,
  part: Part,
  signal: NodeJS.Signals = 'SIGKILL',
): Promise<void> => {
  const identity = knownState(resolve(dataDir)).processes[part];
  if (!identity || !signalProcess(identity, signal)) {
    throw new Refused('PLAYHEAD_STACK_UNAVAILABLE', `${part} does not run in ${dataDir}`);
  }
  if (ENDS.includes(signal)) await waitForEnd(identity, 30_000);
};
