import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import type { CompiledStream } from '#contracts';
import { createKafkaLog } from '#eventlog/kafka';
import { Refused } from '#kernel';
import { fetchDefinition } from '../definitions';
import { printJson, progress, withPlace, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { rowConverter } from '../produce/convert-row';
import { parsePacing } from '../produce/pacing';
import { readRows, type FileFormat } from '../produce/read-rows';
import { StreamWriter } from '../produce/stream-writer';

interface ProduceOptions extends GlobalOptions {
  readonly file: string;
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
    .requiredOption(
      '--file <path>',
      'CSV, newline-delimited JSON, Parquet or a table separated by white space; gzip allowed',
    )
    .option('--rate <n/s>', 'so many events a second')
    .option('--speed <factor>', 'as fast as the event times times a factor (60x), or max', undefined)
    .option('--map <column=field...>', 'columns that have another name than their field', collect, [])
    .option('--format <format>', 'csv, ndjson, parquet or table; by the ending otherwise')
    .option('--columns <a,b,c>', 'names of the columns of a file without a header')
    .option('--rows <n>', 'only the first n rows', Number)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead produce transactions --file payments.csv.gz --map TX_DATETIME=event_time --map TX_AMOUNT=amount --speed max',
    )
    .action(async (name: string, options: ProduceOptions) => {
      const pacing = parsePacing(options);
      const platform = await findPlatform(options.dataDir, process.env);
      const stream = await fetchDefinition<CompiledStream>(platform.url('registry'), 'Stream', name);
      const log = createKafkaLog({ brokers: platform.endpoints.kafka.brokers, clientId: 'playhead-produce' });
      const started = Date.now();
      let rows = 0;
      let said = started;
      try {
        const writer = await StreamWriter.open(log, platform.namespace, stream);
        const convert = rowConverter(stream, parseMap(options.map));
        const source = readRows({
          path: options.file,
          format: options.format,
          columns: options.columns?.split(','),
          limit: options.rows,
        });
        for await (const row of source) {
          const event = convert(row);
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
          stream: name,
          rows,
          ...counts,
          seconds,
          eventsPerSecond: Math.round(rows / seconds),
        };
        if (options.json) printJson(result);
        else
          console.log(
            `${rows} rows to ${name} in ${seconds.toFixed(1)} s (${result.eventsPerSecond} events/s); the schema refuses ${counts.rejected}`,
          );
      } finally {
        await log.close();
      }
    });
};

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
