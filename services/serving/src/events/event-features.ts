import type { ArtifactStore } from '#artifacts';
import {
  DefinitionApplied,
  TOPICS,
  decodeEvent,
  parseVector,
  readEnvelope,
  type CompiledStream,
  type Vector,
} from '#contracts';
import { Snapshots, type EventLog, type FollowedTopic, type LogRecord } from '#eventlog';
import { servicesAfter, type Services } from '#folds';
import { PlatformError, Refused, type Clock } from '#kernel';
import type { Logger, ServiceLog, Sleep, Worker } from '#runtime';
import { compileEventReader, rejected, type ReadEvent } from './event-reader';
import { FollowedService, type Reflects } from './followed-service';

/** What events are read and folded by. */
interface Definitions {
  readonly services: Services;
  readonly streams: ReadonlyMap<string, StreamInForce>;
}

interface StreamInForce {
  readonly compiled: CompiledStream;
  readonly read: (raw: unknown) => ReadEvent;
}

/** An event, and what would be known of its entities if it came now. */
export interface EventVector {
  readonly event: ReadEvent;
  readonly vector: Vector;
  readonly reflects: Reflects;
}

export interface EventFeaturesOptions {
  readonly log: EventLog;
  readonly serviceLog: Pick<ServiceLog, 'topic' | 'namespace' | 'followed'>;
  readonly artifacts: ArtifactStore;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  /** What the state of all feature services together may take. */
  readonly maxBytes: number;
  /** How long a question waits until the state has been brought up. */
  readonly patienceMs?: number;
  /** Feature services that are followed from the start on; others from the first question on. */
  readonly eager?: readonly string[];
}

/** To measure takes two milliseconds for each thousand entities. */
const MEASURE_EVERY_MS = 600_000;

/**
 * The features of events that are not on the log: what the feature service would compute for one if it came now. It follows the state
 * of a service from its newest snapshots on, beginning with the first question, and only reads.
 */
export class EventFeatures implements Worker {
  private readonly definitions: FollowedTopic<Definitions>;
  private readonly snapshots: Snapshots;
  private readonly followed = new Map<string, Following>();
  private starting: Promise<void> | undefined;
  private timer: NodeJS.Timeout | undefined;
  private isFull = false;
  private bytes = 0;

  constructor(private readonly options: EventFeaturesOptions) {
    const { log, serviceLog, artifacts, sleep, logger } = options;
    this.definitions = serviceLog.followed<Definitions>(TOPICS.definitions, {
      initial: { services: new Map(), streams: new Map() },
      evolve: evolveDefinitions,
    });
    this.snapshots = new Snapshots({
      service: 'feature',
      log,
      namespace: serviceLog.namespace,
      topic: serviceLog.topic(TOPICS.snapshots('feature')),
      store: artifacts,
      sleep,
      warn: (message) => logger.warn({}, message),
    });
  }

  async start(): Promise<void> {
    const { eager = [] } = this.options;
    if (eager.length === 0) return;
    await this.begin();
    for (const name of eager) if (this.definitions.state.services.has(name)) this.follow(name);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await Promise.all([this.definitions.stop(), this.snapshots.stop()]);
    for (const { current, next } of this.followed.values()) await Promise.all([current.stop(), next?.stop()]);
  }

  status(): unknown {
    return { services: [...this.followed.keys()], bytes: this.bytes, isFull: this.isFull };
  }

  /** Estimated bytes of all state that is held, as it was measured last. */
  get heldBytes(): number {
    return this.bytes;
  }

  /**
   * @throws Refused PLAYHEAD_REQUEST_INVALID for an event that its stream would reject, PLAYHEAD_NOT_FOUND without such a service,
   *   PLAYHEAD_NOT_READY while the state is being brought up, PLAYHEAD_EVENT_STATE_TOO_LARGE where it takes more than it may.
   */
  async of(name: string, raw: unknown): Promise<EventVector> {
    await this.patiently(name, this.begin());
    const service = this.definitions.state.services.get(name);
    const stream = this.definitions.state.streams.get(service?.revisions[0]!.compiled.trigger.stream ?? '');
    if (!service || !stream) throw new Refused('PLAYHEAD_NOT_FOUND', `there is no feature service ${name}`);
    const event = stream.read(raw);
    const following = await this.caughtUp(name);
    this.refuseUntimely(event, stream.compiled, following);
    const { vector, reflects } = following.vectorOf(event);
    return { event, vector: parseVector(Buffer.from(vector.text)), reflects };
  }

  private begin(): Promise<void> {
    this.starting ??= Promise.all([this.definitions.start(), this.snapshots.start()]).then(() => {
      this.timer = setInterval(() => void this.measure(), MEASURE_EVERY_MS);
    });
    return this.starting;
  }

