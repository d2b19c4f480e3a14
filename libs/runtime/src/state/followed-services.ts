import type { EventLog, LogRecord } from '#eventlog';
import { PlatformError } from '#kernel';
import { FollowedView, type View } from './followed-view';
import { digestOfState, type ReadModel, type Rebuilt, type StateDigest } from './read-model';

export interface FollowedServicesOptions<V extends View<V>> {
  readonly name: string;
  readonly log: EventLog;
  readonly sleep: (ms: number) => Promise<void>;
  /** Full name of the topic of a feature service. */
  readonly topicOf: (service: string) => string;
  readonly empty: () => V;
  /** Must not throw. */
  readonly apply: (view: V, records: readonly LogRecord[]) => void;
  /** How long a question waits until the topic has been read. */
  readonly patienceMs?: number;
}

/** A view for each feature service that was asked about; it begins to read at the first question, so that what nobody asks costs nothing. */
export class FollowedServices<V extends View<V>> implements ReadModel {
  private readonly followed = new Map<string, { readonly view: FollowedView<V>; readonly held: V }>();

  constructor(private readonly options: FollowedServicesOptions<V>) {}

  get name(): string {
    return this.options.name;
  }

  /** Rejects with PLAYHEAD_NOT_READY while the topic is still being read. */
  async of(service: string): Promise<V> {
    const { view, held } = this.followed.get(service) ?? this.follow(service);
    const patienceMs = this.options.patienceMs ?? 10_000;
    for (let waited = 0; !view.caughtUp; waited += 20) {
      if (waited >= patienceMs) {
        throw new PlatformError(
          'PLAYHEAD_NOT_READY',
          'retry',
          `the ${this.name} of ${service} are still being read; ask again in a moment`,
        );
      }
      await this.options.sleep(20);
    }
    return held;
  }

  /** What is held of a service that was asked about. */
  held(service: string): V | undefined {
    return this.followed.get(service)?.held;
  }

  async close(): Promise<void> {
    await Promise.all([...this.followed.values()].map(({ view }) => view.stop()));
  }

  async digest(): Promise<StateDigest> {
    return joined(await Promise.all(this.inOrder().map((view) => view.digest())));
  }

  async rebuild(): Promise<Rebuilt> {
    const rebuilt: Rebuilt[] = [];
    for (const view of this.inOrder()) rebuilt.push(await view.rebuild());
    return {
      before: joined(rebuilt.map(({ before }) => before)),
      after: joined(rebuilt.map(({ after }) => after)),
    };
  }

  private inOrder(): readonly FollowedView<V>[] {
    return [...this.followed].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { view }]) => view);
  }

  private follow(service: string): { readonly view: FollowedView<V>; readonly held: V } {
    const { log, sleep, topicOf, empty, apply } = this.options;
    const held = empty();
    const view = new FollowedView({
      name: service,
      log,
      topics: [topicOf(service)],
      sleep,
      view: held,
      apply,
      empty,
    });
    const followed = { view, held };
    this.followed.set(service, followed);
    void view.start();
    return followed;
  }
}

/** One line for each service. */
const joined = (digests: readonly StateDigest[]): StateDigest => ({
  ...digestOfState(
    digests.map(({ position }) => position).join('; '),
    digests.map(({ position, digest }) => [position, digest]),
  ),
  rows: digests.reduce((sum, { rows }) => sum + rows, 0),
});
