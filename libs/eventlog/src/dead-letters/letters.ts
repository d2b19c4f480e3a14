import { qualify, unqualify } from '#contracts';
import { Refused, parsePosition } from '#kernel';
import { isUnreadable, newestEntries } from '../entries';
import type { AppendedPosition, EventLog, LogRecord } from '../port';
import { letterTopicOf, readLetter, type DeadLetter, type LetterTopic } from './letter';
import { recordAt, redriveOf, refuseLaterSteps, type Redrive } from './redrive';

/** Topics of dead letters that there are; rejections of a stream are asked for by name. */
export const deadLetterTopics = async (log: EventLog, namespace: string): Promise<LetterTopic[]> =>
  (await log.listTopics(`${namespace}.`))
    .filter((topic) => topic.endsWith('.dead-letters'))
    .map((topic) => letterTopicOf(unqualify(namespace, topic)));

/** Readable records among the newest `limit`, oldest first; none where the topic does not exist yet. */
export const lettersIn = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  limit: number,
): Promise<readonly LogRecord[]> => {
  const topic = qualify(namespace, from.topic);
  if ((await log.partitionCount(topic)) === undefined) return [];
  const entries = await newestEntries(log, topic, limit, await log.ends(topic));
  return entries.filter((entry): entry is LogRecord => !isUnreadable(entry));
};

export interface LetterQuery {
  /** All topics of dead letters where none is named. */
  readonly source?: string;
  readonly code?: string;
  /** Looked at, of each topic. */
  readonly limit: number;
}

export type ListedLetter = { readonly topic: string } & DeadLetter;

/** The newest letters, by topic, oldest first. */
export const listLetters = async (
  log: EventLog,
  namespace: string,
  { source, code, limit }: LetterQuery,
): Promise<ListedLetter[]> => {
  const topics = source === undefined ? await deadLetterTopics(log, namespace) : [letterTopicOf(source)];
  const lists = await Promise.all(
    topics.map(async (from) =>
      (await lettersIn(log, namespace, from, limit)).map((record) => ({
        topic: from.topic,
        ...readLetter(from, record),
      })),
    ),
  );
  return lists.flat().filter((letter) => code === undefined || letter.code === code);
};

/** @throws Refused PLAYHEAD_NOT_FOUND when nothing stands there. */
export const letterAt = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  position: string,
): Promise<LogRecord> => {
  const at = parsePosition(position);
  const topic = qualify(namespace, from.topic);
  const record = (await log.partitionCount(topic)) === undefined ? undefined : await recordAt(log, topic, at);
  if (!record)
    throw new Refused(
      'PLAYHEAD_NOT_FOUND',
      `${from.topic} has nothing at ${position}; \`./playhead dlq list ${from.topic}\` lists what it has`,
    );
  return record;
};

/** The bytes that were not taken: of a rejection those that it holds. */
export const rawOf = (from: LetterTopic, { value }: LogRecord): Buffer | null =>
  from.kind === 'rejections'
    ? Buffer.from((JSON.parse(String(value)) as { raw: string }).raw, 'base64')
    : value;

/** Which letters of a topic: by position, all with a code, or all but duplicates. */
export interface LetterChoice {
  readonly positions?: readonly string[];
  readonly code?: string;
  readonly all?: boolean;
}

export interface Redriven {
  readonly appended: readonly AppendedPosition[];
  readonly refused: readonly Extract<Redrive, { readonly refused: string }>[];
}

/**
 * Appends the chosen letters to their inbox again.
 * @throws Refused for those of a service behind ingestion, and for a choice of none.
 */
export const redriveLetters = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  choice: LetterChoice,
): Promise<Redriven> => {
  refuseLaterSteps(from);
  const letters = await chosen(log, namespace, from, choice);
  const redrives = await inGroups(letters, (letter) => redriveOf(log, namespace, from, letter));
  const records = redrives.flatMap((redrive) => ('record' in redrive ? [redrive.record] : []));
  const refused = redrives.flatMap((redrive) => ('record' in redrive ? [] : [redrive]));
  if (records.length === 0) return { appended: [], refused };
  const producer = log.producer();
  try {
    return { appended: await producer.send(records), refused };
  } finally {
    await producer.close();
  }
};

/** A duplicate is driven again only by name: it would stand in the observations twice. */
const chosen = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  { positions = [], code, all = false }: LetterChoice,
): Promise<readonly LogRecord[]> => {
  if (positions.length > 0)
    return inGroups([...new Set(positions)], (position) => letterAt(log, namespace, from, position));
  if (!all && code === undefined)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say which: positions such as 0-3, a code, or all');
  const letters = await lettersIn(log, namespace, from, Infinity);
  return letters.filter((record) => {
    const { code: its } = readLetter(from, record);
    return code === undefined ? its !== 'DUPLICATE' : its === code;
  });
};

const AT_A_TIME = 16;

/** Each looks at the log by itself: a few at a time, in their order. */
const inGroups = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(at, at + AT_A_TIME).map(work))));
  return results;
};
