import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CompiledStream } from '#contracts';
import type { EventLog } from '#eventlog';
import { Refused, timestampMs } from '#kernel';
import { fetchDefinition } from '../definitions';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { openPlatformPorts } from '../platform/platform-ports';
import { rowConverter } from '../produce/convert-row';
import {
  carriedBefore,
  checkCarries,
  generationName,
  mergeByTime,
  observationsByTime,
  type TimedEvent,
} from '../produce/generation';
import { parsePacing } from '../produce/pacing';
import { readRows, type FileFormat, type Row } from '../produce/read-rows';
import { StreamWriter } from '../produce/stream-writer';

interface ProduceOptions extends GlobalOptions {
  readonly file?: string;
  readonly generation?: number;
  readonly rate?: string;
  readonly speed?: string;
  readonly map: readonly string[];
  readonly format?: FileFormat;
  readonly columns?: string;
  readonly rows?: number;
}

const PROGRESS_EVERY_MS = 2_000;
const FLUSH_WHEN_WAITING_MS = 5;

export const addProduce = (program: Command): void => {
  withPlace(
    program
      .command('produce')
      .argument('<stream>')
      .description('stream a file into an inbox, as a producer would'),
  )
    .option(
      '--file <path>',
      'CSV, newline-delimited JSON, Parquet or a table separated by white space; gzip allowed',
    )
    .option('--rate <n/s>', 'so many events a second')
    .option('--speed <factor>', 'as fast as the event times times a factor (60x), or max', undefined)
    .option('--map <column=field...>', 'columns that have another name than their field', collect, [])
    .option('--format <format>', 'csv, ndjson, parquet or table; by the ending otherwise')
    .option('--columns <a,b,c>', 'names of the columns of a file without a header')
    .option('--rows <n>', 'only the first n rows of the file', Number)
    .option(
      '--generation <n>',
      'into the stream <stream>-g<n>: what the generation before it holds, and the rows of the file, by event time',
      Number,
    )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead produce transactions --file payments.csv.gz --map TX_DATETIME=event_time --map TX_AMOUNT=amount --speed max\n  ./playhead produce transactions --generation 2 --file older-payments.csv.gz',
    )
    .action(async (name: string, options: ProduceOptions) => {
      const pacing = parsePacing(options);
      if (options.file === undefined && options.generation === undefined)
        throw new Refused('PLAYHEAD_REQUEST_INVALID', 'say --file, the rows to stream');
      const platform = await findPlatform(options.dataDir, process.env);
      const { generation = 1 } = options;
      const target = generationName(name, generation);
      const definition = (of: string): Promise<CompiledStream> =>
        fetchDefinition<CompiledStream>(platform.url('registry'), 'Stream', of);
      const stream = await definition(target);
      const { log } = openPlatformPorts(platform, 'produce');
      const started = Date.now();
      let rows = 0;
      let said = started;
      try {
        const writer = await StreamWriter.open(log, platform.namespace, stream);
        const convert = rowConverter(stream, parseMap(options.map));
        const fromFile = options.file === undefined ? nothing() : eventsOf(options.file, options, convert);
        const source =
          generation === 1
            ? fromFile
            : carryOver(
                log,
                platform.namespace,
                await definition(generationName(name, generation - 1)),
                stream,
                fromFile,
              );
        for await (const event of source) {
          const waitMs = pacing.waitMs(Date.now() - started, rows, event[stream.time]);
          if (waitMs >= FLUSH_WHEN_WAITING_MS) {
            await writer.flush();
            await sleep(waitMs);
          }
          await writer.write(event);
          rows++;
          if (rows % 1_000 === 0 && Date.now() - said > PROGRESS_EVERY_MS) {
            said = Date.now();
            progress(`${rows} rows, ${Math.round((rows * 1_000) / (said - started))} events/s`);
          }
        }
        const counts = await writer.close();
        const seconds = (Date.now() - started) / 1_000;
        const result = {
          stream: target,
          rows,
          ...counts,
          seconds,
          eventsPerSecond: Math.round(rows / seconds),
        };
        if (options.json) printJson(result);
        else
          console.log(
            `${rows} rows to ${target} in ${seconds.toFixed(1)} s (${result.eventsPerSecond} events/s); ingestion refuses ${counts.rejected}`,
          );
      } finally {
        await log.close();
      }
    });
};

type Event = TimedEvent['event'];

async function* nothing(): AsyncGenerator<Event> {}

async function* eventsOf(
  path: string,
  { format, columns, rows: limit }: ProduceOptions,
  convert: (row: Row) => Event,
): AsyncGenerator<Event> {
  for await (const row of readRows({ path, format, columns: columns?.split(','), limit })) yield convert(row);
}

/** Both by event time; what an earlier run carried over is left out. */
async function* carryOver(
  log: EventLog,
  namespace: string,
  from: CompiledStream,
  to: CompiledStream,
  file: AsyncIterable<Event>,
): AsyncGenerator<Event> {
  checkCarries(from, to);
  const done = await carriedBefore(log, namespace, to);
  if (done > -Infinity) progress(`${to.name} holds all up to ${new Date(done).toISOString()}: goes on there`);
  const merged = mergeByTime([withTimes(file, to.time), observationsByTime(log, namespace, from)]);
  let skipped = 0;
  for await (const { time, event } of merged)
    if (time < done) skipped++;
    else yield event;
  if (skipped > 0)
    progress(
      `${skipped} events before that were not sent again; older history than ${to.name} began with needs a further generation`,
    );
}

/** An event without a time keeps its place behind the one before it: ingestion refuses it with its reason. */
async function* withTimes(events: AsyncIterable<Event>, field: string): AsyncGenerator<TimedEvent> {
  let newest = -Infinity;
  for await (const event of events) {
    const value = event[field];
    const time = typeof value === 'string' || typeof value === 'number' ? timestampMs(value) : Number.NaN;
    newest = Number.isNaN(time) ? newest : time;
    yield { time: newest, event };
  }
}

const collect = (value: string, before: readonly string[]): string[] => [...before, ...value.split(',')];

const parseMap = (pairs: readonly string[]): Map<string, string> =>
  new Map(
    pairs.map((pair) => {
      const [column, field, ...rest] = pair.split('=');
      if (!column || !field || rest.length > 0)
        throw new Refused('PLAYHEAD_REQUEST_INVALID', `--map is column=field, not "${pair}"`);
      return [column, field];
    }),
  );
