import { TOPICS, type Deployments } from '#contracts';
import type { EventLog, FollowedTopic } from '#eventlog';
import { messageOf, type Clock } from '#kernel';
import { SERVICE_PORTS, type Logger, type Sleep } from '#runtime';
import type { TopicCount, TopicCounts } from '../topic-counts';
import { FactTail, type NewFact } from './fact-tail';
import { readLags, type Lag } from './lags';

/** What moved within about a second. */
export interface Rates {
  readonly at: string;
  readonly topics: readonly {
    readonly topic: string;
    readonly records: number;
    readonly perSecond: number;
  }[];
  readonly lags: readonly Lag[];
}

export type LiveEvent =
  { readonly event: 'rates'; readonly value: Rates } | { readonly event: 'fact'; readonly value: NewFact };

export interface LiveFeedOptions {
  readonly log: EventLog;
  readonly namespace: string;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly logger: Logger;
  readonly counts: TopicCounts;
  readonly deployments: FollowedTopic<Deployments>;
  readonly everyMs?: number;
}

/** Topics whose facts change what a page shows. Those of events have rates instead. */
export const TOLD_TOPICS: readonly string[] = [
  TOPICS.alerts,
  TOPICS.notifications,
  TOPICS.monitoringReplays,
  TOPICS.reports,
  TOPICS.rollouts,
  TOPICS.definitions,
  TOPICS.requests,
  TOPICS.models,
  TOPICS.deployments,
  TOPICS.rolloutChanges,
  TOPICS.replays,
  TOPICS.lineage,
  TOPICS.runs,
  TOPICS.progress,
  TOPICS.datasets,
  ...Object.keys(SERVICE_PORTS).map((service) => TOPICS.deadLetters(service)),
];

/** Works while somebody listens, and asks the broker once a second, however many listen. */
export class LiveFeed {
  private readonly listeners = new Set<(event: LiveEvent) => void>();
  private before: { readonly at: number; readonly counts: ReadonlyMap<string, number> } | undefined;
  private work: { readonly stop: () => Promise<void> } | undefined;
  private ended: Promise<void> = Promise.resolve();

  constructor(private readonly options: LiveFeedOptions) {}

  /** Gives a function that ends it. */
  listen(listener: (event: LiveEvent) => void): () => void {
    this.listeners.add(listener);
    this.work ??= this.begin();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) void this.rest();
    };
  }

  /** Resolves when nothing is asked any more. */
  async stop(): Promise<void> {
    this.listeners.clear();
    await this.rest();
  }

  private rest(): Promise<void> {
    const { work } = this;
    this.work = undefined;
    this.before = undefined;
    if (work) this.ended = Promise.all([this.ended, work.stop()]).then(() => undefined);
    return this.ended;
  }

  private begin(): { stop: () => Promise<void> } {
    const { log, namespace, sleep, logger, everyMs = 1_000 } = this.options;
    const tail = new FactTail({
      log,
      namespace,
      topics: TOLD_TOPICS,
      sleep,
      onFacts: (facts) => facts.forEach((value) => this.tell({ event: 'fact', value })),
      onFailure: (error) => logger.error({ err: error }, 'new facts are not told to pages any more'),
    });
    let stopped = false;
    const tick = async (): Promise<void> => {
      while (!stopped) {
        const value = await this.measure().catch((error: unknown) => {
          logger.debug({}, `no rates: ${messageOf(error)}`);
          return undefined;
        });
        if (value && !stopped) this.tell({ event: 'rates', value });
        await sleep(everyMs);
      }
    };
    const ticking = tick();
    return {
      stop: async () => {
        stopped = true;
        await Promise.all([tail.stop(), ticking]);
      },
    };
  }

  private async measure(): Promise<Rates> {
    const { log, namespace, clock, counts, deployments } = this.options;
    const topics = await counts.now();
    const at = clock.now();
    const names = topics.map(({ topic }) => topic);
    const lags = await readLags(log, namespace, names, deployments.state);
    const value = ratesOf(topics, at, this.before);
    this.before = { at, counts: new Map(topics.map(({ topic, appended }) => [topic, appended])) };
    return { at: new Date(at).toISOString(), topics: value, lags };
  }

  private tell(event: LiveEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}

const ratesOf = (
  topics: readonly TopicCount[],
  at: number,
  before: { readonly at: number; readonly counts: ReadonlyMap<string, number> } | undefined,
): Rates['topics'] =>
  topics.map(({ topic, records, appended }) => {
    const known = before?.counts.get(topic);
    const seconds = before ? (at - before.at) / 1_000 : 0;
    const perSecond = known === undefined || seconds <= 0 ? 0 : Math.max(0, (appended - known) / seconds);
    return { topic, records, perSecond: Math.round(perSecond * 10) / 10 };
  });
