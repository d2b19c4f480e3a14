import { PlatformError, messageOf } from '#kernel';
import type { EventLog, LogReader, LogRecord } from './port';
import { untilAvailable } from './read';

/** An idle reader need not come back: records and `stop` wake it. */
const IDLE_WAIT_MS = 5_000;

export interface TopicFollowerOptions {
  readonly log: EventLog;
  /** Full name. */
  readonly topic: string;
  /** Called with records of one partition in order, duplicates of zombies and all. Must not throw. */
  readonly onRecords: (records: readonly LogRecord[]) => void;
  readonly sleep: (ms: number) => Promise<void>;
  readonly onRetry?: (reason: string) => void;
}

/**
 * Reads all partitions of a topic from their start and goes on, without a group: every instance sees everything. For read models in
 * memory behind a door (law L8); it publishes nothing and commits nothing.
 */
export class TopicFollower {
  private readonly positions = new Map<number, number>();
  private readonly goals = new Map<number, number>();
  private reader: LogReader | undefined;
  private following: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly options: TopicFollowerOptions) {}

  /** Begins to read as soon as the topic exists; does not wait until it has caught up. */
  start(): Promise<void> {
    this.following ??= this.follow();
    return Promise.resolve();
  }

  /** True once everything was read that stood on the topic when it was first seen. */
  get caughtUp(): boolean {
    return (
      this.goals.size > 0 &&
      [...this.goals].every(([partition, goal]) => (this.positions.get(partition) ?? 0) >= goal)
    );
  }

  /** The next offset of each partition: what the read model reflects. */
  reflects(): ReadonlyMap<number, number> {
    return this.positions;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.reader?.wake();
    await this.following;
    await this.reader?.close();
  }

  status(): Record<string, unknown> {
    return {
      topic: this.options.topic,
      caughtUp: this.caughtUp,
      reflects: Object.fromEntries(this.positions),
    };
  }

  private async follow(): Promise<void> {
    const { log, topic, sleep, onRecords, onRetry } = this.options;
    const retry = (error: PlatformError): void => onRetry?.(error.message);
    while (
      !this.stopped &&
      (await untilAvailable(() => log.partitionCount(topic), sleep, retry)) === undefined
    )
      await sleep(100);
    if (this.stopped) return;
    this.reader = log.reader();
    for (const { partition, start, end } of await untilAvailable(() => log.ends(topic), sleep, retry)) {
      this.positions.set(partition, start);
      this.goals.set(partition, end);
      this.reader.seek({ topic, partition }, start);
    }
    while (!this.stopped) {
      try {
        for (const chunk of await this.reader.poll(IDLE_WAIT_MS)) {
          if (chunk.kind === 'records') onRecords(chunk.records);
          this.positions.set(chunk.partition, chunk.nextOffset);
        }
      } catch (error) {
        if (!(error instanceof PlatformError) || error.disposition !== 'retry') throw error;
        onRetry?.(messageOf(error));
        await sleep(200);
      }
    }
  }
}
