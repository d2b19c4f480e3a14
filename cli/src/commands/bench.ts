import { closeSync, openSync, writeFileSync } from 'node:fs';
import { Refused, messageOf } from '#kernel';
import type { Command } from 'commander';
import { SCENARIOS } from '../../../bench/src/scenarios';
import { Releases, runBench, type BenchReport } from '../../../bench/src/run-bench';
import { compareWithBaselines, readBaselines } from '../../../bench/src/report/baselines';
import { renderMarkdown, renderTable, type Table } from '../../../bench/src/report/table';
import { printJson, progress } from '../options';

interface Options {
  readonly rows?: number;
  readonly repeats?: number;
  readonly out?: string;
  readonly check: boolean;
  readonly withoutPeers: boolean;
  readonly quick: boolean;
  readonly markdown: boolean;
  readonly keep: boolean;
  readonly json: boolean;
}

const wholeNumber = (text: string): number => {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1)
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `"${text}" is not a whole number above 0`);
  return number;
};

const sizeOf = ({ rows, repeats }: (typeof SCENARIOS)[number]['defaults']): string =>
  rows === 0 ? '' : ` (${rows} rows, ${repeats === 1 ? 'once' : `${repeats} times`})`;

const table = SCENARIOS.map(
  ({ name, measures, defaults }) => `  ${name.padEnd(14)} ${measures}${sizeOf(defaults)}`,
).join('\n');

export const addBench = (program: Command): void => {
  program
    .command('bench')
    .argument('<scenario...>', SCENARIOS.map(({ name }) => name).join(', '))
    .description('measure the platform on this machine, beside other programs that do the same work')
    .option('--rows <n>', 'so many events in each repeat', wholeNumber)
    .option('--repeats <n>', 'so many times, each on a further stretch of the stream', wholeNumber)
    .option('--out <file>', 'writes all figures as JSON')
    .option('--check', 'compare with bench/baselines.json; exit code 1 when something is worse', false)
    .option('--without-peers', 'measures nothing beside the platform', false)
    .option('--quick', 'serving: few seconds for each measurement, once', false)
    .option('--markdown', 'tables in Markdown', false)
    .option('--keep', 'leave stores and data; services are stopped, `up` starts them again', false)
    .option('--json', 'one JSON object as the last line of standard output, for programs', false)
    .addHelpText(
      'after',
      `\nScenarios:\n${table}\n\nExample:\n  ./playhead bench pipeline --rows 100000 --without-peers\n  ./playhead bench pipeline services latency --out figures.json`,
    )
    .action(async (names: string[], options: Options) => {
      const scenarios = names.map((name) => {
        const scenario = SCENARIOS.find((known) => known.name === name);
        if (!scenario)
          throw new Refused(
            'PLAYHEAD_REQUEST_INVALID',
            `there is no scenario ${name}; there are ${SCENARIOS.map((known) => known.name).join(', ')}`,
          );
        return scenario;
      });
      if (options.out !== undefined) checkWritable(options.out);
      const report = await stoppingAll((releases) =>
        runBench(
          {
            scenarios,
            ...options,
            isQuick: options.quick,
            env: process.env,
            say: progress,
            found: (_, { tables }) => console.log(`\n${tables.map(rendered(options)).join('\n\n')}\n`),
          },
          releases,
        ),
      );
      if (options.out !== undefined) writeFileSync(options.out, `${JSON.stringify(report, null, 2)}\n`);
      if (options.check) process.exitCode = check(report) ? 0 : 1;
      if (options.json) printJson(report);
    });
};

const rendered =
  ({ markdown }: Options) =>
  (table: Table): string =>
    markdown ? `**${table.title}**\n\n${renderMarkdown(table)}` : renderTable(table);

/** A run of minutes is not to end at a file that cannot be written. */
const checkWritable = (file: string): void => {
  try {
    closeSync(openSync(file, 'a'));
  } catch (cause) {
    throw new Refused('PLAYHEAD_REQUEST_INVALID', `--out ${file} cannot be written: ${messageOf(cause)}`, {
      cause,
    });
  }
};

/** Says what is worse than on this lane of machines before; false when anything is. */
const check = ({ machine, scenarios }: BenchReport): boolean => {
  const lane = readBaselines()[machine.lane];
  if (!lane) {
    progress(`!! NOT COMPARED: bench/baselines.json has nothing for ${machine.lane}`);
    return true;
  }
  const figures = Object.entries(scenarios).flatMap(([scenario, found]) =>
    Object.entries(found.figures).map(([name, value]) => [`${scenario}.${name}`, value] as const),
  );
  const compared = compareWithBaselines(Object.fromEntries(figures), lane);
  if (compared.length === 0) progress('!! NOT COMPARED: none of these figures has a baseline');
  const rows = compared.map(({ figure, value, baseline, limit, isWorse }) => [
    figure,
    value,
    baseline,
    limit,
    isWorse ? 'WORSE' : 'holds',
  ]);
  const columns = ['figure', 'now', 'baseline', 'limit', ''];
  console.log(`${renderTable({ title: `beside the baselines of ${machine.lane}`, columns, rows })}\n`);
  return compared.every(({ isWorse }) => !isWorse);
};

/** Stops what was started when the work ends, fails or is interrupted. */
const stoppingAll = async (work: (releases: Releases) => Promise<BenchReport>): Promise<BenchReport> => {
  const releases = new Releases();
  let isInterrupted = false;
  const interrupted = (signal: NodeJS.Signals): void => {
    isInterrupted = true;
    progress(`${signal}: stopping what was started`);
    void releases
      .all()
      .catch((error: unknown) => progress(String(error)))
      .finally(() => process.exit(signal === 'SIGINT' ? 130 : 143));
  };
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.once(signal, interrupted);
  try {
    return await work(releases);
  } finally {
    // What fails because everything is being stopped is no news: the signal says how this ends.
    if (isInterrupted) await new Promise(() => undefined);
    await releases.all();
    for (const signal of signals) process.off(signal, interrupted);
  }
};
