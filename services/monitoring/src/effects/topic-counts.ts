import { qualify, unqualify } from '#contracts';
import type { EventLog } from '#eventlog';
import type { Clock } from '#kernel';

export interface TopicCount {
  /** Below the namespace. */
  readonly topic: string;
  readonly partitions: number;
  /** Records on the log now. */
  readonly records: number;
  /** Offsets given out: as `records`, but it does not fall when old records are cut. */
  readonly appended: number;
}

export interface TopicCountsOptions {
  readonly log: EventLog;
  readonly namespace: string;
  readonly clock: Clock;
}

/** Answers within so many milliseconds are given again, however many pages ask. */
const FRESH_MS = 900;

/** How many records stand on each topic of the namespace, from the ends of the log. */
export class TopicCounts {
  private answer: { readonly at: number; readonly counts: Promise<readonly TopicCount[]> } | undefined;

  constructor(private readonly options: TopicCountsOptions) {}

  now(): Promise<readonly TopicCount[]> {
    const at = this.options.clock.now();
    if (this.answer && at - this.answer.at < FRESH_MS) return this.answer.counts;
    const counts = this.count();
    this.answer = { at, counts };
    counts.catch(() => (this.answer = undefined));
    return counts;
  }

  private async count(): Promise<readonly TopicCount[]> {
    const { log, namespace } = this.options;
    const topics = await log.listTopics(qualify(namespace, ''));
    const counts = await Promise.all(
      topics.map(async (topic) => {
        const ends = await log.ends(topic);
        const records = ends.reduce((sum, { start, end }) => sum + end - start, 0);
        const appended = ends.reduce((sum, { end }) => sum + end, 0);
        return { topic: unqualify(namespace, topic), partitions: ends.length, records, appended };
      }),
    );
    return counts.sort((a, b) => a.topic.localeCompare(b.topic));
  }
}
