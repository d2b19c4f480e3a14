import { MemoryArtifactStore } from '#artifacts';
import { TOPICS, qualify } from '#contracts';
import {
  createMemoryLog,
  readRange,
  type Chunk,
  type EventLog,
  type MemoryLog,
  type NewRecord,
  type TopicPartition,
} from '#eventlog';
import { SegmentCatalog, type SealedRange } from './catalog';
import { firstOf, isUnreadable, type Entry } from './format/entry';
import { entriesOf, sealPartition, type SealingContext, type SealRequest } from './seal';
import { openSegmentedLog, type SegmentedLog } from './segmented-log';

export const NAMESPACE = 'n';
export const NAME = TOPICS.observations('s');
export const TOPIC = qualify(NAMESPACE, NAME);
export const AT: TopicPartition = { topic: TOPIC, partition: 0 };
export const LIMITS = { records: 100, bytes: 1_000_000 };

/** A log in memory with one topic, a store, and what seals it. */
export class SealedWorld {
  now = 1_000;
  log: MemoryLog = createMemoryLog({ now: () => this.now });
  readonly objects = new Map<string, Buffer>();
  readonly artifacts = new MemoryArtifactStore(NAMESPACE, this.objects);

  static async make(partitions = 1): Promise<SealedWorld> {
    const world = new SealedWorld();
    await world.makeTopics(partitions);
    return world;
  }

  async makeTopics(partitions = 1): Promise<void> {
    await this.log.ensureTopics([
      { name: TOPIC, partitions },
      { name: qualify(NAMESPACE, TOPICS.segments('ingestion')), partitions: 1 },
    ]);
  }

  context(over: Partial<SealingContext> = {}): SealingContext {
    const log = over.log ?? this.log;
    return {
      log,
      artifacts: this.artifacts,
      namespace: NAMESPACE,
      catalog: new SegmentCatalog({ log, namespace: NAMESPACE }),
      limits: LIMITS,
      now: () => this.now,
      ...over,
    };
  }

  segmented(): SegmentedLog {
    return openSegmentedLog({ log: this.log, artifacts: this.artifacts, namespace: NAMESPACE });
  }

  async append(from: number, to: number, partition = 0): Promise<void> {
    const producer = this.log.producer();
    for (let i = from; i < to; i++) {
      this.now += i % 3;
      await producer.send([recordOf(i, partition)]);
    }
    await producer.close();
  }

  async seal(upTo: SealRequest['upTo'] = 'whole', context = this.context(), at = AT): Promise<SealedRange[]> {
    const ranges: SealedRange[] = [];
    for await (const range of sealPartition(context, at, { upTo })) ranges.push(range);
    return ranges;
  }

  /** Another byte in a stored object; gives what puts it right again. */
  spoil(digest: string): () => void {
    const key = `${NAMESPACE}/sha256/${digest.slice(0, 2)}/${digest}`;
    const whole = this.objects.get(key)!;
    const spoilt = Buffer.from(whole);
    spoilt[spoilt.length >> 1]! ^= 4;
    this.objects.set(key, spoilt);
    return () => void this.objects.set(key, whole);
  }
}

export const recordOf = (i: number, partition = 0): NewRecord => ({
  topic: TOPIC,
  partition,
  key: i % 7 === 0 ? null : Buffer.from(`k${i % 5}`),
  value: i % 11 === 0 ? null : Buffer.from(JSON.stringify({ i, text: 'x'.repeat(i % 40) })),
  headers: [
    ['ce_time', Buffer.from(new Date(1_525_132_800_000 + i).toISOString())],
    ['ce_id', Buffer.from(`${partition}-${i}`)],
    ['again', Buffer.from('1')],
    ['again', Buffer.from([i & 255])],
  ],
});

/** Everything of a stretch as plain data, whoever gives it. */
export const contentOf = async (
  log: EventLog,
  from: number,
  to: number,
  at: TopicPartition = AT,
): Promise<unknown[]> => {
  const chunks: Chunk[] = [];
  for await (const chunk of readRange(log, at.topic, at.partition, from, to)) chunks.push(chunk);
  return plainOf(chunks, to);
};

export const plainOf = (chunks: readonly Chunk[], to = Infinity): unknown[] =>
  chunks.flatMap((chunk) => [
    ...entriesOf(chunk)
      .filter((entry) => firstOf(entry) < to)
      .map(plain),
  ]);

/** Each offset that is passed over, by itself: chunks may cut ranges where they like. */
export const passedOf = (chunks: readonly Chunk[]): number[] =>
  chunks.flatMap((chunk) =>
    chunk.kind === 'unreadable'
      ? []
      : (chunk.passed ?? []).flatMap(({ first, last }) =>
          Array.from({ length: last - first + 1 }, (_, index) => first + index),
        ),
  );

const plain = (entry: Entry): unknown =>
  isUnreadable(entry)
    ? { ...entry, raw: entry.raw.toString('hex') }
    : {
        ...entry,
        key: entry.key?.toString('hex') ?? null,
        value: entry.value?.toString('hex') ?? null,
        headers: entry.headers.entries().map(([name, value]) => [name, value.toString('hex')]),
      };
