import { HEADERS, RecordRejected, TOPICS, decodeEvent, qualify } from '#contracts';
import { Refused, formatPosition, isPlatformError, parsePosition, type Position } from '#kernel';
import type { HeaderEntry } from '../port';
import type { EventLog, LogRecord, NewRecord } from '../port';
import { readRecords } from '../read';
import { headersBefore } from '../runner';
import { readLetter, type LetterTopic } from './letter';

/** A record that goes to its inbox again, or why it cannot. */
export type Redrive =
  { readonly record: NewRecord } | { readonly position: string; readonly refused: string };

/** Only ingestion reads an inbox; a later step has consumed its source, and running it again over the log is the repair (law L9). */
export const refuseLaterSteps = (from: LetterTopic): void => {
  if (from.kind === 'rejections' || from.service === 'ingestion') return;
  throw new Refused(
    'PLAYHEAD_CONFLICT',
    `a dead letter of ${from.service} cannot be driven again: what it was made from still stands on the log, so repair the code and replay the range (\`playhead replay\`)`,
  );
};

/**
 * The bytes of a dead letter or rejection as a new record of the inbox, in the partition where it stood, with the headers that it
 * had there. `ph_redriven_from` names the letter, so that ingestion lets it pass dedupe and lateness once.
 */
export const redriveOf = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  letter: LogRecord,
): Promise<Redrive> => {
  const position = formatPosition(letter.partition, letter.offset);
  const { origin, count } = readLetter(from, letter);
  if (count !== null)
    return {
      position,
      refused: `a batch of ${count} records that cannot be decoded: send its events again from their source`,
    };
  const place = inboxPlace(origin);
  if (!place) return { position, refused: `it does not say where it stood: ${origin}` };
  const topic = qualify(namespace, place.topic);
  const partitions = await log.partitionCount(topic);
  if (partitions === undefined || place.at.partition >= partitions)
    return { position, refused: `${place.topic} has no partition ${place.at.partition}` };
  const { value, key, headers } =
    from.kind === 'rejections'
      ? await beforeRejection(log, topic, place.at, letter)
      : { ...letter, headers: headersBefore(letter.headers) };
  const redriven: HeaderEntry = [HEADERS.redrivenFrom, Buffer.from(`${from.topic}/${position}`)];
  return {
    record: {
      topic,
      partition: place.at.partition,
      key,
      value,
      headers: [...headers.filter(([name]) => !OURS.includes(name)), redriven],
    },
  };
};

/** What ingestion would check against the log: true of the earlier record, not of this one. */
const OURS: readonly string[] = [HEADERS.movedFrom, HEADERS.redrivenFrom];

const inboxPlace = (origin: string): { readonly topic: string; readonly at: Position } | undefined => {
  const match = /^(.+):(\d+-\d+)$/.exec(origin);
  return match && match[1]!.startsWith(TOPICS.inbox(''))
    ? { topic: match[1]!, at: parsePosition(match[2]!) }
    : undefined;
};

type Before = Pick<NewRecord, 'value' | 'key' | 'headers'>;

/** A rejection holds the bytes; the headers still stand in the inbox, as long as that keeps them. */
const beforeRejection = async (
  log: EventLog,
  inbox: string,
  at: Position,
  rejection: LogRecord,
): Promise<Before> => {
  const value = Buffer.from(decodeEvent(RecordRejected, rejection.value).raw, 'base64');
  const source = await recordAt(log, inbox, at);
  const headers = source?.value?.equals(value) ? source.headers.entries() : [];
  return { value, key: rejection.key, headers };
};

/** The record at a position; nothing where retention has cut it off or it does not exist. */
export const recordAt = async (
  log: EventLog,
  topic: string,
  { partition, offset }: Pick<Position, 'partition' | 'offset'>,
): Promise<LogRecord | undefined> => {
  const ends = (await log.ends(topic))[partition];
  if (!ends || offset < ends.start || offset >= ends.end) return undefined;
  try {
    for await (const record of readRecords(log, topic, partition, offset, offset + 1)) return record;
  } catch (error) {
    if (!isPlatformError(error) || error.code !== 'PLAYHEAD_LOG_HOLE') throw error;
  }
  return undefined;
};
