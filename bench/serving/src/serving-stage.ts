import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { qualify, type CompiledStream } from '#contracts';
import { readRecords, type EventLog, type LogRecord, type PartitionEnds } from '#eventlog';
import { createKafkaLog } from '#eventlog/kafka';
import { Refused } from '#kernel';
import { endProcess, type Endpoints } from '#localstack';
import { fetchDefinition } from '../../../cli/src/definitions';
import { ControlPlane } from '../../../cli/src/demo/control-plane';
import { PipelineWatch } from '../../../cli/src/demo/pipeline-watch';
import type { RunDocument } from '../../../cli/src/documents';
import { openDoor, path } from '../../../cli/src/doors';
import { watchRun } from '../../../cli/src/models/watch-run';
import { startPlatform, stopPlatform, type Platform } from '../../../cli/src/platform/platform';
import { SERVICES, readPlatformState, type ServiceName } from '../../../cli/src/platform/platform-state';
import { serviceUrl, startServices, stopServices } from '../../../cli/src/platform/service-processes';
import { StreamWriter } from '../../../cli/src/produce/stream-writer';
import { platformProcesses } from '../../src/stage/platform-processes';
import type { Measured } from '../../src/stage/processes';
import type { StretchGround } from '../../src/stage/stretch';
import {
  definitionsOf,
  deploymentOf,
  eventOf,
  labelEventOf,
  type DeploymentDefinition,
  type TreesDefinitions,
} from './definitions';
import { sampleOf } from './model';

export interface ServingStageOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly say: (line: string) => void;
}

/** Labelled rows that imported files are judged on. */
const HISTORY = 2_000;

/** A platform of its own in a temporary folder, for models that are files already; its services come and go, the broker stays. */
export class ServingStage implements StretchGround {
  readonly namespace = `bench-${Date.now().toString(36)}`;
  readonly dataDir = mkdtempSync(join(tmpdir(), 'playhead-bench-'));
  private platform!: Platform;
  private control!: ControlPlane;
  private logOpen: EventLog | undefined;
  /** Events of each stream so far. */
  private readonly written = new Map<string, number>();

  private constructor(private readonly options: ServingStageOptions) {}

