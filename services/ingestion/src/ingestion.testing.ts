import { MemoryArtifactStore } from '#artifacts';
import {
  DefinitionApplied,
  EnvelopeTemplate,
  HEADERS,
  TOPICS,
  compileStream,
  encodeEvent,
  qualify,
  streamSpec,
  type CompiledStream,
  type StreamOptions,
} from '#contracts';
import {
  createMemoryLog,
  readTopic,
  type EventLog,
  type FollowedTopic,
  type HeaderEntry,
  type LogRecord,
  type MemoryLog,
} from '#eventlog';
import { MovableClock } from '#kernel';
import { ServiceLog, createLogger, createMetrics, type CommonConfig, type Fleet, type Ports } from '#runtime';
import { readConservation, settle, type Conservation } from '#testing';
import { ownerOf } from './domain/decide';
import type { Streams } from './domain/streams';
import { InboxMeter } from './handlers/inbox-meter';
import { followStreams, ingestionFleet } from './ingestion.topology';

export const NAMESPACE = 't';
export const STREAM = 'payments';
export const NOW = Date.parse('2026-01-01T12:00:00.000Z');
const HOUR = 3_600_000;

export const PAYMENTS: StreamOptions = {
  key: 'customer',
  id: 'id',
  time: 'at',
  partitions: 3,
  lateness: '2h',
  dedupe: '4h',
  skew: '5m',
  jump: '1d',
  fields: {
    id: { type: 'string' },
    at: { type: 'timestamp' },
    customer: { type: 'string' },
    amount: { type: 'number', decimals: 2, min: 0, max: 1_000 },
    note: { type: 'string', required: false, nullable: true },
  },
  rules: [{ name: 'plausible', check: 'amount < 900.0' }],
};

const full = (name: string): string => qualify(NAMESPACE, name);

/** ISO time, hours from now. */
export const at = (hours: number): string => new Date(NOW + hours * HOUR).toISOString();

/** A key whose owner is that partition. */
export const customerOf = (partition: number, partitions = 3): string => {
  for (let n = 0; ; n++) if (ownerOf(`c-${n}`, partitions) === partition) return `c-${n}`;
};

export interface SentRecord {
  readonly partition: number;
  readonly value: string | Buffer | null;
  readonly key?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A log, the log in memory by default, with one stream defined on it; and ingestion over it, without doors. */
export class IngestionWorld<Log extends EventLog = MemoryLog> {
  readonly artifacts = new MemoryArtifactStore(NAMESPACE);
  readonly failures: unknown[] = [];
  private revisions = 0;

  private constructor(
    readonly log: Log,
    readonly clock: MovableClock,
  ) {}

  static make(options: StreamOptions = PAYMENTS): Promise<IngestionWorld> {
    const clock = new MovableClock(NOW);
    return IngestionWorld.over(createMemoryLog({ now: () => clock.now() }), clock, options);
  }

  static async over<Log extends EventLog>(
    log: Log,
    clock = new MovableClock(NOW),
    options: StreamOptions = PAYMENTS,
  ): Promise<IngestionWorld<Log>> {
    const world = new IngestionWorld(log, clock);
    await world.log.ensureTopics([{ name: full(TOPICS.definitions), partitions: 1 }]);
    await world.apply(options);
    return world;
  }

  ports(log: EventLog = this.log): Ports {
    const silent = createLogger({ service: 'ingestion', instance: 'test', level: 'silent' });
    return {
      log,
      artifacts: this.artifacts,
      clock: this.clock,
      sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
      logger: silent,
      metrics: createMetrics(),
    };
  }

  async apply(options: StreamOptions, name = STREAM): Promise<CompiledStream> {
    const spec = streamSpec(options);
    const compiled = compileStream({ kind: 'Stream', name, spec });
    const revision = String(++this.revisions);
    const value = encodeEvent(DefinitionApplied, {
      kind: 'Stream',
      name,
      revision,
      digest: compiled.digest,
      spec: spec as unknown as Record<string, unknown>,
      compiled: compiled as unknown as Record<string, unknown>,
      applied_by: 'test',
    });
    const headers = new EnvelopeTemplate({ type: DefinitionApplied.type, source: 'registry.inputs' }).headers(
      `0-${revision}`,
      at(0),
    );
    const producer = this.log.producer();
    await producer.send([{ topic: full(TOPICS.definitions), partition: 0, key: null, value, headers }]);
    await producer.close();
    return compiled;
  }

