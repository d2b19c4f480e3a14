import { TOPICS, qualify, unqualify } from '#contracts';
import { readRecords, type EventLog, type Membership, type TopicPartition } from '#eventlog';
import { isTransient, messageOf } from '#kernel';
import {
  SegmentCatalog,
  SegmentedLog,
  cutPartition,
  isSealedTopic,
  sealPartition,
  sealedEnd,
  type KeepPolicy,
  type SealingContext,
} from '#segments';
import type { Worker } from './log-transport';
import type { Ports } from './ports';

export interface SealingConfig {
  /** A segment ends at each multiple of it. */
  readonly records: number;
  /** What is older is sealed although its segment is not full. */
  readonly ageMs: number;
  /** What the broker keeps of what is sealed; absent where it keeps all for ever. */
  readonly keep?: KeepPolicy;
}

export interface SealerOptions {
  readonly service: string;
  readonly namespace: string;
  readonly sealing: SealingConfig;
  readonly ports: Pick<Ports, 'log' | 'artifacts' | 'clock' | 'sleep' | 'logger'>;
  /** Between two looks at the topics. */
  readonly everyMs?: number;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
const EVERY_MS = 60_000;
/** Looked for old records so many times in the age. */
const AGE_CHECKS = 24;
/** Decisions are few, and nothing that was decided under them can go on without them: they are sealed soon. */
const DECISIONS_AGE_MS = 300_000;
/** Records a second of all topics of the service above which it is busy. */
const BUSY_RATE = 1_000;
/** How much longer than it works the sealer rests: it takes a tenth of a busy service's thread, half of a quiet one's. */
const REST = { busy: 9, quiet: 1 } as const;

/**
 * Seals the topics that its service owns, and cuts behind what is sealed where the configuration says so. One instance of a service does it at a
 * time: the one that a group of its own gives the topic of announcements. It gives way to the service; nothing waits for it, and what it
 * cannot seal it says and tries again.
 */
export class Sealer implements Worker {
  private readonly context: SealingContext;
  private readonly ageMs: number;
  private readonly nextAgeCheck = new Map<string, number>();
  private readonly faults = new Map<string, string>();
  private running: Promise<void> | undefined;
  private membership: Membership | undefined;
  private owns = false;
  private stopped = false;
  private endPause: () => void = () => undefined;
  private segments = 0;
  private seenEnds = 0;
  private seenAt = 0;
  private busy = true;
  private workedSince = 0;

  constructor(private readonly options: SealerOptions) {
    const { ports, namespace, sealing, service } = options;
    this.ageMs = service === 'registry' ? Math.min(sealing.ageMs, DECISIONS_AGE_MS) : sealing.ageMs;
    const log = brokerOf(ports.log);
    this.context = {
      log,
      artifacts: ports.artifacts,
      namespace,
      catalog: new SegmentCatalog({ log, namespace }),
      limits: { records: sealing.records, bytes: SEGMENT_BYTES },
      now: () => ports.clock.now(),
      pace: () => this.pace(),
    };
  }

  start(): Promise<void> {
    this.running ??= this.run();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.endPause();
    await this.running;
    await this.membership?.leave().catch(() => undefined);
  }

  status(): Record<string, unknown> {
    return { seals: this.owns, segments: this.segments, faults: Object.fromEntries(this.faults) };
  }

  private async run(): Promise<void> {
    const { ports, service, namespace, everyMs = EVERY_MS } = this.options;
    const topic = qualify(namespace, TOPICS.segments(service));
    while (!this.stopped) {
      try {
        await this.context.log.ensureTopics([{ name: topic, partitions: 1 }]);
        this.membership ??= await this.join(topic);
        await this.pause(everyMs);
        if (this.owns && !this.stopped) await this.pass();
      } catch (error) {
        if (this.stopped) return;
        const level = isTransient(error) ? 'warn' : 'error';
        ports.logger[level]({ err: error }, `sealing is tried again: ${messageOf(error)}`);
        await this.pause(Math.min(everyMs, 5_000));
      }
    }
  }

