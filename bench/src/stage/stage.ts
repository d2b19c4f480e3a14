import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openArtifactStore } from '#artifacts';
import {
  DeploymentStarted,
  TOPICS,
  qualify,
  type CompiledFeatureService,
  type CompiledStream,
} from '#contracts';
import { readRecords, readTopic, type EventLog, type LogRecord, type PartitionEnds } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { OwnershipLost, Refused, TransientFailure } from '#kernel';
import { isFreePort, type Endpoints, type ProcessIdentity } from '#localstack';
import { fetchDefinition } from '../../../cli/src/definitions';
import { ControlPlane } from '../../../cli/src/demo/control-plane';
import { labelOf, type LabelledPayment } from '../../../cli/src/demo/fraud-source';
import { PipelineWatch } from '../../../cli/src/demo/pipeline-watch';
import { startPlatform, stopPlatform, type Platform } from '../../../cli/src/platform/platform';
import { SERVICES, readPlatformState, type ServiceName } from '../../../cli/src/platform/platform-state';
import { startServices, stopServices } from '../../../cli/src/platform/service-processes';
import { topicsOf, type TopicStatus } from '../../../cli/src/platform/status';
import { StreamWriter } from '../../../cli/src/produce/stream-writer';
import type { PaymentStream } from './payments';
import { platformProcesses } from './platform-processes';
import type { Measured } from './processes';

const DEFINITIONS = resolve(__dirname, '..', '..', 'definitions', 'playhead.yaml');
/** Payments that the model learns from, and some more that show that it serves. */
const HISTORY = 59_000;
const PROOF = 1_000;
const PATIENCE_MS = 60_000;

/** The hot path of the bench's definitions, in its order. */
export const ROAD = {
  inbox: TOPICS.inbox('transactions'),
  observations: TOPICS.observations('transactions'),
  vectors: TOPICS.vectors('fraud'),
  predictions: TOPICS.predictions('fraud'),
} as const;

export interface StageOptions {
  readonly payments: PaymentStream;
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
  /** Leaves processes and data when it is closed. */
  readonly keep: boolean;
}

/** A platform in a folder of its own, with the bench's definitions; the services come and go, the broker stays. */
export class Stage {
  readonly namespace = `bench-${Date.now().toString(36)}`;
  /** The deployed model's file. */
  readonly modelFile: string;
  /** What the vectors are computed from. */
  features!: CompiledFeatureService;
  /** Vectors that came before the deployment and are never scored. */
  unscored = 0;
  /** False once records may stand on the road twice, so that counts no longer tell how far the work has come. */
  isCountable = true;
  private platform!: Platform;
  private portBase = 0;
  private readonly writers = {} as { transactions: StreamWriter; labels: StreamWriter };
  private logOpen: EventLog | undefined;
  /** A start under way writes down what it started only when it is through. */
  private starting: Promise<unknown> = Promise.resolve();
  private isClosing = false;

  private constructor(
    readonly dataDir: string,
    private readonly options: StageOptions,
  ) {
    this.modelFile = join(dataDir, 'model.onnx');
  }

  /** `begun` gets the stage before anything is started, so that it can be closed whatever happens. */
  static async open(options: StageOptions, begun: (stage: Stage) => void): Promise<Stage> {
    const stage = new Stage(mkdtempSync(join(tmpdir(), 'playhead-bench-')), options);
    begun(stage);
    await stage.prepare();
    return stage;
  }

  get log(): EventLog {
    return this.logOpen!;
  }

  get endpoints(): Endpoints {
    return this.platform.endpoints;
  }

  topic(name: string): string {
    return qualify(this.namespace, name);
  }

  private async prepare(): Promise<void> {
    const { payments, env, say } = this.options;
    this.portBase = await freePortBase();
    const { dataDir, namespace, portBase } = this;
    const starting = startPlatform({ dataDir, namespace, portBase, env, progress: say });
    this.starting = starting;
    this.platform = await starting;
    this.logOpen = createKafkaLog({ brokers: this.endpoints.kafka.brokers, clientId: 'playhead-bench' });
    const control = new ControlPlane(this.platform, 'bench');
    await control.apply(DEFINITIONS);
    this.writers.transactions = await this.writer('transactions');
    this.writers.labels = await this.writer('fraud-labels');
    this.features = await fetchDefinition(this.platform.url('registry'), 'FeatureService', 'fraud');
    const watch = new PipelineWatch(this.log, namespace, say);

    say(`streaming ${HISTORY} payments and their labels through the platform`);
    const history = await payments.take(HISTORY);
    await this.write(history);
    for (const each of history) await this.writers.labels.write({ ...labelOf(each, each.time) });
    await this.writers.labels.settle();
    await watch.folded(['transactions', 'fraud-labels'], { name: 'fraud', trigger: 'transactions' });

    const model = await control.train('fraud', say);
    await control.promote('fraud', model.version, 'champion');
    await control.untilServing('fraud', say);
    this.unscored = await this.untilDeploymentStarted();
    await this.write(await payments.take(PROOF));
    await watch.folded(['transactions'], { name: 'fraud', trigger: 'transactions' });
    await watch.scored('fraud', 'fraud', this.unscored);
    const { s3 } = this.endpoints;
    const artifacts = openArtifactStore(
      s3.kind === 's3' ? { namespace, s3 } : { namespace, directory: s3.directory },
    );
    await artifacts.getToFile(model.artifact as Parameters<typeof artifacts.getToFile>[0], this.modelFile);
    await this.stopServices();
  }

