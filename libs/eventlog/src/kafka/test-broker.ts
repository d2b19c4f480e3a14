/** Real Kafka brokers for the tests of this folder, one JVM each, without docker. Test code only. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pauseFor } from 'node:timers/promises';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'playhead', 'kafka');
const START_TIMEOUT_MS = 60_000;

export interface TestCluster {
  readonly brokers: readonly TestBroker[];
  readonly addresses: readonly string[];
  stop(): Promise<void>;
}

/** A combined broker and controller first, then brokers only. */
export const startCluster = async (count = 1, settings: Readonly<Record<string, string>> = {}): Promise<TestCluster> => {
  const directory = mkdtempSync(join(tmpdir(), 'playhead-kafka-'));
  const controllerPort = await freePort();
  const clusterId = 'AAAAAAAAAAAAAAAAAAAAAA';
  const brokers: TestBroker[] = [];
  try {
    for (let id = 1; id <= count; id++) {
      brokers.push(await TestBroker.start(join(directory, `${id}`), { id, port: await freePort(), controllerPort, clusterId, settings }));
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
    broker.format();
    await broker.start();
    return broker;
  }

  get address(): string {
    return `127.0.0.1:${this.plan.port}`;
  }

  /** Where the segments of a partition lie. */
  partitionDirectory(topic: string, partition: number): string {
    return join(this.directory, 'log', `${topic}-${partition}`);
  }

  async start(): Promise<void> {
    const output = openSync(join(this.directory, 'broker.log'), 'a');
    this.process = spawn('java', ['-Xms128m', '-Xmx512m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', `${jars()}/*`, 'kafka.Kafka', this.configFile], {
      stdio: ['ignore', output, output],
    });
    for (const deadline = Date.now() + START_TIMEOUT_MS; !(await accepts(this.plan.port)); await pauseFor(50)) {
      if (Date.now() > deadline || this.process.exitCode !== null) throw new Error(`the broker did not start, see ${this.directory}/broker.log`);
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

  private format(): void {
    const { id, port, controllerPort, clusterId, settings } = this.plan;
    mkdirSync(this.directory, { recursive: true });
    const isController = id === 1;
    const properties: Record<string, string> = {
      'process.roles': isController ? 'broker,controller' : 'broker',
      'node.id': `${id}`,
      'controller.quorum.bootstrap.servers': `127.0.0.1:${controllerPort}`,
      'controller.listener.names': 'CONTROLLER',
      listeners: `PLAINTEXT://127.0.0.1:${port}${isController ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
      'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${isController ? `,CONTROLLER://127.0.0.1:${controllerPort}` : ''}`,
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
      ...settings,
    };
    writeFileSync(this.configFile, Object.entries(properties).map(([key, value]) => `${key}=${value}\n`).join(''));
    const storage = isController ? ['--standalone'] : ['--no-initial-controllers'];
    execFileSync('java', ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', `${jars()}/*`, 'kafka.tools.StorageTool', 'format', ...storage, '-t', clusterId, '-c', this.configFile], {
      stdio: 'ignore',
    });
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

const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion>
<groupId>playhead</groupId><artifactId>kafka-jars</artifactId><version>1</version><dependencies>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>4.3.0</version></dependency>
<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka-tools</artifactId><version>4.3.0</version></dependency>
<dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
</dependencies></project>`;

/** The folder with Kafka's jars, filled by Maven the first time. */
export const jars = (): string => {
  const libs = join(CACHE, 'libs');
  if (!existsSync(join(libs, 'kafka_2.13-4.3.0.jar'))) {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(join(CACHE, 'pom.xml'), POM);
    execFileSync('mvn', ['-q', '-B', '-f', join(CACHE, 'pom.xml'), 'dependency:copy-dependencies', `-DoutputDirectory=${libs}`], { stdio: 'inherit' });
  }
  return libs;
};

const freePort = async (): Promise<number> => {
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
