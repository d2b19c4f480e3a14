import { once } from 'node:events';
import { Option, type Command } from 'commander';
import { atLeastOne } from '../arguments';
import { entryDocument, entryLine } from '../log/entries';
import { tailTopic } from '../log/tail-topic';
import { findTopic } from '../log/topic-name';
import { printJson, withPlace, type GlobalOptions } from '../options';
import { withPlatformPorts } from '../platform/platform-ports';

interface TailCommandOptions extends GlobalOptions {
  readonly from?: 'beginning' | 'now';
  readonly limit?: number;
  readonly follow: boolean;
}

const NEWEST = 10;

export const addTail = (program: Command): void => {
  withPlace(
    program
      .command('tail')
      .argument('<topic>', 'a topic below the namespace, or a stream (its observations)')
      .description('records of a topic: position, time, key, type, value'),
  )
    .addOption(
      new Option('--from <where>', `where to begin; the newest ${NEWEST} by default`).choices([
        'beginning',
        'now',
      ]),
    )
    .option('--limit <n>', 'at most so many records', atLeastOne)
    .option('--follow', 'go on as the topic grows, until Ctrl-C; `--from now` does so always', false)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead tail transactions --follow\n  ./playhead tail serving.predictions.fraud --from beginning --limit 100\nWith --json each record is a line, and the last line sums up.',
    )
    .action(async (name: string, options: TailCommandOptions) => {
      const { from = 'end', json } = options;
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      await withPlatformPorts({ dataDir: options.dataDir, client: 'tail' }, async ({ log, namespace }) => {
        const topic = await findTopic(log, namespace, name);
        let records = 0;
        const limit = options.limit ?? (from === 'end' ? NEWEST : Infinity);
        for await (const entry of tailTopic(log, topic, {
          from,
          limit,
          follow: options.follow || from === 'now',
          signal: stop.signal,
        })) {
          records++;
          await writeLine(json ? JSON.stringify(entryDocument(entry)) : entryLine(entry));
        }
        if (json) printJson({ topic, records });
      });
    });
};

/** Waits where the reader is slower than the log. */
const writeLine = async (line: string): Promise<void> => {
  if (!process.stdout.write(`${line}\n`)) await once(process.stdout, 'drain');
};
