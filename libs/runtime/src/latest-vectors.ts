import { TOPICS, VectorComputed, decodeEvent, qualify, type EventOf } from '#contracts';
import type { EventLog, LogRecord } from '#eventlog';
import { PlatformError, formatPosition, sha256 } from '#kernel';
import { FollowedView, type View } from './state/followed-view';
import type { ReadModel, Rebuilt, StateDigest, StateRow } from './state/read-model';
import { digestOfState } from './state/read-model';

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
  private readonly followed = new Map<string, Followed>();

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
    const stored = entities.of(entity);
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
    await Promise.all([...this.followed.values()].map(({ view }) => view.stop()));
  }

  async digest(): Promise<StateDigest> {
    return joined(await Promise.all(this.inOrder().map(({ view }) => view.digest())));
  }

  async rebuild(): Promise<Rebuilt> {
    const rebuilt: Rebuilt[] = [];
    for (const { view } of this.inOrder()) rebuilt.push(await view.rebuild());
    return {
      before: joined(rebuilt.map(({ before }) => before)),
      after: joined(rebuilt.map(({ after }) => after)),
    };
  }

  private inOrder(): readonly Followed[] {
    return [...this.followed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, followed]) => followed);
  }

  private async caughtUp(service: string): Promise<Followed> {
    const followed = this.followed.get(service) ?? this.follow(service);
    const patienceMs = this.options.patienceMs ?? 10_000;
    for (let waited = 0; !followed.view.caughtUp; waited += 20) {
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

  private follow(service: string): Followed {
    const { log, namespace, sleep } = this.options;
    const entities = new Entities();
    const topic = qualify(namespace, TOPICS.vectors(service));
    const view = new FollowedView({
      name: service,
      log,
      topics: [topic],
      sleep,
      view: entities,
      apply: (each, records) => each.onRecords(records),
      empty: () => new Entities(),
    });
    const followed = { view, entities };
    this.followed.set(service, followed);
    void view.start();
    return followed;
  }
}

interface Followed {
  readonly view: FollowedView<Entities>;
  readonly entities: Entities;
}

/** One line for each service. */
const joined = (digests: readonly StateDigest[]): StateDigest => ({
  ...digestOfState(
    digests.map(({ position }) => position).join('; '),
    digests.map(({ position, digest }) => [position, digest]),
  ),
  rows: digests.reduce((sum, { rows }) => sum + rows, 0),
});

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
