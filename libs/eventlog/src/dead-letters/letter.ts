import { HEADERS, RecordRejected, TOPICS, decodeEvent } from '#contracts';
import type { LogRecord } from '../port';
import { Refused, formatPosition } from '#kernel';

/** What a record that was not taken says of itself. */
export interface DeadLetter {
  readonly position: string;
  readonly code: string;
  readonly reason: string;
  /** Where it stood: `<topic>:<partition>-<offset>`, of a batch with its last offset behind it. */
  readonly origin: string;
  /** Null of a rejection, which is decided once. */
  readonly attempts: number | null;
  readonly firstFailed: string | null;
  readonly handler: string | null;
  /** Of a batch that could not be decoded: the records that it holds. */
  readonly count: number | null;
}

/** A topic of records that were not taken. */
export type LetterTopic =
  | {
      readonly kind: 'dead letters';
      readonly service: string;
      /** Below the namespace. */ readonly topic: string;
    }
  | { readonly kind: 'rejections'; readonly stream: string; readonly topic: string };

const SERVICES = ['ingestion', 'feature', 'training', 'registry', 'serving', 'monitoring'];
const REJECTIONS = TOPICS.rejections('');
const DEAD_LETTERS = TOPICS.deadLetters('');

/** `feature` are its dead letters, `ingestion.rejections.transactions` what was rejected of a stream. */
export const letterTopicOf = (name: string): LetterTopic => {
  const service = name.endsWith(DEAD_LETTERS) ? name.slice(0, -DEAD_LETTERS.length) : name;
  if (SERVICES.includes(service))
    return { kind: 'dead letters', service, topic: TOPICS.deadLetters(service) };
  const stream = name.startsWith(REJECTIONS) ? name.slice(REJECTIONS.length) : '';
  if (stream !== '') return { kind: 'rejections', stream, topic: name };
  throw new Refused(
    'PLAYHEAD_REQUEST_INVALID',
    `"${name}" is neither a service (${SERVICES.join(', ')}) nor ${REJECTIONS}<stream>`,
  );
};

export const readLetter = (from: LetterTopic, record: LogRecord): DeadLetter =>
  from.kind === 'rejections' ? readRejection(from.stream, record) : readDeadLetter(record);

const readDeadLetter = ({ headers, partition, offset }: LogRecord): DeadLetter => {
  const number = (name: string): number | null =>
    headers.get(name) === undefined ? null : Number(headers.text(name));
  return {
    position: formatPosition(partition, offset),
    code: headers.text(HEADERS.code) ?? '-',
    reason: headers.text(HEADERS.reason) ?? '-',
    origin: headers.text(HEADERS.origin) ?? '-',
    attempts: number(HEADERS.attempts),
    firstFailed: headers.text(HEADERS.firstFailed) ?? null,
    handler: headers.text(HEADERS.handler) ?? null,
    count: number(HEADERS.count),
  };
};

const readRejection = (stream: string, record: LogRecord): DeadLetter => {
  const { code, message, origin } = decodeEvent(RecordRejected, record.value);
  return {
    position: formatPosition(record.partition, record.offset),
    code,
    reason: message,
    origin: `${TOPICS.inbox(stream)}:${origin}`,
    attempts: null,
    firstFailed: record.headers.text(HEADERS.time) ?? null,
    handler: null,
    count: null,
  };
};
