import type { Command } from 'commander';
import { unqualify } from '#contracts';
import {
  letterAt,
  letterTopicOf,
  listLetters,
  rawOf,
  readLetter,
  redriveLetters,
  refuseLaterSteps,
  type EventLog,
  type ListedLetter,
} from '#eventlog';
import { atLeastOne } from '../arguments';
import { valueText } from '../log/entries';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { withPlatformPorts } from '../platform/platform-ports';
import { plural, printable, table } from '../view/text';

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
      await withLog(options, async (log, namespace) => {
        const letters = await listLetters(log, namespace, {
          source,
          code: options.code,
          limit: options.limit,
        });
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
        const raw = rawOf(from, record);
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
          const { appended, refused } = await redriveLetters(log, namespace, from, { positions, ...options });
          for (const { position, refused: reason } of refused) progress(`${position} is left out: ${reason}`);
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

const letterTable = (letters: readonly ListedLetter[]): string =>
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
