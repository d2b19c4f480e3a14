import { TOPICS, qualify } from '#contracts';
import type { HeaderEntry, NewRecord, SharedAppender } from '#eventlog';
import { carriedContext, type DoorTracer } from '#runtime';
import { examine, keyOf, ownerOf } from '../domain/decide';
import { readEvent } from '../domain/read-event';
import type { StreamInForce } from '../domain/streams';
import { textOf } from '../handlers/inbox-record';
import { cutBody, type CutRecord, type RequestHeaders } from './cut-body';

/** What the door answers (interfaces.md, Ingest). */
export interface IntakeAnswer {
  readonly accepted: number;
  readonly rejected: readonly { readonly index: number; readonly code: string; readonly message: string }[];
  /** One for each event of the body, in order. Topics by their full names. */
  readonly positions: readonly {
    readonly topic: string;
    readonly partition: number;
    readonly offset: number;
  }[];
}

interface Prepared {
  readonly record: NewRecord;
  readonly refusal?: { readonly code: string; readonly message: string };
}

/**
 * Takes a body into the inbox: every record that can be cut out of it, valid or not, with its own bytes. The answer comes when they
 * are durable, and says what the schema will refuse; lateness and duplicates are judged later, in the order of the log.
 */
export class Intake {
  private turn = 0;

  constructor(
    private readonly namespace: string,
    private readonly appender: SharedAppender,
    private readonly tracer?: DoorTracer,
  ) {}

  async take(stream: StreamInForce, body: Buffer, headers: RequestHeaders): Promise<IntakeAnswer> {
    const fallback = this.turn++ % stream.partitions;
    const cut = cutBody(body, headers);
    const send = this.tracer?.sending(
      qualify(this.namespace, TOPICS.inbox(stream.name)),
      headers,
      cut.length,
    );
    const traced = send?.headers ?? carriedContext(headers);
    const prepared = cut.map((one) => this.prepare(stream, one, traced, fallback));
    const appended = this.appender.append(prepared.map(({ record }) => record));
    const positions = await (send?.until(appended) ?? appended);
    const rejected = prepared.flatMap(({ refusal }, index) =>
      refusal ? [{ index, code: refusal.code, message: refusal.message }] : [],
    );
    return { accepted: prepared.length - rejected.length, rejected, positions };
  }

  /** What has no key goes anywhere: it is rejected where it stands. */
  private prepare(
    stream: StreamInForce,
    { value, format, headers }: CutRecord,
    traced: readonly HeaderEntry[],
    fallback: number,
  ): Prepared {
    const reading = readEvent(textOf(value), format);
    const key = reading.kind === 'event' ? keyOf(reading.event, stream.key) : undefined;
    const record: NewRecord = {
      topic: qualify(this.namespace, TOPICS.inbox(stream.name)),
      partition: key === undefined ? fallback : ownerOf(key, stream.partitions),
      key: key === undefined ? null : Buffer.from(key),
      value,
      headers: traced.length === 0 ? headers : [...headers, ...traced],
    };
    return {
      record,
      refusal: reading.kind === 'event' ? examine(stream, reading.event, key).fault : reading,
    };
  }
}
