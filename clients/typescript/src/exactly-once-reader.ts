import {
  type Consumer,
  type ConsumerConfig,
  type EachBatchPayload,
  type Kafka,
  type KafkaMessage,
} from 'kafkajs';
import { SeenPositions, type SeenEntry } from './seen-positions';

/** How far one partition was read. Store it with what you compute from the records, in one transaction. */
export interface Progress {
  /** The offset to read next. */
  readonly nextOffset: number;
  readonly seen: readonly SeenEntry[];
}

/** A prediction, a vector or an observation. */
export interface DerivedRecord<Value = unknown> {
  /** Its own place, `<partition>-<offset>`; what `playhead lineage` takes. */
  readonly position: string;
  /** `ce_id`: the position of the record that it was made from. */
  readonly id: string;
  /** `ce_source`: the topic of that record, below the namespace. */
  readonly source: string;
  /** `ce_type`, for example `serving.prediction.made`. */
  readonly type: string;
  /** Event time, ISO 8601. */
  readonly time: string;
  readonly key: string | null;
  readonly value: Value;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ReadBatch<Value = unknown> {
  readonly topic: string;
  readonly partition: number;
  /** In the order of the log, none that was given before. May be empty: then only the progress is new. */
  readonly records: readonly DerivedRecord<Value>[];
  /** What the store must still hold for this partition. Refuse to save where it does not: another reader has taken over. */
  readonly previous: Progress | undefined;
  readonly progress: Progress;
}

export interface ReaderOptions<Value = unknown> {
  readonly kafka: Kafka;
  readonly groupId: string;
  /** The full name, with the namespace: `playhead.serving.predictions.fraud`. */
  readonly topic: string;
  /** What the store holds for a partition; undefined at first. Asked again whenever partitions were dealt out. */
  readonly load: (topic: string, partition: number) => Promise<Progress | undefined>;
  /** Stores the progress and what follows from the records, both or neither. It is tried again when it throws. */
  readonly save: (batch: ReadBatch<Value>) => Promise<void>;
  /** kafkajs' own settings, such as `sessionTimeout`, or `maxBytesPerPartition`, which bounds a batch. */
  readonly consumer?: Omit<ConsumerConfig, 'groupId'>;
}

/** kafkajs' word for the first offset that there is. */
const EARLIEST = '-2';

/**
 * Gives each record of a derived topic once, over crashes of this reader and copies on the wire. The offset that counts is the one in
 * your store: reading goes on from there whatever the group has committed, which is for monitoring only.
 */
export class ExactlyOnceReader<Value = unknown> {
  private readonly consumer: Consumer;
  private readonly progress = new Map<number, Progress | undefined>();

  constructor(private readonly options: ReaderOptions<Value>) {
    const { kafka, groupId, topic } = options;
    this.consumer = kafka.consumer({ ...options.consumer, groupId });
    this.consumer.on(this.consumer.events.GROUP_JOIN, ({ payload }) => {
      // Another reader may have had the partitions in between, so what is remembered of them is forgotten.
      this.progress.clear();
      // Where the store does not answer, the partition's first batch asks it again.
      for (const partition of payload.memberAssignment[topic] ?? [])
        this.goOn(topic, partition).catch(() => undefined);
    });
  }

  async start(): Promise<void> {
    await this.consumer.connect();
    await this.consumer.subscribe({ topics: [this.options.topic], fromBeginning: true });
    await this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.read(payload),
    });
  }

  /** Ends after the batch that is being saved. */
  async stop(): Promise<void> {
    await this.consumer.disconnect();
  }

  /** Moves to where the store says that this partition was read to. */
  private async goOn(topic: string, partition: number): Promise<void> {
    const stored = await this.options.load(topic, partition);
    if (this.progress.has(partition)) return;
    this.progress.set(partition, stored);
    this.consumer.seek({ topic, partition, offset: stored ? String(stored.nextOffset) : EARLIEST });
  }

  private async read({
    batch,
    resolveOffset,
    heartbeat,
    isRunning,
    isStale,
  }: EachBatchPayload): Promise<void> {
    const { topic, partition, messages } = batch;
    const [first, last] = [messages[0], messages.at(-1)];
    if (!isRunning() || isStale() || !first || !last) return;
    if (!this.progress.has(partition)) return this.goOn(topic, partition);
    const previous = this.progress.get(partition);
    if (previous && Number(first.offset) > previous.nextOffset)
      throw new RangeError(
        `${topic}:${partition} was read up to ${previous.nextOffset} and begins at ${first.offset}: what is in between is gone from the log`,
      );
    const seen = SeenPositions.from(previous?.seen ?? []);
    const records = messages
      .map((message) => decode<Value>(partition, message))
      .filter(({ source, id }) => seen.admit(source, id));
    const progress = { nextOffset: Number(last.offset) + 1, seen: seen.toJSON() };
    // Forgotten until it is saved: after a failure the store says where to go on.
    this.progress.delete(partition);
    await this.options.save({ topic, partition, records, previous, progress });
    this.progress.set(partition, progress);
    resolveOffset(last.offset);
    await this.consumer.commitOffsets([{ topic, partition, offset: String(progress.nextOffset) }]);
    await heartbeat();
  }
}

const decode = <Value>(partition: number, message: KafkaMessage): DerivedRecord<Value> => {
  const headers = Object.fromEntries(
    Object.entries(message.headers ?? {}).map(([name, content]) => [name, textOf(content)]),
  );
  const header = (name: string): string => {
    const text = headers[name];
    if (text === undefined)
      throw new RangeError(`the record at ${partition}-${message.offset} has no header ${name}`);
    return text;
  };
  return {
    position: `${partition}-${message.offset}`,
    id: header('ce_id'),
    source: header('ce_source'),
    type: header('ce_type'),
    time: header('ce_time'),
    key: message.key?.toString() ?? null,
    value: JSON.parse(message.value?.toString() ?? 'null') as Value,
    headers,
  };
};

/** A name may come twice; the last one holds, as in Kafka's own `lastHeader`. */
const textOf = (content: Buffer | string | (Buffer | string)[] | undefined): string =>
  (Array.isArray(content) ? content.at(-1) : content)?.toString() ?? '';