  /** What ingestion would not observe has no vector. */
  private refuseUntimely(event: ReadEvent, stream: CompiledStream, following: FollowedService): void {
    const { time: field, latenessMs, skewMs } = stream;
    const ahead = event.time - this.options.clock.now();
    if (ahead > skewMs)
      throw rejected(stream, {
        code: 'TOO_EARLY',
        message: `${field} is ${ahead} ms ahead of now, ${skewMs} ms are the most`,
        field,
      });
    const behind = following.watermarkOf(event) - event.time;
    if (behind > latenessMs)
      throw rejected(stream, {
        code: 'TOO_LATE',
        message: `${field} is ${behind} ms behind the watermark, ${latenessMs} ms are the most`,
        field,
      });
  }

  private async caughtUp(name: string): Promise<FollowedService> {
    this.refuseFull();
    const following = this.follow(name);
    const { sleep, patienceMs = 10_000 } = this.options;
    for (let waited = 0; !this.isUp(name, following); waited += 5) {
      if (waited >= patienceMs) throw notReady(name);
      await sleep(5);
      this.refuseFull();
    }
    await (following.measured ??= this.measure());
    this.refuseFull();
    return following.current;
  }

  /** What ended the following ends the question, too; the next one begins anew. */
  private isUp(name: string, { current, next }: Following): boolean {
    try {
      return current.caughtUp;
    } catch (error) {
      this.followed.delete(name);
      void Promise.all([current.stop(), next?.stop()]);
      throw error;
    }
  }

  /** Begins to follow a service, and takes up the newest state of its definition as soon as there is what it needs. */
  private follow(name: string): Following {
    const service = this.definitions.state.services.get(name)!;
    let following = this.followed.get(name);
    if (!following) {
      const current = this.opened(service);
      this.followed.set(name, (following = { current, next: undefined, measured: undefined }));
      return following;
    }
    if (following.current.covers(service)) following.current.adopt(service);
    else {
      if (!following.next?.covers(service)) {
        void following.next?.stop();
        following.next = this.opened(service);
      }
      following.next.adopt(service);
      // Those that were followed answer until the others have caught up; a revision that is new is carried only then.
      if (following.next.caughtUp) {
        void following.current.stop();
        following.current = following.next;
        following.next = undefined;
      }
    }
    return following;
  }

  private opened(service: Parameters<FollowedService['adopt']>[0]): FollowedService {
    const { log, serviceLog, sleep } = this.options;
    const { namespace } = serviceLog;
    const opened = new FollowedService(service, { log, namespace, snapshots: this.snapshots, sleep });
    opened.start();
    return opened;
  }

  private async measure(): Promise<void> {
    let bytes = 0;
    for (const { current } of [...this.followed.values()]) bytes += await current.bytes();
    this.bytes = bytes;
    const { maxBytes, logger } = this.options;
    if (bytes <= maxBytes || this.isFull) return;
    this.isFull = true;
    const services = [...this.followed.keys()].join(', ');
    logger.error(
      { bytes, maxBytes, services },
      `events are no longer answered: ${tooLarge(bytes, maxBytes)}`,
    );
    for (const { current, next } of this.followed.values()) {
      void current.stop();
      void next?.stop();
    }
    this.followed.clear();
  }

  private refuseFull(): void {
    if (!this.isFull) return;
    throw new PlatformError(
      'PLAYHEAD_EVENT_STATE_TOO_LARGE',
      'refuse',
      tooLarge(this.bytes, this.options.maxBytes),
      { details: { bytes: this.bytes, limit: this.options.maxBytes } },
    );
  }

  private async patiently(name: string, work: Promise<void>): Promise<void> {
    const { sleep, patienceMs = 10_000 } = this.options;
    let isDone = false;
    const settled = work.finally(() => (isDone = true));
    for (let waited = 0; !isDone; waited += 5) {
      if (waited >= patienceMs) {
        settled.catch(() => undefined);
        throw notReady(name);
      }
      await Promise.race([settled, sleep(5)]);
    }
  }
}

interface Following {
  current: FollowedService;
  next: FollowedService | undefined;
  /** The first time, once it had caught up. */
  measured: Promise<void> | undefined;
}

const notReady = (name: string): PlatformError =>
  new PlatformError(
    'PLAYHEAD_NOT_READY',
    'retry',
    `the state of ${name} is still being brought up; ask again in a moment`,
  );

const tooLarge = (bytes: number, maxBytes: number): string =>
  `the state of the feature services takes ${bytes} bytes, ${maxBytes} are allowed (PLAYHEAD_SERVING_EVENT_STATE_MIB); predict by entity, or raise it`;

const evolveDefinitions = (definitions: Definitions, record: LogRecord): Definitions => {
  const services = servicesAfter(definitions.services, record);
  if (readEnvelope(record.headers).type !== DefinitionApplied.type) return { ...definitions, services };
  const fact = decodeEvent(DefinitionApplied, record.value);
  if (fact.kind !== 'Stream') return { ...definitions, services };
  const compiled = fact.compiled as unknown as CompiledStream;
  const streams = new Map(definitions.streams).set(fact.name, {
    compiled,
    read: compileEventReader(compiled),
  });
  return { services, streams };
};
