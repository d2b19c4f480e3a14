import { TOPICS, qualify, sourcePositionOf, type CompiledStream } from '#contracts';
import { readTopic, type EventLog } from '#eventlog';
import { comparePositions, type Position } from '#kernel';
import { fetchDefinition } from '../../cli/src/definitions';
import { ControlPlane, type ModelVersion } from '../../cli/src/demo/control-plane';
import { PipelineWatch } from '../../cli/src/demo/pipeline-watch';
import { findPlatform } from '../../cli/src/platform/platform';
import { StreamWriter } from '../../cli/src/produce/stream-writer';
import { PlatformUnderTest, ROOT } from './platform-under-test';

export const STREAMS = ['transactions', 'fraud-labels'] as const;
export type StreamName = (typeof STREAMS)[number];

/** An event on its way into a stream's inbox. */
export interface Written {
  readonly stream: StreamName;
  readonly event: object;
}

/** Values by source position, once each, as a reader that keeps law L3 sees them; and how often the wire repeated one. */
export interface Applied {
  readonly values: readonly (readonly [id: string, value: string])[];
  readonly repeated: number;
}

/** A platform with the fraud project, fed by hand. */
export class Life {
  private writers: Readonly<Record<StreamName, StreamWriter>> | undefined;

  private constructor(
    readonly platform: PlatformUnderTest,
    readonly log: EventLog,
    readonly control: ControlPlane,
    readonly watch: PipelineWatch,
    private readonly registry: string,
  ) {}

  /** `project` is a file below the repository, with the streams, a feature service and a deployment of the same names. */
  static async begin(
    namespace: string,
    environment: Readonly<Record<string, string>> = {},
    project = 'examples/fraud/playhead.yaml',
  ): Promise<Life> {
    const platform = new PlatformUnderTest(namespace, environment);
    try {
      await platform.run(['up']);
      const found = await findPlatform(platform.dataDir, process.env);
      const control = new ControlPlane(found, 'test');
      await control.apply(`${ROOT}/${project}`);
      const log = await platform.openLog();
      const watch = new PipelineWatch(log, namespace, (line) => process.stderr.write(`${line}\n`), 120_000);
      return new Life(platform, log, control, watch, found.url('registry'));
    } catch (error) {
      await platform.stop();
      throw error;
    }
  }

  topic(name: string): string {
    return qualify(this.platform.namespace, name);
  }

  async write(occurrences: readonly Written[]): Promise<void> {
    this.writers ??= {
      transactions: await this.writer('transactions'),
      'fraud-labels': await this.writer('fraud-labels'),
    };
    for (const { stream, event } of occurrences)
      await this.writers[stream].write(event as Record<string, unknown>);
    for (const name of STREAMS) await this.writers[name].settle();
  }

  /** Waits until everything written has come through. */
  async folded(): Promise<void> {
    await this.watch.folded(STREAMS, { name: 'fraud', trigger: 'transactions' });
  }

  /** Trains and lets the version serve; the stream must stand still, so that the places are the same in every life. */
  async trainAndServe(): Promise<ModelVersion> {
    const version = await this.control.train('fraud', (line) => process.stderr.write(`${line}\n`));
    await this.serve(version);
    return version;
  }

  async serve(version: ModelVersion): Promise<void> {
    await this.control.promote('fraud', version.version, 'champion');
    await this.control.untilServing('fraud', (line) => process.stderr.write(`${line}\n`));
    while ((await this.log.partitionCount(this.topic(TOPICS.predictions('fraud')))) === undefined)
      await new Promise((resolve) => setTimeout(resolve, 50));
  }

  async applied(name: string): Promise<Applied> {
    const highest = new Map<number, Position>();
    const values: [string, string][] = [];
    let repeated = 0;
    for (const record of await readTopic(this.log, this.topic(name))) {
      const position = sourcePositionOf(record.headers)!;
      const before = highest.get(position.partition);
      if (before && comparePositions(position, before) <= 0) {
        repeated++;
        continue;
      }
      highest.set(position.partition, position);
      values.push([`${position.partition}-${position.offset}.${position.k}`, String(record.value)]);
    }
    return { values, repeated };
  }

  async end(): Promise<void> {
    for (const writer of Object.values(this.writers ?? {})) await writer.close().catch(() => undefined);
    await this.platform.stop();
  }

  private async writer(name: StreamName): Promise<StreamWriter> {
    return StreamWriter.open(
      this.log,
      this.platform.namespace,
      await fetchDefinition<CompiledStream>(this.registry, 'Stream', name),
    );
  }
}
