import {
  EnvelopeTemplate,
  HEADERS,
  ObservationRecorded,
  RecordRejected,
  TOPICS,
  type EnvelopeHeader,
} from '#contracts';
import { checksumOf, type HeaderEntry, type LogRecord, type Output } from '#eventlog';
import { formatPosition } from '#kernel';
import type { Refusal } from '../domain/decide';
import type { Observed } from '../domain/stream-partition';

/** Full topic names of one stream. */
export interface StreamTopics {
  readonly inbox: string;
  readonly observations: string;
  readonly rejections: string;
}

/** What one inbox record gives, as records: the shapes and headers of interfaces.md. */
export class Outputs {
  private readonly observed: EnvelopeTemplate;
  private readonly rejected: EnvelopeTemplate;

  constructor(
    stream: string,
    private readonly topics: StreamTopics,
  ) {
    const source = TOPICS.inbox(stream);
    this.observed = new EnvelopeTemplate({ type: ObservationRecorded.type, source });
    this.rejected = new EnvelopeTemplate({ type: RecordRejected.type, source });
  }

  /** `time` is the event time in canonical form. Where the record came from is part of the fact: state is folded from it. */
  observation(
    record: LogRecord,
    content: { key: string; value: Buffer; time: string; observed: Observed },
    control: HeaderEntry,
  ): Output {
    const { key, value, time, observed } = content;
    const position = formatPosition(record.partition, record.offset);
    const headers = this.observed.own(position, time, checksumHeader(record));
    const { movedFrom, redrivenFrom } = observed;
    if (movedFrom) headers.push([HEADERS.movedFrom, formatPosition(movedFrom.partition, movedFrom.offset)]);
    if (redrivenFrom !== undefined) headers.push([HEADERS.redrivenFrom, redrivenFrom]);
    for (const name of CARRIED) {
      const carried = record.headers.get(name);
      if (carried && carried.length <= MAX_CARRIED_BYTES) headers.push([name, carried]);
    }
    return {
      topic: this.topics.observations,
      partition: record.partition,
      key,
      value,
      shared: this.observed.shared(control),
      headers,
      source: record.offset,
      k: 0,
    };
  }

  rejection(record: LogRecord, { code, message, field }: Refusal, control: HeaderEntry): Output {
    const origin = formatPosition(record.partition, record.offset);
    const raw = record.value?.toString('base64') ?? '';
    const value = Buffer.from(
      JSON.stringify({
        code,
        message: message.slice(0, MAX_MESSAGE),
        ...(field === undefined ? {} : { field }),
        raw,
        origin,
      }),
    );
    const headers = this.rejected.headers(
      origin,
      new Date(record.timestamp).toISOString(),
      control,
      checksumHeader(record),
    );
    return {
      topic: this.topics.rejections,
      partition: record.partition,
      key: record.key,
      value,
      headers,
      source: record.offset,
      k: 0,
    };
  }

  /** The same key, bytes and headers in the right partition, and where it stood. */
  move(record: LogRecord, partition: number): Output {
    const { key, value, offset: source, partition: sourcePartition } = record;
    const from: HeaderEntry = [HEADERS.movedFrom, Buffer.from(formatPosition(sourcePartition, source))];
    const headers = [...record.headers.entries().filter(([name]) => name !== HEADERS.movedFrom), from];
    return { topic: this.topics.inbox, partition, key, value, headers, source, sourcePartition, k: 0 };
  }
}

const MAX_MESSAGE = 1_000;

/** Headers of the sender that an observation keeps; larger ones could make it too large for its topic, which would stop the partition. */
const CARRIED = [HEADERS.traceparent, HEADERS.correlationId] as const;
const MAX_CARRIED_BYTES = 1_000;

const checksumHeader = (record: LogRecord): EnvelopeHeader => [HEADERS.sourceCrc, checksumOf(record.value)];
