import type { Command } from 'commander';
import { qualify, unqualify } from '#contracts';
import type { AppendedPosition, EventLog, LogRecord, NewRecord } from '#eventlog';
import { Refused, parsePosition } from '#kernel';
import { atLeastOne } from '../arguments';
import { letterTopicOf, readLetter, type DeadLetter, type LetterTopic } from '../log/dead-letters';
import { valueText } from '../log/entries';
import { recordAt, redriveOf, refuseLaterSteps } from '../log/redrive';
import { newestEntries } from '../log/tail-topic';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { withPlatformPorts } from '../platform/platform-ports';
import { plural, printable, table } from '../view/text';

const AT_A_TIME = 16;
const SOURCE = 'a service, or ingestion.rejections.<stream>';

export const addDlq = (program: Command): void => {
  const dlq = program
    .command('dlq')
    .description('records that were not taken: dead letters of every service, rejections of every stream');
  dlq.addHelpText(
    'after',
    '\nExample:\n  ./playhead dlq list\n  ./playhead dlq show ingestion 0-3\n  ./playhead dlq redrive ingestion.rejections.transactions --code TOO_LATE',
  );
  addList(dlq);
  addShow(dlq);
  addRedrive(dlq);
};

const addList = (dlq: Command): void => {
  withPlace(
    dlq
      .command('list')
      .argument('[source]', SOURCE)
      .description('dead letters with code, reason, origin and attempts; of all services by default'),
  )
    .option('--code <code>', 'only with this code')
    .option('--limit <n>', 'look at the newest n of each topic', atLeastOne, 100)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead dlq list\n  ./playhead dlq list ingestion.rejections.transactions --code OUT_OF_RANGE',
    )
    .action(async (source: string | undefined, options: GlobalOptions & { code?: string; limit: number }) => {
      const from = source === undefined ? undefined : letterTopicOf(source);
      await withLog(options, async (log, namespace) => {
        const topics = from ? [from] : await deadLetterTopics(log, namespace);
        const lists = await Promise.all(
          topics.map(async (of) =>
            (await lettersIn(log, namespace, of, options.limit)).map((record) => ({
              topic: of.topic,
              ...readLetter(of, record),
            })),
          ),
        );
        const letters = lists
          .flat()
          .filter(({ code }) => options.code === undefined || code === options.code);
        if (options.json) printJson({ letters });
        else if (letters.length > 0) console.log(letterTable(letters));
        else console.log('no dead letters (rejections: playhead dlq list ingestion.rejections.<stream>)');
      });
    });
};

const addShow = (dlq: Command): void => {
  withPlace(
    dlq
      .command('show')
      .argument('<source>', SOURCE)
      .argument('<position>', 'partition-offset, for example 0-3')
      .description('headers and raw value of one, safe to look at'),
  )
    .addHelpText('after', '\nExample:\n  ./playhead dlq show ingestion 0-3')
    .action(async (source: string, position: string, options: GlobalOptions) => {
      const from = letterTopicOf(source);
      await withLog(options, async (log, namespace) => {
        const record = await letterAt(log, namespace, from, position);
        const headers = record.headers
          .entries()
          .map(([name, value]) => ({ name: printable(name), value: valueText(value) }));
        const raw = from.kind === 'rejections' ? rawOf(record) : record.value;
        if (options.json)
          return printJson({
            topic: from.topic,
            ...readLetter(from, record),
            headers,
            key: record.key?.toString('base64') ?? null,
            raw: raw?.toString('base64') ?? null,
          });
        console.log(headers.map(({ name, value }) => `${name}: ${value}`).join('\n'));
        if (from.kind === 'rejections') console.log(`\nrejection: ${valueText(record.value)}`);
        console.log(
          `\nkey: ${valueText(record.key)}\nvalue, ${plural(raw?.length ?? 0, 'byte')}:\n${valueText(raw)}`,
        );
      });
    });
};

