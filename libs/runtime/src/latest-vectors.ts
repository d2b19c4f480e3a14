import { TOPICS, VectorComputed, decodeEvent, qualify, type EventOf } from '#contracts';
import { TopicFollower, type EventLog, type LogRecord } from '#eventlog';
import { PlatformError, formatPosition } from '#kernel';

export interface LatestVector extends EventOf<typeof VectorComputed> {
  /** Its position on `feature.vectors.<service>`. */
  readonly position: string;
}

interface Stored {
  readonly value: Buffer;
  readonly partition: number;
  readonly offset: number;
}

/**
 * The newest vector of each entity of a feature service, read from its topic by everyone who answers about entities (law L8). It begins
 * to read at the first question, so that a service which nobody asks pays nothing.
 */
export class LatestVectors {
  private readonly followed = new Map<string, { follower: TopicFollower; entities: Map<string, Stored> }>();

  constructor(
    private readonly options: {
      readonly log: EventLog;
      readonly namespace: string;
      readonly sleep: (ms: number) => Promise<void>;
      readonly patienceMs?: number;
    },
  ) {}

  /** The newest vector, undefined where the entity has none; rejects with PLAYHEAD_NOT_READY while the topic is still being read. */
  async of(service: string, entity: string): Promise<LatestVector | undefined> {
    const { entities } = await this.caughtUp(service);
    const stored = entities.get(entity);
    return (
      stored && {
        ...decodeEvent(VectorComputed, stored.value),
        position: formatPosition(stored.partition, stored.offset),
      }
    );
  }

  /** Number of entities known of a service that was asked about. */
  size(service: string): number {
    return this.followed.get(service)?.entities.size ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([...this.followed.values()].map(({ follower }) => follower.stop()));
  }

  private async caughtUp(service: string): Promise<{ entities: Map<string, Stored> }> {
    const followed = this.followed.get(service) ?? this.follow(service);
    const patienceMs = this.options.patienceMs ?? 10_000;
    for (let waited = 0; !followed.follower.caughtUp; waited += 20) {
      if (waited >= patienceMs) {
        throw new PlatformError(
          'PLAYHEAD_NOT_READY',
          'retry',
          `the vectors of ${service} are still being read; ask again in a moment`,
        );
      }
      await this.options.sleep(20);
    }
    return followed;
  }

  private follow(service: string): { follower: TopicFollower; entities: Map<string, Stored> } {
    const { log, namespace, sleep } = this.options;
    const entities = new Map<string, Stored>();
    const follower = new TopicFollower({
      log,
      topic: qualify(namespace, TOPICS.vectors(service)),
      sleep,
      onRecords: (records) => remember(entities, records),
    });
    const followed = { follower, entities };
    this.followed.set(service, followed);
    void follower.start();
    return followed;
  }
}

const remember = (entities: Map<string, Stored>, records: readonly LogRecord[]): void => {
  for (const { key, value, partition, offset } of records) {
    // A copy: a slice would keep the whole fetched batch in memory.
    if (key && value) entities.set(key.toString('utf8'), { value: Buffer.from(value), partition, offset });
  }
};
