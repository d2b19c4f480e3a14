import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Refused, TransientFailure } from '#kernel';
import { findProgram, run } from '../commands';
import type { Environment } from '../external';
import { endLeftovers, launch, type StartContext } from '../part';
import { kafkaJars } from './jars';
import { askBroker } from './probe';
import { javaArguments, renderSettings } from './settings';

/** Recovery of a large log after a crash takes its time. */
const READY_MS = 180_000;
const JAVA_NEEDED = 17;

const JAVA_REMEDY = `Kafka needs Java ${JAVA_NEEDED} or newer: install a JRE (Debian: apt-get install openjdk-17-jre-headless), set JAVA_HOME, or point KAFKA_BROKERS at a broker`;

/** Major version in the first line of `java -version`; 8 for `1.8.0`. */
export const javaMajor = (output: string): number | undefined => {
  const match = /version "(?:1\.)?(\d+)/.exec(output);
  return match ? Number(match[1]) : undefined;
};

const findJava = async (env: Environment): Promise<string> => {
  const inHome = env.JAVA_HOME ? join(env.JAVA_HOME, 'bin', 'java') : undefined;
  const java = inHome && existsSync(inHome) ? inHome : findProgram('java', env);
  if (!java) throw new Refused('PLAYHEAD_STACK_MISSING', `java is not on PATH. ${JAVA_REMEDY}`);
  const { output } = await run(java, ['-version'], { env });
  const major = javaMajor(output);
  if (major === undefined || major < JAVA_NEEDED) {
    throw new Refused('PLAYHEAD_STACK_MISSING', `${java} is version ${major ?? 'unknown'}. ${JAVA_REMEDY}`);
  }
  return java;
};

export const brokerFolder = (dataDir: string): string => join(dataDir, 'kafka');

/** Storage counts as formatted only after the formatter has ended well: what an interrupted one left is made again. */
const formatOnce = async (
  context: StartContext,
  folder: string,
  java: string,
  libs: string,
): Promise<void> => {
  const done = join(folder, 'formatted');
  if (existsSync(done)) return;
  rmSync(join(folder, 'data'), { recursive: true, force: true });
  const args = [
    'kafka.tools.StorageTool',
    'format',
    '--standalone',
    '-t',
    context.state.clusterId,
    '-c',
    'server.properties',
  ];
  const result = await run(java, [...javaArguments(libs, '128m').slice(1), ...args], {
    env: context.env,
    cwd: folder,
  });
  if (result.code !== 0) {
    throw new TransientFailure(
      'PLAYHEAD_STACK_UNAVAILABLE',
      `Kafka could not format ${folder}:\n${result.output.trim().slice(-2000)}`,
    );
  }
  writeFileSync(done, `${context.state.clusterId}\n`);
};

/** Starts the broker over the data folder and returns once it takes part in its own cluster. */
export const startBroker = async (context: StartContext): Promise<void> => {
  const { state, env, log } = context;
  const { kafka: port = 0, controller: controllerPort = 0 } = state.ports;
  const folder = brokerFolder(context.dataDir);
  const [java, libs] = await Promise.all([findJava(env), kafkaJars(env, context.say)]);
  mkdirSync(folder, { recursive: true });
  await endLeftovers(folder, 'java');
  rmSync(join(folder, 'tmp'), { recursive: true, force: true });
  mkdirSync(join(folder, 'tmp'));
  writeFileSync(join(folder, 'server.properties'), renderSettings({ port, controllerPort }));
  await formatOnce(context, folder, java, libs);
  await launch(context, {
    name: 'kafka',
    plan: {
      command: java,
      args: [...javaArguments(libs, state.heap), 'kafka.Kafka', 'server.properties'],
      cwd: folder,
      env: { ...env },
      log,
    },
    readyMs: READY_MS,
    ask: () => brokerAnswers(port, state.clusterId),
  });
};

/** Whether the broker on this port is ours and takes part. */
export const brokerAnswers = async (port: number, clusterId: string): Promise<boolean> => {
  const answer = await askBroker('127.0.0.1', port, 2000);
  return answer?.clusterId === clusterId && answer.brokers.length > 0;
};

/** Throws when none of somebody else's brokers answers. */
export const expectBrokers = async (brokers: readonly string[]): Promise<void> => {
  const answers = brokers.map((broker) => {
    const at = broker.lastIndexOf(':');
    return askBroker(broker.slice(0, at), Number(broker.slice(at + 1)), 5000);
  });
  if (!(await Promise.all(answers)).some((answer) => answer !== undefined)) {
    throw new TransientFailure(
      'PLAYHEAD_STACK_UNAVAILABLE',
      `no broker of KAFKA_BROKERS (${brokers.join(', ')}) answers`,
    );
  }
};