  /** `begun` gets the stage before anything is started, so that it can be closed whatever happens. */
  static async open(
    options: ServingStageOptions,
    begun: (stage: ServingStage) => void,
  ): Promise<ServingStage> {
    const stage = new ServingStage(options);
    begun(stage);
    await stage.start();
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

  private async start(): Promise<void> {
    const { dataDir, namespace } = this;
    const { say } = this.options;
    this.platform = await startPlatform({
      dataDir,
      namespace,
      portBase: 0,
      env: this.options.env,
      progress: say,
    });
    this.logOpen = createKafkaLog({ brokers: this.endpoints.kafka.brokers, clientId: 'playhead-bench' });
    this.control = new ControlPlane(this.platform, 'bench');
  }

  /** Applies the definitions, takes in the files as versions 1, 2, ..., and serves the first one. */
  async deploy(definitions: TreesDefinitions, files: readonly Uint8Array[]): Promise<void> {
    const { name, features } = definitions;
    const { say } = this.options;
    await this.apply(name, definitionsOf(definitions));
    const { rows, labels } = sampleOf(features, HISTORY, 3);
    await this.write(`${name}-labels`, labels, labelEventOf);
    await this.write(name, rows, eventOf);
    const watch = new PipelineWatch(this.log, this.namespace, say);
    await watch.folded([name, `${name}-labels`], { name, trigger: name });
    for (const bytes of files) await this.take(name, bytes);
    await this.control.promote(name, 1, 'champion');
    await this.control.untilServing(name, say);
  }

  /** One more deployment of a model that is served already. */
  async deployAlso(definition: DeploymentDefinition): Promise<void> {
    await this.apply(definition.name, deploymentOf(definition));
    await this.control.untilServing(definition.name, this.options.say);
  }

  private async apply(name: string, text: string): Promise<void> {
    const file = join(this.dataDir, `${name}.yaml`);
    writeFileSync(file, text);
    await this.control.apply(file);
  }

  /** A file from elsewhere becomes the next version. */
  private async take(model: string, bytes: Uint8Array): Promise<void> {
    const [registry, training] = [this.door('registry'), this.door('training')];
    const { run } = await registry.upload<RunDocument>(path`/v1/models/${model}/import`, bytes);
    const { status, error } = await watchRun({ registry, training, run, say: this.options.say });
    if (status !== 'completed')
      throw new Refused('PLAYHEAD_LEARN_INVALID', `${run} ${status}: ${error?.message ?? 'no reason given'}`);
  }

  door(service: ServiceName): ReturnType<typeof openDoor> {
    return openDoor(this.url(service), 'bench');
  }

  promote(model: string, version: number): Promise<void> {
    return this.control.promote(model, version, 'champion');
  }

  /** Events of the next rows of a stream into its inbox; gives the index of the first one. */
  preload(stream: string, rows: readonly (readonly number[])[]): Promise<number> {
    return this.write(stream, rows, eventOf);
  }

  private async write<T>(
    stream: string,
    rows: readonly T[],
    event: (row: T, index: number) => Record<string, unknown>,
  ): Promise<number> {
    const compiled = await fetchDefinition<CompiledStream>(this.url('registry'), 'Stream', stream);
    const writer = await StreamWriter.open(this.log, this.namespace, compiled);
    const from = this.written.get(stream) ?? 0;
    this.written.set(stream, from + rows.length);
    for (const [i, row] of rows.entries()) await writer.write(event(row, from + i));
    const { rejected } = await writer.close();
    if (rejected > 0)
      throw new Refused('PLAYHEAD_REQUEST_INVALID', `${rejected} events of ${stream} are refused`);
    return from;
  }

  async untilFolded(name: string): Promise<void> {
    await new PipelineWatch(this.log, this.namespace, this.options.say).folded([name], {
      name,
      trigger: name,
    });
  }

  url(service: ServiceName): string {
    return serviceUrl(readPlatformState(this.dataDir)!.services[service]!);
  }

  get grpcPort(): number {
    return readPlatformState(this.dataDir)!.services.serving!.grpcPort!;
  }

  pidOf(service: ServiceName): number {
    return readPlatformState(this.dataDir)!.services[service]!.identity.pid;
  }

  /** Starts what does not run of them and waits until it is ready. */
  async startServices(only: readonly ServiceName[]): Promise<void> {
    const { dataDir, namespace, endpoints } = this;
    const progress = this.options.say;
    await startServices({
      dataDir,
      namespace,
      portBase: 0,
      endpoints,
      env: this.options.env,
      progress,
      only,
    });
  }

  stopServices(): Promise<void> {
    return stopServices(this.dataDir, this.options.say);
  }

  /** Ends all services but these, so that nothing else runs beside what is measured. */
  async leaveOnly(kept: readonly ServiceName[]): Promise<void> {
    const services = readPlatformState(this.dataDir)!.services;
    for (const name of SERVICES) {
      const service = services[name];
      if (!service || kept.includes(name)) continue;
      await endProcess(service.identity, [
        ['SIGTERM', 20_000],
        ['SIGKILL', 5_000],
      ]);
    }
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

  async *since(name: string, ends: readonly PartitionEnds[]): AsyncGenerator<LogRecord> {
    for (const { partition, end } of ends) yield* this.records(name, partition, end);
  }

  async *records(name: string, partition: number, from: number): AsyncGenerator<LogRecord> {
    const { end } = (await this.ends(name))[partition]!;
    yield* readRecords(this.log, this.topic(name), partition, from, end);
  }

  async close(): Promise<void> {
    await this.logOpen?.close();
    await stopPlatform(this.dataDir, { purge: true, progress: this.options.say });
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
