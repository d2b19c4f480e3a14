import { Option, type Command } from 'commander';
import { Refused, timestampMs } from '#kernel';
import { renderReport } from '../demo/report';
import { runScenario, scenarioNamed } from '../demo/run-scenario';
import { SCENARIOS } from '../demo/scenarios';
import { printJson, progress, withPlace, portBase, type GlobalOptions } from '../options';
import { openPlatformPorts } from '../platform/platform-ports';
import { startPlatform, stopPlatform } from '../platform/platform';

interface DemoOptions extends GlobalOptions {
  readonly rows?: number;
  readonly data?: string;
  readonly trainAt?: string;
  readonly keep: boolean;
}

export const addDemo = (program: Command): void => {
  withPlace(
    program
      .command('demo')
      .argument('<scenario>', SCENARIOS.map(({ name }) => name).join(', '))
      .description(
        'a whole life of a model on your machine: stream, train, serve, drift, train again, report',
      ),
  )
    .addOption(new Option('--namespace <name>', 'prefix of topics; a new one for each demo by default'))
    .option('--port-base <n>', 'service i listens on n + i; 0 takes free ports', portBase, 0)
    .option('--rows <n>', 'so many events to predict (see below for the default), or of --data', Number)
    .option('--data <file>', 'real data instead of simulated: a file that the scenario knows (see below)')
    .option('--train-at <time>', 'event time (RFC 3339) at which the first training begins')
    .option('--keep', 'leave everything running', false)
    .addHelpText('after', helpOfScenarios())
    .action(async (name: string, options: DemoOptions) => {
      const scenario = scenarioNamed(SCENARIOS, name);
      const plan = await scenario.open({
        rows: rowsOf(options),
        data: options.data,
        trainAt: trainAtOf(options),
        say: progress,
      });
      const namespace = options.namespace ?? `demo-${name}-${Date.now().toString(36)}`;
      const env = { ...plan.environment, ...process.env };
      const platform = await startPlatform({ ...options, namespace, env, progress });
      const { log, artifacts } = openPlatformPorts(platform, 'demo');
      try {
        const result = await runScenario({ scenario, plan, platform, log, artifacts, say: progress });
        if (options.json) printJson(result);
        else
          console.log(
            renderReport(result, {
              console: `${platform.url('monitoring')}/`,
              keep: options.keep,
              dataDir: options.dataDir,
            }),
          );
        process.exitCode = result.ok ? 0 : 1;
      } finally {
        await log.close();
        if (!options.keep) await stopPlatform(options.dataDir, { progress });
      }
    });
};

const helpOfScenarios = (): string =>
  [
    '',
    'Scenarios (a page for each: examples/<name>/README.md):',
    ...SCENARIOS.flatMap(({ name, about, rows, data, examples }) => [
      `  ${name}: ${about} ${rows.toLocaleString('en-US')} rows by default. --data: ${data}.`,
      ...examples.map((example) => `    ${example}`),
    ]),
    '',
    `Example:\n  ${SCENARIOS[0]!.examples[0]!}`,
  ].join('\n');

const rowsOf = ({ rows }: DemoOptions): number | undefined => {
  if (rows !== undefined && (!Number.isInteger(rows) || rows < 1))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', '--rows must be a whole number above 0');
  return rows;
};

const trainAtOf = ({ trainAt }: DemoOptions): number | undefined => {
  if (trainAt === undefined) return undefined;
  const time = timestampMs(trainAt);
  if (Number.isNaN(time))
    throw new Refused(
      'PLAYHEAD_REQUEST_INVALID',
      `--train-at "${trainAt}" is not a time; write for example 2018-05-06T00:00:00Z`,
    );
  return time;
};
