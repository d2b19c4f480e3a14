import { TopicFollower, readRange, type EventLog, type LogRecord } from '#eventlog';
import type { Worker } from '../log-transport';
import { digestOfState, type ReadModel, type Rebuilt, type StateDigest, type StateRow } from './read-model';

/** A read model in memory: a fold of facts in which the order of its topics among each other means nothing. */
export interface View<Self> {
  /** Takes over all that another one holds. */
  adopt(other: Self): void;
  rows(): Iterable<StateRow>;
}

export interface FollowedViewOptions<V extends View<V>> {
  readonly name: string;
  readonly log: EventLog;
  /** Full names. */
  readonly topics: readonly string[];
  readonly sleep: (ms: number) => Promise<void>;
  readonly view: V;
  /** Must not throw. */
  readonly apply: (view: V, records: readonly LogRecord[]) => void;
  /** An empty one, to be filled beside the one that answers. */
  readonly empty: () => V;
}

type Positions = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Keeps a view behind its topics, on every instance, and can build it anew beside itself. */
export class FollowedView<V extends View<V>> implements Worker, ReadModel {
  readonly name: string;
  private readonly followers: ReadonlyMap<string, TopicFollower>;
  /** What came while it was built anew. */
  private meanwhile: (readonly LogRecord[])[] | undefined;

  constructor(private readonly options: FollowedViewOptions<V>) {
    this.name = options.name;
    const { log, sleep, topics, view, apply } = options;
    const onRecords = (records: readonly LogRecord[]): void => {
      apply(view, records);
      this.meanwhile?.push(records);
    };
    this.followers = new Map(
      topics.map((topic) => [topic, new TopicFollower({ log, topic, sleep, onRecords })]),
    );
  }

  get caughtUp(): boolean {
    return [...this.followers.values()].every((follower) => follower.caughtUp);
  }

  async start(): Promise<void> {
    await Promise.all([...this.followers.values()].map((follower) => follower.start()));
  }

  async stop(): Promise<void> {
    await Promise.all([...this.followers.values()].map((follower) => follower.stop()));
  }

  status(): unknown {
    return [...this.followers.values()].map((follower) => follower.status());
  }

  digest(): Promise<StateDigest> {
    return Promise.resolve(this.digestOf(this.options.view, this.positions()));
  }

  async rebuild(): Promise<Rebuilt> {
    const { log, view, apply } = this.options;
    const positions = this.positions();
    const before = this.digestOf(view, positions);
    const meanwhile: (readonly LogRecord[])[] = (this.meanwhile = []);
    try {
      const fresh = this.options.empty();
      for (const [topic, offsets] of positions)
        for (const { partition, start } of offsets.size === 0 ? [] : await log.ends(topic))
          for await (const chunk of readRange(log, topic, partition, start, offsets.get(partition) ?? start))
            if (chunk.kind === 'records') apply(fresh, chunk.records);
      const after = this.digestOf(fresh, positions);
      for (const records of meanwhile) apply(fresh, records);
      view.adopt(fresh);
      return { before, after };
    } finally {
      this.meanwhile = undefined;
    }
  }

  private positions(): Positions {
    return new Map([...this.followers].map(([topic, follower]) => [topic, new Map(follower.reflects())]));
  }

  private digestOf(view: V, positions: Positions): StateDigest {
    return digestOfState(positionText(positions), view.rows());
  }
}

const positionText = (positions: Positions): string =>
  [...positions]
    .map(([topic, offsets]) => {
      const list = [...offsets]
        .sort(([a], [b]) => a - b)
        .map(([partition, offset]) => `${partition}:${offset}`);
      return `${topic} ${list.join(',')}`;
    })
    .join('; ');
