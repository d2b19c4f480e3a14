/**
 * Programs of other people's stacks that do the bench's common work (bench/README.md), built once into the cache and run as
 * processes. They read and write the same topics, and `checkPeer` says whether they compute the same numbers.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Refused, TransientFailure } from '#kernel';
import { cachedFolder, cacheFolder, findProgram, pythonWith, run, sayingSo } from '#localstack';

type Say = (line: string) => void;

export type Favour = 'throughput' | 'latency';

export interface PeerRun {
  /** `host:port` of each. */
  readonly brokers: readonly string[];
  readonly input: string;
  /** Exists already, with the input's number of partitions. */
  readonly output: string;
  readonly modelFile: string;
  /** Committed positions are kept under this name: a second run of the same group goes on where the first one ended. */
  readonly group: string;
  /** Ends by itself after so many outputs; goes on without it. */
  readonly count?: number;
  /** What its settings are made for where the two differ; throughput by default. */
  readonly favour?: Favour;
  /** What the peer keeps on disk between two runs of the group, and its log; a folder of the group below the temporary one by default. */
  readonly workFolder?: string;
}

export interface PeerProcess {
  readonly pid: number;
  /** Its standard error: what to read when something is wrong. */
  readonly log: string;
  /** Resolves when it has ended in peace or by `stop` or `kill`; rejects, with the end of its log, when it ended otherwise. */
  readonly done: Promise<void>;
  /** Asks it to finish what it has begun, and waits for its end. */
  stop(): Promise<void>;
  /** SIGKILL; `done` tells when it is gone. */
  kill(): void;
}

export interface Peer {
  readonly name: string;
  /** In what its settings differ by what is favoured; absent where they do not. */
  readonly favours?: Readonly<Record<Favour, string>>;
  /** Fetches and compiles what it needs into the cache, once; later calls return at once. */
  build(say: Say): Promise<void>;
  /** Resolves once it has begun to read. */
  start(run: PeerRun): Promise<PeerProcess>;
}

export type Guarantee = 'at_least_once' | 'exactly_once_v2';

/** The folder with the programs themselves; beside this one in the sources and in the build. */
const PROGRAMS = join(__dirname, '..', 'peers');

const workFolderOf = (peer: string, run: PeerRun): string =>
  run.workFolder ?? join(tmpdir(), 'playhead-peers', `${peer}-${run.group}`.replace(/[^\w.-]/g, '_'));

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

const argumentsOf = ({ brokers, input, output, modelFile, group, count }: PeerRun): string[] => [
  ...['--brokers', brokers.join(',')],
  ...['--input', input, '--output', output],
  ...['--model', modelFile],
  ...['--group', group],
  ...(count === undefined ? [] : ['--count', String(count)]),
];

const endOf = (log: string): string => readFileSync(log, 'utf8').trim().slice(-2000);

const READY_MS = 120_000;
const POLITE_MS = 30_000;

/** Starts a program that prints `ready` once it reads; its standard error goes to a log in the work folder. */
const startProgram = async (
  name: string,
  { command, args, env }: Program,
  workFolder: string,
): Promise<PeerProcess> => {
  const log = join(workFolder, 'peer.log');
  const sink = openSync(log, 'a', 0o600);
  const child = spawn(command, args, {
    cwd: workFolder,
    env: env ?? process.env,
    stdio: ['ignore', 'pipe', sink],
  });
  closeSync(sink);
  let isEndWanted = false;
  const done = endOfProcess(child).then((how) => {
    if (how !== undefined && !isEndWanted)
      throw new TransientFailure(
        'PLAYHEAD_STACK_UNAVAILABLE',
        `${name} ended (${how}); see ${log}\n${endOf(log)}`,
      );
  });
  done.catch(() => undefined); // Whoever waits for it is told; nobody has to.
  const kill = (): void => {
    isEndWanted = true;
    child.kill('SIGKILL');
  };
  try {
    await Promise.race([isReady(child, name, log), done]);
  } catch (error) {
    kill();
    throw error;
  }
  const stop = async (): Promise<void> => {
    isEndWanted = true;
    child.kill('SIGTERM');
    const timer = setTimeout(kill, POLITE_MS);
    await done.finally(() => clearTimeout(timer));
  };
  return { pid: child.pid ?? 0, log, done, stop, kill };
};

/** How a process ended when it was not in peace; undefined for exit code 0. */
const endOfProcess = async (child: ChildProcess): Promise<string | undefined> => {
  const how = await new Promise<readonly [number | null, NodeJS.Signals | null] | string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve([code, signal]));
  });
  if (typeof how === 'string') return how;
  const [code, signal] = how;
  return code === 0 ? undefined : signal === null ? `exit code ${code}` : `killed by ${signal}`;
};

