import { TOPICS, VectorComputed, decodeEvent, qualify, type EventOf } from '#contracts';
import type { EventLog, LogRecord } from '#eventlog';
import { formatPosition, sha256 } from '#kernel';
import { FollowedServices } from './state/followed-services';
import type { View } from './state/followed-view';
import type { ReadModel, Rebuilt, StateDigest, StateRow } from './state/read-model';

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
export class LatestVectors implements ReadModel {
  readonly name = 'latest vectors';
  private readonly services: FollowedServices<Entities>;

  constructor(options: {
    readonly log: EventLog;
    readonly namespace: string;
    readonly sleep: (ms: number) => Promise<void>;
    readonly patienceMs?: number;
  }) {
    this.services = new FollowedServices({
      ...options,
      name: 'vectors',
      topicOf: (service) => qualify(options.namespace, TOPICS.vectors(service)),
      empty: () => new Entities(),
      apply: (entities, records) => entities.onRecords(records),
    });
  }

  /** The newest vector, undefined where the entity has none; rejects with PLAYHEAD_NOT_READY while the topic is still being read. */
  async of(service: string, entity: string): Promise<LatestVector | undefined> {
    const stored = (await this.services.of(service)).of(entity);
    return (
      stored && {
        ...decodeEvent(VectorComputed, stored.value),
        position: formatPosition(stored.partition, stored.offset),
      }
    );
  }

  /** Number of entities known of a service that was asked about. */
  size(service: string): number {
    return this.services.held(service)?.size ?? 0;
  }

  close(): Promise<void> {
    return this.services.close();
  }

  digest(): Promise<StateDigest> {
    return this.services.digest();
  }

  rebuild(): Promise<Rebuilt> {
    return this.services.rebuild();
  }
}

/** The newest vector of each entity of one service. */
class Entities implements View<Entities> {
  private stored = new Map<string, Stored>();

  get size(): number {
    return this.stored.size;
  }

  of(entity: string): Stored | undefined {
    return this.stored.get(entity);
  }

  onRecords(records: readonly LogRecord[]): void {
    for (const { key, value, partition, offset } of records) {
      // A copy: a slice would keep the whole fetched batch in memory.
      if (key && value)
        this.stored.set(key.toString('utf8'), { value: Buffer.from(value), partition, offset });
    }
  }

  adopt(other: Entities): void {
    this.stored = other.stored;
  }

  *rows(): Iterable<StateRow> {
    for (const [entity, { value, partition, offset }] of this.stored)
      yield [entity, [formatPosition(partition, offset), sha256(value)]];
  }
}
