import { TOPICS, compileEventValidator, qualify, type CompiledStream, type EventValidator } from '#contracts';
import { untilAvailable, type EventLog, type LogProducer, type NewRecord } from '#eventlog';
import { TransientFailure, canonicalKey, partitionOf } from '#kernel';

const ROUND = 2_000;

export interface WrittenCounts {
  readonly accepted: number;
  /** Appended all the same, so that the log tells of them; the schema refuses them. */
  readonly rejected: number;
}

/** Writes events to a stream's inbox as a producer would: JSON, keyed, Kafka's default partitioner, acks=all, in rounds. */
export class StreamWriter {
  private readonly topic: string;
  private readonly validate: EventValidator;
  private producer: LogProducer;
  private buffer: NewRecord[] = [];
  private inFlight: Promise<void> = Promise.resolve();
  private accepted = 0;
  private rejected = 0;
  private keyless = 0;

  constructor(
    private readonly log: EventLog,
    namespace: string,
    private readonly stream: CompiledStream,
    private readonly partitions = stream.partitions,
  ) {
    this.topic = qualify(namespace, TOPICS.inbox(stream.name));
    this.validate = compileEventValidator(stream);
    this.producer = log.producer();
  }

  /** Waits for the inbox to exist: ingestion makes it when the definition has been applied. */
  static async open(
    log: EventLog,
    namespace: string,
    stream: CompiledStream,
    patienceMs = 30_000,
  ): Promise<StreamWriter> {
    const topic = qualify(namespace, TOPICS.inbox(stream.name));
    const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
    for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(100)) {
      const partitions = await untilAvailable(() => log.partitionCount(topic), sleep);
      if (partitions !== undefined) return new StreamWriter(log, namespace, stream, partitions);
    }
    throw new TransientFailure(
      'PLAYHEAD_NOT_READY',
      `the inbox of ${stream.name} does not exist after ${patienceMs / 1_000} s; is ingestion up?`,
    );
  }

  async write(event: Readonly<Record<string, unknown>>): Promise<void> {
    if (this.validate(event).fault) this.rejected++;
    else this.accepted++;
    const key = keyOf(event, this.stream.key);
    const partition = key ? partitionOf(key, this.partitions) : this.keyless++ % this.partitions;
    this.buffer.push({
      topic: this.topic,
      partition,
      key,
      value: Buffer.from(JSON.stringify(event)),
      headers: [],
    });
    if (this.buffer.length >= ROUND) await this.flush();
  }

  /** Begins to send what was written; resolves when the round before it is acknowledged. */
  async flush(): Promise<void> {
    await this.inFlight;
    const round = this.buffer;
    this.buffer = [];
    if (round.length > 0) this.inFlight = this.producer.send(round).then(() => undefined);
    // Its failure surfaces at the next flush; until then it must not count as unhandled.
    this.inFlight.catch(() => undefined);
  }

  /** Resolves when everything is acknowledged. */
  async settle(): Promise<WrittenCounts> {
    await this.flush();
    await this.inFlight;
    return { accepted: this.accepted, rejected: this.rejected };
  }

  async close(): Promise<WrittenCounts> {
    try {
      return await this.settle();
    } finally {
      await this.producer.close();
    }
  }
}

const keyOf = (event: Readonly<Record<string, unknown>>, field: string): Buffer | null => {
  try {
    const key = canonicalKey(event[field]);
    return key === null ? null : Buffer.from(key, 'utf8');
  } catch {
    // What cannot be a key cannot be placed either; ingestion rejects the record with its reason.
    return null;
  }
};
