import { HEADERS, qualify } from '#contracts';
import type { EventLog, LogReader, LogRecord } from '#eventlog';
import { PlatformError, formatPosition } from '#kernel';
import type { Sleep } from '#runtime';

/** That something was decided: enough to know which doors answer otherwise now. */
export interface NewFact {
  /** Below the namespace. */
  readonly topic: string;
  readonly position: string;
  readonly type: string;
  /** Append time; ISO. */
  readonly at: string;
  readonly key: string | null;
}

export interface FactTailOptions {
  readonly log: EventLog;
  readonly namespace: string;
  /** Below the namespace; one that is not there yet is looked for again. */
  readonly topics: readonly string[];
  readonly sleep: Sleep;
  /** Facts of one poll, at most `MOST` of each topic: the newest. */
  readonly onFacts: (facts: readonly NewFact[]) => void;
  readonly onFailure: (error: unknown) => void;
}

const WAIT_MS = 1_000;
const LOOK_AGAIN_MS = 5_000;
const MOST = 20;

/** Reads what is appended to topics of decisions from now on, without a group. Nothing is kept. */
export class FactTail {
  private readonly reader: LogReader;
  private readonly seen = new Set<string>();
  private stopped = false;
  private readonly running: Promise<void>;

  constructor(private readonly options: FactTailOptions) {
    this.reader = options.log.reader();
    this.running = this.follow().catch(options.onFailure);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.reader.wake();
    await this.running;
    await this.reader.close();
  }

  private async follow(): Promise<void> {
    const { sleep, onFacts } = this.options;
    let polls = 0;
    while (!this.stopped) {
      try {
        if (polls++ % Math.ceil(LOOK_AGAIN_MS / WAIT_MS) === 0) await this.lookForTopics(polls === 1);
        if (this.seen.size === 0) {
          await sleep(200);
          continue;
        }
        const chunks = await this.reader.poll(WAIT_MS);
        const facts = chunks.flatMap((chunk) =>
          chunk.kind === 'records' ? chunk.records.slice(-MOST).map((record) => this.factOf(record)) : [],
        );
        if (facts.length > 0) onFacts(facts);
      } catch (error) {
        if (!(error instanceof PlatformError) || error.disposition !== 'retry') throw error;
        await sleep(500);
      }
    }
  }

  /** What stands on a topic at the first look is old; a topic that comes later is new from its start. */
  private async lookForTopics(isFirst: boolean): Promise<void> {
    const { log, namespace, topics } = this.options;
    for (const name of topics) {
      const topic = qualify(namespace, name);
      if (this.seen.has(topic) || (await log.partitionCount(topic)) === undefined) continue;
      for (const { partition, start, end } of await log.ends(topic))
        this.reader.seek({ topic, partition }, isFirst ? end : start);
      this.seen.add(topic);
    }
  }

  private factOf({ topic, partition, offset, timestamp, key, headers }: LogRecord): NewFact {
    return {
      topic: topic.slice(this.options.namespace.length + 1),
      position: formatPosition(partition, offset),
      type: headers.text(HEADERS.type) ?? '',
      at: new Date(timestamp).toISOString(),
      key: key && key.length <= 200 ? key.toString() : null,
    };
  }
}
