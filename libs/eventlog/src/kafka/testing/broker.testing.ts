/** Real Kafka brokers for the tests of this folder, one JVM each, without docker. Test code only. */
import { kafkaJars } from '#localstack';
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { promisify } from 'node:util';

const START_TIMEOUT_MS = 60_000;
const SMALL_JVM = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Runs one of Kafka's own tools to its end and gives what it printed. */
export const runTool = async (mainClass: string, args: readonly string[], input = ''): Promise<string> => {
  const libs = await kafkaJars(process.env, () => undefined);
  const running = promisify(execFile)('java', [...SMALL_JVM, '-cp', `${libs}/*`, mainClass, ...args]);
  running.child.stdin?.end(input);
  return (await running).stdout;
};

export interface TestCluster {
  readonly brokers: readonly TestBroker[];
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

/** A combined broker and controller first, then brokers only. `advertise` says which port clients are sent to. */
export const startCluster = async (
  count = 1,
  settings: Readonly<Record<string, string>> = {},
  advertise: (port: number) => Promise<number> = (port) => Promise.resolve(port),
): Promise<TestCluster> => {
  const directory = mkdtempSync(join(tmpdir(), 'playhead-kafka-'));
  const controllerPort = await freePort();
  const clusterId = 'AAAAAAAAAAAAAAAAAAAAAA';
  const brokers: TestBroker[] = [];
  try {
    for (let id = 1; id <= count; id++) {
      const port = await freePort();
      const plan = { id, port, advertisedPort: await advertise(port), controllerPort, clusterId, settings };
      brokers.push(await TestBroker.start(join(directory, `${id}`), plan));
    }
  } catch (error) {
    for (const broker of brokers) await broker.kill();
    throw error;
  }
  return {
    brokers,
    addresses: brokers.map(({ address }) => address),
    stop: async () => {
      for (const broker of [...brokers].reverse()) await broker.kill();
      rmSync(directory, { recursive: true, force: true });
    },
  };
};

interface BrokerPlan {
  readonly id: number;
  readonly port: number;
  readonly advertisedPort: number;
  readonly controllerPort: number;
  readonly clusterId: string;
  readonly settings: Readonly<Record<string, string>>;
}

export class TestBroker {
  private process: ChildProcess | undefined;

  private constructor(
    private readonly directory: string,
    readonly plan: BrokerPlan,
  ) {}

  static async start(directory: string, plan: BrokerPlan): Promise<TestBroker> {
    const broker = new TestBroker(directory, plan);
    await broker.format();
    await broker.start();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.plan.advertisedPort}`;
  }

  /** Where the segments of a partition lie. */
  partitionDirectory(topic: string, partition: number): string {
    return join(this.directory, 'log', `${topic}-${partition}`);
  }

  async start(): Promise<void> {
    const output = openSync(join(this.directory, 'broker.log'), 'a');
    const libs = await kafkaJars(process.env, () => undefined);
    const jvm = [
      '-Xms128m',
      '-Xmx512m',
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    ];
    this.process = spawn('java', [...jvm, '-cp', `${libs}/*`, 'kafka.Kafka', this.configFile], {
      stdio: ['ignore', output, output],
    });
    for (
      const deadline = Date.now() + START_TIMEOUT_MS;
      !(await accepts(this.plan.port));
      await pauseFor(50)
    ) {
      if (Date.now() > deadline || this.process.exitCode !== null)
        throw new Error(`the broker did not start, see ${this.directory}/broker.log`);
    }
  }

  /** Clean: the log is flushed, leaders are handed over. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  private get configFile(): string {
    return join(this.directory, 'server.properties');
  }

  private async format(): Promise<void> {
    const { id, port, advertisedPort, controllerPort, clusterId, settings } = this.plan;
    mkdirSync(this.directory, { recursive: true });
    const isController = id === 1;
    const properties: Record<string, string> = {
      'process.roles': isController ? 'broker,controller' : 'broker',
      'node.id': `${id}`,
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://127.0.0.1:${port}${isController ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${advertisedPort}${isController ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
      'log.dirs': join(this.directory, 'log'),
      'offsets.topic.num.partitions': '1',
      'offsets.topic.replication.factor': '1',
      'transaction.state.log.num.partitions': '1',
      'transaction.state.log.replication.factor': '1',
      'transaction.state.log.min.isr': '1',
      'group.initial.rebalance.delay.ms': '0',
      'log.cleaner.dedupe.buffer.size': '8388608',
      'auto.create.topics.enable': 'false',
      'log.retention.ms': '-1',
      'broker.session.timeout.ms': '3000',
      'broker.heartbeat.interval.ms': '500',
      ...settings,
    };
    writeFileSync(
      this.configFile,
      Object.entries(properties)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    const storage = isController ? ['--standalone'] : ['--no-initial-controllers'];
    await runTool('kafka.tools.StorageTool', ['format', ...storage, '-t', clusterId, '-c', this.configFile]);
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.process;
    this.process = undefined;
    if (!child || child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
};

const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
    socket.on('connect', () => socket.destroy());
  });
