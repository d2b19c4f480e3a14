import { EnvelopeTemplate, HEADERS } from '#contracts';
import { formatPosition } from '#kernel';
import type { HeaderEntry, LogRecord, RecordHeaders, UnreadableChunk, NewHeader } from '../port';
import { checksumOf } from '../checksum';
import type { Output } from './fold';

export const DEAD_LETTER_TYPE = 'platform.record.dead-lettered';

export interface DeadLetterFacts {
  readonly topic: string;
  readonly handler: string;
  /** Source topic below the namespace. */
  readonly source: string;
  readonly code: string;
  readonly reason: string;
  readonly attempts: number;
  readonly firstFailed: number;
  readonly controlHeader: HeaderEntry;
}

const ownHeaders = (facts: DeadLetterFacts, id: string, time: number, origin: string): NewHeader[] => [
  ...new EnvelopeTemplate({
    type: DEAD_LETTER_TYPE,
    source: facts.source,
    contentType: 'application/octet-stream',
  }).headers(id, new Date(time).toISOString()),
  facts.controlHeader,
  [HEADERS.origin, origin],
  [HEADERS.code, facts.code],
  [HEADERS.reason, facts.reason.slice(0, 2_000)],
  [HEADERS.attempts, String(facts.attempts)],
  [HEADERS.firstFailed, new Date(facts.firstFailed).toISOString()],
  [HEADERS.handler, facts.handler],
];

/** Raw key and value; the original headers first and ours behind them, so that a look-up by name finds ours. */
export const deadLetterOf = (record: LogRecord, facts: DeadLetterFacts): Output => ({
  topic: facts.topic,
  partition: 0,
  key: record.key,
  value: record.value,
  headers: [
    ...record.headers.entries(),
    ...ownHeaders(
      facts,
      formatPosition(record.partition, record.offset),
      record.timestamp,
      `${facts.source}:${record.partition}-${record.offset}`,
    ),
    [HEADERS.sourceCrc, checksumOf(record.value)],
  ],
  source: record.offset,
  k: 0,
});

/** The headers that the record had before it became a dead letter: ours begin with the last `ce_specversion`. */
export const headersBefore = (deadLetter: RecordHeaders): readonly HeaderEntry[] => {
  const entries = deadLetter.entries();
  return entries.slice(
    0,
    Math.max(
      0,
      entries.findLastIndex(([name]) => name === HEADERS.specversion),
    ),
  );
};

/** One dead letter for a batch that cannot be decoded: it names the first and last offset and counts the records (`ph_count`). */
export const deadLetterOfBatch = (chunk: UnreadableChunk, facts: DeadLetterFacts): Output => ({
  topic: facts.topic,
  partition: 0,
  key: null,
  value: chunk.raw,
  headers: [
    ...ownHeaders(
      facts,
      formatPosition(chunk.partition, chunk.firstOffset),
      chunk.timestamp,
      `${facts.source}:${chunk.partition}-${chunk.firstOffset}..${chunk.lastOffset}`,
    ),
    [HEADERS.count, Buffer.from(String(chunk.count))],
  ],
  source: chunk.firstOffset,
  k: 0,
});