const addRedrive = (dlq: Command): void => {
  withPlace(
    dlq
      .command('redrive')
      .argument('<source>', 'ingestion, or ingestion.rejections.<stream>')
      .argument('[positions...]', 'partition-offset, for example 0-3'),
  )
    .description(
      "append ingestion's dead letters or rejections to their inbox again; they pass dedupe and lateness once",
    )
    .option('--all', 'all of them but duplicates', false)
    .option('--code <code>', 'all with this code')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead dlq redrive ingestion 0-3\n  ./playhead dlq redrive ingestion.rejections.transactions --code TOO_LATE',
    )
    .action(
      async (
        source: string,
        positions: readonly string[],
        options: GlobalOptions & { all: boolean; code?: string },
      ) => {
        const from = letterTopicOf(source);
        refuseLaterSteps(from);
        await withLog(options, async (log, namespace) => {
          const letters =
            positions.length > 0
              ? await Promise.all(positions.map((position) => letterAt(log, namespace, from, position)))
              : await chosen(log, namespace, from, options);
          const redrives = await inGroups(letters, (letter) => redriveOf(log, namespace, from, letter));
          const records = redrives.flatMap((redrive) => ('record' in redrive ? [redrive.record] : []));
          const refused = redrives.flatMap((redrive) => ('record' in redrive ? [] : [redrive]));
          for (const { position, refused: reason } of refused) progress(`${position} is left out: ${reason}`);
          const appended = await append(log, records);
          if (refused.length > 0) process.exitCode = 1;
          if (options.json)
            printJson({
              topic: from.topic,
              redriven: appended.length,
              positions: appended.map(({ topic, ...at }) => ({ topic: unqualify(namespace, topic), ...at })),
              refused,
            });
          else
            console.log(
              `${plural(appended.length, 'record')} appended to the inbox again; \`./playhead dlq list\` shows those that fail again`,
            );
        });
      },
    );
};

const withLog = (
  { dataDir }: GlobalOptions,
  work: (log: EventLog, namespace: string) => Promise<void>,
): Promise<void> =>
  withPlatformPorts({ dataDir, client: 'dlq' }, ({ log, namespace }) => work(log, namespace));

const deadLetterTopics = async (log: EventLog, namespace: string): Promise<LetterTopic[]> =>
  (await log.listTopics(`${namespace}.`))
    .filter((topic) => topic.endsWith('.dead-letters'))
    .map((topic) => letterTopicOf(unqualify(namespace, topic)));

/** Readable records, oldest first; none where the topic does not exist yet. */
const lettersIn = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  limit: number,
): Promise<readonly LogRecord[]> => {
  const topic = qualify(namespace, from.topic);
  if ((await log.partitionCount(topic)) === undefined) return [];
  return (await newestEntries(log, topic, limit)).filter((entry): entry is LogRecord => 'headers' in entry);
};

const letterAt = async (
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

/** A duplicate is driven again only by name: it would stand in the observations twice. */
const chosen = async (
  log: EventLog,
  namespace: string,
  from: LetterTopic,
  { all, code }: { all: boolean; code?: string },
): Promise<readonly LogRecord[]> => {
  if (!all && code === undefined)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say which: positions such as 0-3, --code CODE, or --all');
  const letters = await lettersIn(log, namespace, from, Infinity);
  return letters.filter((record) => {
    const { code: its } = readLetter(from, record);
    return code === undefined ? its !== 'DUPLICATE' : its === code;
  });
};

/** Each looks at the log by itself: a few at a time, in their order. */
const inGroups = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(at, at + AT_A_TIME).map(work))));
  return results;
};

const append = async (log: EventLog, records: readonly NewRecord[]): Promise<readonly AppendedPosition[]> => {
  if (records.length === 0) return [];
  const producer = log.producer();
  try {
    return await producer.send(records);
  } finally {
    await producer.close();
  }
};

const rawOf = ({ value }: LogRecord): Buffer =>
  Buffer.from((JSON.parse(String(value)) as { raw: string }).raw, 'base64');

const letterTable = (letters: readonly ({ readonly topic: string } & DeadLetter)[]): string =>
  table(
    ['topic', 'position', 'code', 'attempts', 'first failed', 'origin', 'reason'],
    letters.map(({ topic, position, code, attempts, firstFailed, origin, reason, count }) => [
      topic,
      position,
      code,
      attempts,
      firstFailed,
      origin,
      `${reason}${count === null ? '' : ` (${count} records)`}`,
    ]),
  );