  async send(...records: readonly SentRecord[]): Promise<void> {
    await this.log.ensureTopics([{ name: full(TOPICS.inbox(STREAM)), partitions: 3 }]);
    const producer = this.log.producer();
    await producer.send(
      records.map(({ partition, value, key, headers = {} }) => ({
        topic: full(TOPICS.inbox(STREAM)),
        partition,
        key: key === undefined ? null : Buffer.from(key),
        value: typeof value === 'string' ? Buffer.from(value) : value,
        headers: Object.entries(headers).map(([name, text]): HeaderEntry => [name, Buffer.from(text)]),
      })),
    );
    await producer.close();
  }

  /** Starts ingestion over a log (this world's, or a view of it that fails). */
  async start(log: EventLog = this.log): Promise<RunningIngestion> {
    const ports = this.ports(log);
    const transport = { fail: (_: string, error: unknown): void => void this.failures.push(error) };
    const serviceLog = new ServiceLog({ service: 'ingestion', namespace: NAMESPACE }, ports, transport);
    const control = followStreams(serviceLog);
    const fleet = ingestionFleet({
      log,
      config: { namespace: NAMESPACE },
      serviceLog,
      control,
      meter: new InboxMeter(ports.metrics),
      sleep: ports.sleep,
      logger: ports.logger,
      transport,
    });
    await serviceLog.start();
    await fleet.start();
    return new RunningIngestion(this, serviceLog, control, fleet);
  }

  records(topic: (stream: string) => string): Promise<LogRecord[]> {
    return readTopic(this.log, full(topic(STREAM)));
  }

  observations(): Promise<LogRecord[]> {
    return this.records(TOPICS.observations);
  }

  deadLetters(): Promise<LogRecord[]> {
    return readTopic(this.log, full(TOPICS.deadLetters('ingestion')));
  }

  async rejections(): Promise<
    { code: string; message: string; field?: string; raw: string; origin: string }[]
  > {
    return (await this.records(TOPICS.rejections)).map(
      ({ value }) =>
        JSON.parse(String(value)) as { code: string; message: string; raw: string; origin: string },
    );
  }

  /** What became of each inbox position: `observation`, a code, or `moved`. */
  async outcomes(): Promise<Record<string, string>> {
    const outcomes: Record<string, string> = {};
    const inbox = await this.records(TOPICS.inbox);
    const positions = new Set(inbox.map(({ partition, offset }) => `${partition}-${offset}`));
    for (const { headers } of inbox) {
      const from = headers.text(HEADERS.movedFrom);
      if (from !== undefined && positions.has(from)) outcomes[from] = 'moved';
    }
    for (const { headers } of await this.observations()) outcomes[headers.text(HEADERS.id)!] = 'observation';
    for (const { origin, code } of await this.rejections()) outcomes[origin] = code;
    for (const { headers } of await this.deadLetters())
      outcomes[headers.text(HEADERS.origin)!.split(':')[1]!] = headers.text(HEADERS.code)!;
    return outcomes;
  }

  conservation(): Promise<Conservation> {
    return readConservation(this.log, NAMESPACE, STREAM);
  }
}

export class RunningIngestion {
  constructor(
    private readonly world: Pick<IngestionWorld<EventLog>, 'log'>,
    private readonly serviceLog: ServiceLog,
    private readonly control: FollowedTopic<Streams>,
    private readonly fleet: Fleet<Streams>,
  ) {}

  /** Waits until everything on the inbox, copies included, is decided and published. */
  async settled(): Promise<void> {
    const status = (): never => this.fleet.member(STREAM)!.status!() as never;
    await settle(this.world.log, full(TOPICS.inbox(STREAM)), { status });
  }

  async stop(): Promise<void> {
    try {
      await this.fleet.stop();
    } finally {
      await this.control.stop();
      await this.serviceLog.stop();
    }
  }
}

export const testConfig: CommonConfig = {
  service: 'ingestion',
  namespace: NAMESPACE,
  instance: 'test',
  host: '127.0.0.1',
  port: 0,
  consoleOrigins: [],
  logLevel: 'silent',
  brokers: [],
};
