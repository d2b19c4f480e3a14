import { HEADERS, TOPICS, qualify } from '#contracts';
import type { HeaderEntry, NewRecord } from '#eventlog';
import { examine, keyOf, ownerOf } from '../domain/decide';
import { readEvent } from '../domain/read-event';
import type { StreamInForce } from '../domain/streams';
import { textOf } from '../handlers/inbox-record';
import { cutBody, type CutRecord, type RequestHeaders } from './cut-body';
import type { InboxAppender } from './inbox-appender';

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

const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/**
 * Takes a body into the inbox: every record that can be cut out of it, valid or not, with its own bytes. The answer comes when they
 * are durable, and says what the schema will refuse; lateness and duplicates are judged later, in the order of the log.
 */
export class Intake {
  private turn = 0;

  constructor(
    private readonly namespace: string,
    private readonly appender: InboxAppender,
  ) {}

  async take(stream: StreamInForce, body: Buffer, headers: RequestHeaders): Promise<IntakeAnswer> {
    const trace = headers['traceparent'];
    const traced: readonly HeaderEntry[] =
      typeof trace === 'string' && TRACEPARENT.test(trace) ? [[HEADERS.traceparent, Buffer.from(trace)]] : [];
    const fallback = this.turn++ % stream.partitions;
    const prepared = cutBody(body, headers).map((cut) => this.prepare(stream, cut, traced, fallback));
    const positions = await this.appender.append(prepared.map(({ record }) => record));
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