  private join(topic: string): Promise<Membership> {
    const { service, namespace } = this.options;
    return this.context.log.join({
      group: qualify(namespace, `${service}.sealer`),
      topics: [topic],
      listener: {
        assigned: (partitions) => (this.owns = partitions.length > 0),
        rebalancing: () => (this.owns = false),
        lost: () => {
          this.owns = false;
          this.membership = undefined;
        },
      },
    });
  }

  /** Looks at each partition of each topic once. */
  private async pass(): Promise<void> {
    const { service, namespace } = this.options;
    const { log } = this.context;
    const topics = (await log.listTopics(qualify(namespace, `${service}.`))).filter((topic) =>
      isSealedTopic(unqualify(namespace, topic)),
    );
    const partitions: TopicPartition[] = [];
    let total = 0;
    for (const topic of topics) {
      for (const { partition, start, end } of await log.ends(topic)) {
        total += end;
        if (end > start) partitions.push({ topic, partition });
      }
    }
    this.judge(total);
    for (const at of partitions) {
      if (this.stopped || !this.owns) return;
      await this.sealOne(at);
    }
  }

  private async sealOne(at: TopicPartition): Promise<void> {
    const { sealing, ports } = this.options;
    const name = `${at.topic}:${at.partition}`;
    this.workedSince = performance.now();
    try {
      for await (const range of sealPartition(this.context, at, {
        upTo: (await this.isOld(at)) ? 'end' : 'whole',
      })) {
        this.segments++;
        const { first, last, count, bytes, manifest } = range;
        ports.logger.info({ ...at, first, last, count, bytes, manifest }, `${name} is sealed up to ${last}`);
        if (this.stopped || !this.owns) return;
      }
      const cut = sealing.keep && (await cutPartition(this.context, at, sealing.keep));
      if (cut)
        ports.logger.info({ ...cut }, `${name} begins at ${cut.to} on the broker; what is below is sealed`);
      this.faults.delete(name);
    } catch (error) {
      if (isTransient(error)) throw error;
      // Told once: it stays until somebody sees to it, and the others are sealed meanwhile.
      const message = messageOf(error);
      if (this.faults.get(name) !== message)
        ports.logger.error({ ...at, err: error }, `${name} is not sealed: ${message}`);
      this.faults.set(name, message);
    }
  }

  /** The oldest record that is not sealed was appended longer ago than the age. */
  private async isOld(at: TopicPartition): Promise<boolean> {
    const { ports } = this.options;
    const { log, catalog } = this.context;
    const now = ports.clock.now();
    const name = `${at.topic}:${at.partition}`;
    if (now < (this.nextAgeCheck.get(name) ?? 0)) return false;
    this.nextAgeCheck.set(name, now + this.ageMs / AGE_CHECKS);
    await catalog.refresh(at.topic);
    const ends = (await log.ends(at.topic))[at.partition]!;
    for await (const record of readRecords(
      log,
      at.topic,
      at.partition,
      sealedEnd(catalog, at, ends),
      ends.end,
    ))
      return record.timestamp <= now - this.ageMs;
    return false;
  }

  private judge(total: number): void {
    const now = performance.now();
    const rate = ((total - this.seenEnds) * 1_000) / Math.max(1, now - this.seenAt);
    this.busy = this.seenAt === 0 || rate > BUSY_RATE;
    this.seenEnds = total;
    this.seenAt = now;
  }

  private async pace(): Promise<void> {
    if (this.stopped) return;
    const worked = performance.now() - this.workedSince;
    await this.options.ports.sleep(worked * (this.busy ? REST.busy : REST.quiet));
    this.workedSince = performance.now();
  }

  private pause(ms: number): Promise<void> {
    if (this.stopped) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** What is sealed and cut is what the broker holds. */
const brokerOf = (log: EventLog): EventLog => (log instanceof SegmentedLog ? log.live : log);