const isReady = (child: ChildProcess, name: string, log: string): Promise<void> =>
  new Promise((resolve, reject) => {
    let heard = '';
    const tooLate = (): void =>
      reject(
        new TransientFailure(
          'PLAYHEAD_STACK_UNAVAILABLE',
          `${name} did not begin to read within ${READY_MS / 1000} s; see ${log}\n${endOf(log)}`,
        ),
      );
    const timer = setTimeout(tooLate, READY_MS);
    child.once('close', () => clearTimeout(timer));
    child.stdout?.on('data', (chunk: Buffer) => {
      heard += chunk.toString('utf8');
      if (!/^ready$/m.test(heard)) return;
      clearTimeout(timer);
      resolve();
    });
  });

const digestOfFiles = (folder: string): string => {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const path of files.map(({ parentPath, name }) => join(parentPath, name)).sort())
    hash.update(path.slice(folder.length)).update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
};

const STREAMS_SOURCE = join(PROGRAMS, 'kafka-streams');

const streamsHome = (): string =>
  join(cacheFolder(process.env), `peer-kafka-streams-${digestOfFiles(STREAMS_SOURCE)}`);

const streamsJar = (home: string): string => join(home, 'libs', 'kafka-streams-peer-1.jar');

const buildStreams = async (folder: string, say: Say): Promise<void> => {
  const maven = findProgram('mvn', process.env);
  if (maven === undefined)
    throw new Refused(
      'PLAYHEAD_STACK_MISSING',
      'Maven (mvn) is not on PATH; it is needed to build the Kafka Streams job',
    );
  cpSync(STREAMS_SOURCE, folder, { recursive: true });
  say('kafka-streams: fetching its libraries and compiling with Maven (once)');
  const goals = ['compiler:compile', 'jar:jar', 'dependency:copy-dependencies'];
  const built = run(maven, ['-q', '-B', ...goals], { env: process.env, cwd: folder });
  const { code, output } = await sayingSo(built, (seconds) =>
    say(`kafka-streams: still building (${seconds} s)`),
  );
  if (code !== 0)
    throw new Refused(
      'PLAYHEAD_STACK_MISSING',
      `Maven could not build the Kafka Streams job:\n${output.trim().slice(-2000)}`,
    );
};

const isForTheJvm = (argument: string): boolean => argument.startsWith('-X');

/**
 * A Kafka Streams job in Java (peers/kafka-streams): one processor with a store of the customers' payments, scores by ONNX
 * Runtime for Java. `tuning` are further arguments, for trying settings: those of the JVM begin with -X.
 */
export const kafkaStreams = (guarantee: Guarantee, tuning: readonly string[] = []): Peer => {
  const name = guarantee === 'at_least_once' ? 'kafka-streams' : 'kafka-streams-eos';
  return {
    name,
    favours: { throughput: 'linger 100 ms', latency: 'linger 0' },
    build: async (say) => {
      const home = streamsHome();
      await cachedFolder({
        home,
        isComplete: () => existsSync(streamsJar(home)),
        fill: (folder) => buildStreams(folder, say),
        waiting: () => say('kafka-streams: waiting for another process that builds it'),
      });
    },
    start: (peerRun) => {
      const workFolder = workFolderOf(name, peerRun);
      mkdirSync(workFolder, { recursive: true });
      // Streams' own linger of 100 ms is made for throughput.
      const linger = peerRun.favour === 'latency' ? ['--linger', '0'] : [];
      const own = [...argumentsOf(peerRun), '--guarantee', guarantee, '--state', workFolder, ...linger];
      const args = [
        ...[
          '-Xms512m',
          '-Xmx1g',
          '-XX:+UseParallelGC',
          '-XX:TieredStopAtLevel=1',
          '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
        ],
        ...tuning.filter(isForTheJvm),
        ...['-cp', join(streamsHome(), 'libs', '*')],
        ...['playhead.peer.Main', ...own],
        ...tuning.filter((argument) => !isForTheJvm(argument)),
      ];
      return startProgram(name, { command: 'java', args }, workFolder);
    },
  };
};

const PYTHON_SOURCE = join(PROGRAMS, 'python-loop');

const python = (say: Say = () => undefined): Promise<string> => {
  const lines = readFileSync(join(PYTHON_SOURCE, 'requirements.txt'), 'utf8').split('\n');
  return pythonWith(
    'bench-loop',
    lines.filter((line) => /^\w/.test(line)),
    say,
  );
};

/** A plain loop in Python over librdkafka (peers/python-loop), with its windows in memory. */
export const pythonLoop = (tuning: readonly string[] = []): Peer => ({
  name: 'python-loop',
  build: async (say) => void (await python(say)),
  start: async (peerRun) => {
    const workFolder = workFolderOf('python-loop', peerRun);
    mkdirSync(workFolder, { recursive: true });
    const args = [join(PYTHON_SOURCE, 'loop.py'), ...argumentsOf(peerRun), ...tuning];
    return startProgram('python-loop', { command: await python(), args }, workFolder);
  },
});

/** All of them, each with the settings that were found to be its best (see bench/README.md). */
export const PEERS: readonly Peer[] = [
  kafkaStreams('at_least_once'),
  kafkaStreams('exactly_once_v2'),
  pythonLoop(),
];
