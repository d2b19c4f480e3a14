import { MemoryArtifactStore } from '#artifacts';
import { EnvelopeTemplate, encodeEvent, qualify, type EnvelopeHeader, type EventContract } from '#contracts';
import { createMemoryLog, readTopic, type LogRecord, type MemoryLog } from '#eventlog';
import { MovableClock } from '#kernel';
import { ServiceLog, createLogger, createMetrics, type Ports, type ServiceName, type Worker } from '#runtime';
import type { Static, TSchema } from 'typebox';

/** One service over the log in memory, without doors: append facts of others, start workers, read what came out. */
export class ServiceWorld {
  readonly clock = new MovableClock(Date.parse('2026-01-01T12:00:00.000Z'));
  readonly log: MemoryLog = createMemoryLog({ now: () => this.clock.now() });
  readonly artifacts = new MemoryArtifactStore('t');
  readonly failures: unknown[] = [];
  readonly namespace = 't';
  private serial = 0;
  private running: Worker[] = [];

  constructor(readonly service: ServiceName) {}

  readonly ports: Ports = {
    log: this.log,
    artifacts: this.artifacts,
    clock: this.clock,
    sleep: () => new Promise((resolve) => setTimeout(resolve, 1)),
    logger: createLogger({ service: 'test', instance: 'test', level: 'silent' }),
    metrics: createMetrics(),
  };

  readonly transport = { fail: (_: string, error: unknown): void => void this.failures.push(error) };

  /** Full name. */
  topic(name: string): string {
    return qualify(this.namespace, name);
  }

  topics(partitions: number, ...names: readonly string[]): Promise<void> {
    return this.log.ensureTopics(names.map((name) => ({ name: this.topic(name), partitions })));
  }

  /** Makes the parts of a service anew, as a process that starts does, and starts them in order. */
  async start(parts: (serviceLog: ServiceLog) => readonly Worker[]): Promise<void> {
    const serviceLog = new ServiceLog(
      { service: this.service, namespace: this.namespace },
      this.ports,
      this.transport,
    );
    this.running = [serviceLog, ...parts(serviceLog)];
    for (const worker of this.running) await worker.start();
  }

  async stop(): Promise<void> {
    for (const worker of this.running.splice(0).reverse()) await worker.stop();
  }

  /** Appends a fact as its owner would. */
  async fact<S extends TSchema>(
    topic: string,
    contract: EventContract<S>,
    value: Static<S>,
    options: { readonly partition?: number; readonly key?: string; readonly id?: string } = {},
  ): Promise<void> {
    await this.raw(topic, encodeEvent(contract, value), { type: contract.type, ...options });
  }

  async raw(
    topic: string,
    value: Buffer | null,
    options: {
      readonly type?: string;
      readonly partition?: number;
      readonly key?: string;
      readonly id?: string;
      readonly time?: string;
      readonly source?: string;
      readonly extra?: readonly EnvelopeHeader[];
    } = {},
  ): Promise<void> {
    const {
      type = 'test',
      partition = 0,
      key,
      id = `request-${this.serial++}`,
      time = new Date(this.clock.now()).toISOString(),
      source = 'test',
      extra = [],
    } = options;
    const headers = new EnvelopeTemplate({ type, source }).headers(id, time, ...extra);
    const producer = this.log.producer();
    await producer.send([
      {
        topic: this.topic(topic),
        partition,
        key: key === undefined ? null : Buffer.from(key),
        value,
        headers,
      },
    ]);
    await producer.close();
  }

  records(topic: string): Promise<LogRecord[]> {
    return readTopic(this.log, this.topic(topic));
  }

  async values<T>(topic: string): Promise<T[]> {
    return (await this.records(topic)).map(({ value }) => JSON.parse(String(value)) as T);
  }

  /** Waits for a fact, with a deadline. */
  async until(what: string, holds: () => Promise<boolean>, deadlineMs = 5_000): Promise<void> {
    for (const until = Date.now() + deadlineMs; !(await holds()); await this.ports.sleep(1)) {
      if (this.failures.length > 0)
        throw new Error(`a worker failed while waiting for ${what}: ${String(this.failures[0])}`);
      if (Date.now() > until) throw new Error(`${what}: not within ${deadlineMs} ms`);
    }
  }

  /** Waits until a topic of the service holds so many records. */
  async untilRecords(topic: string, count: number): Promise<LogRecord[]> {
    await this.until(
      `${count} records on ${topic}`,
      async () =>
        (await this.log.partitionCount(this.topic(topic))) !== undefined &&
        (await this.records(topic)).length >= count,
    );
    return this.records(topic);
  }
}