  /** Vectors below the first one that is scored. */
  private async untilDeploymentStarted(): Promise<number> {
    for (const until = Date.now() + PATIENCE_MS; Date.now() < until; await sleep(100)) {
      const topic = this.topic(TOPICS.servingStatus);
      if ((await this.log.partitionCount(topic)) === undefined) continue;
      const started = (await readTopic(this.log, topic)).some(
        ({ headers }) => headers.text('ce_type') === DeploymentStarted.type,
      );
      // Vectors stand still meanwhile: all that there are came before it.
      if (started) return this.count(ROAD.vectors);
    }
    throw new TransientFailure('PLAYHEAD_NOT_READY', 'the deployment did not start within a minute');
  }

  private async writer(name: string): Promise<StreamWriter> {
    const compiled = await fetchDefinition<CompiledStream>(this.platform.url('registry'), 'Stream', name);
    return StreamWriter.open(this.log, this.namespace, compiled);
  }

  private async write(payments: readonly LabelledPayment[]): Promise<void> {
    for (const { payment } of payments) await this.writers.transactions.write({ ...payment });
    await this.writers.transactions.settle();
  }

  /** Appends the next payments of the stream to the inbox, as a producer would. */
  async preload(count: number): Promise<void> {
    const { payments, say } = this.options;
    say(`preloading the inbox with ${count} payments`);
    const taken = await payments.take(count);
    if (taken.length < count)
      throw new Refused(
        'PLAYHEAD_REQUEST_INVALID',
        `the stream has only ${taken.length} payments left, not ${count}; say fewer --rows or --repeats`,
      );
    await this.write(taken);
  }

  /** Payments that nobody has seen, in event-time order. */
  take(count: number): Promise<LabelledPayment[]> {
    return this.options.payments.take(count);
  }

  /** The state of a service that runs. */
  identityOf(service: ServiceName): ProcessIdentity {
    return readPlatformState(this.dataDir)!.services[service]!.identity;
  }

  /** Starts what does not run of them and waits until it is ready; always on the same ports. */
  async startServices(only: readonly ServiceName[] = SERVICES): Promise<void> {
    const { dataDir, namespace, portBase, endpoints } = this;
    const { env, say } = this.options;
    if (this.isClosing) throw new OwnershipLost('the bench is ending');
    this.starting = startServices({ dataDir, namespace, portBase, endpoints, env, progress: say, only });
    await this.starting;
  }

  stopServices(): Promise<void> {
    return stopServices(this.dataDir, this.options.say);
  }

  processes(): Promise<Measured[]> {
    return platformProcesses(this.dataDir);
  }

  ends(name: string): Promise<PartitionEnds[]> {
    return this.log.ends(this.topic(name));
  }

  async count(name: string): Promise<number> {
    return (await this.ends(name)).reduce((sum, { end }) => sum + end, 0);
  }

  /** Everything that is in the inbox has its prediction once there are so many. */
  async predictionsDue(): Promise<number> {
    return (await this.count(ROAD.inbox)) - this.unscored;
  }

  /** Everything that stands on a topic behind the ends of then, partition after partition. */
  async *since(name: string, ends: readonly PartitionEnds[]): AsyncGenerator<LogRecord> {
    for (const { partition, end } of ends) yield* this.records(name, partition, end);
  }

  /** What stands on a partition now, from an offset on. */
  async *records(name: string, partition: number, from: number): AsyncGenerator<LogRecord> {
    const { end } = (await this.ends(name))[partition]!;
    yield* readRecords(this.log, this.topic(name), partition, from, end);
  }

  /** By name below the namespace. */
  async topics(): Promise<Map<string, TopicStatus>> {
    const topics = await topicsOf(this.platform);
    return new Map(topics.map((each) => [each.topic.slice(this.namespace.length + 1), each]));
  }

  /** Stops what was started and removes the folder; with `keep`, only says where it is. */
  async close(): Promise<void> {
    const { keep, say, payments } = this.options;
    this.isClosing = true;
    await this.starting.catch(() => undefined);
    await payments.close();
    for (const writer of Object.values(this.writers)) await writer.close().catch(() => undefined);
    await this.logOpen?.close();
    if (keep) {
      const place = `--data-dir ${this.dataDir}`;
      say(
        `kept, services stopped: ./playhead up ${place} --namespace ${this.namespace} --port-base 0 starts them`,
      );
      say(`./playhead down --purge ${place} ends it; then remove the folder`);
      return;
    }
    await stopPlatform(this.dataDir, { purge: true, progress: say });
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** Below the range that systems give to clients, with the six ports behind it free. */
const freePortBase = async (): Promise<number> => {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 1_200) * 10;
    const free = await Promise.all(SERVICES.map((_, i) => isFreePort(base + i + 1)));
    if (free.every(Boolean)) return base;
  }
};
