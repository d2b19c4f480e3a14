import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { createKafkaLog } from '#eventlog/kafka';
import { Refused, timestampMs } from '#kernel';
import { ControlPlane } from '../demo/control-plane';
import { runFraudDemo } from '../demo/fraud-demo';
import { fraudFromFile, simulatedFraud, type FraudSource } from '../demo/fraud-source';
import { renderReport } from '../demo/report';
import { printJson, progress, withPlace, portBase, type GlobalOptions } from '../options';
import { startPlatform, stopPlatform } from '../platform/platform';

interface DemoOptions extends GlobalOptions {
  readonly rows?: number;
  readonly data?: string;
  readonly trainAt?: string;
  readonly keep: boolean;
}

const DEFAULT_ROWS = 60_000;
/** Training begins when the stream has covered this share of its event time. */
const TRAIN_AFTER = 0.85;

const DEFINITIONS = resolve(__dirname, '..', '..', '..', '..', 'examples', 'fraud', 'playhead.yaml');

export const addDemo = (program: Command): void => {
  withPlace(
    program
      .command('demo')
      .argument('<scenario>', 'fraud')
      .description('a whole life of a model on your machine: stream, train, deploy, stream on, report'),
  )
    .addOption(new Option('--namespace <name>', 'prefix of topics; a new one for each demo by default'))
    .option('--port-base <n>', 'service i listens on n + i; 0 takes free ports', portBase, 0)
    .option('--rows <n>', `so many payments (default ${DEFAULT_ROWS}, or all of --data)`, Number)
    .option(
      '--data <file>',
      "the Fraud Detection Handbook's payments as CSV, gzip allowed, instead of simulated ones",
    )
    .option(
      '--train-at <time>',
      'event time (RFC 3339) at which training begins; after 85 % of the stream by default',
    )
    .option('--keep', 'leave everything running', false)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead demo fraud\n  ./playhead demo fraud --data payments.csv.gz --rows 400000 --train-at 2018-05-06T00:00:00Z --keep',
    )
    .action(async (scenario: string, options: DemoOptions) => {
      if (scenario !== 'fraud')
        throw new Refused(
          'PLAYHEAD_REQUEST_INVALID',
          `demo ${scenario} is not built yet; there is \`playhead demo fraud\``,
        );
      const source = await openSource(options);
      const trainAt =
        options.trainAt === undefined
          ? source.firstTime + TRAIN_AFTER * (source.lastTime - source.firstTime)
          : timestampMs(options.trainAt);
      if (Number.isNaN(trainAt))
        throw new Refused(
          'PLAYHEAD_REQUEST_INVALID',
          `--train-at "${options.trainAt}" is not a time; write for example 2018-05-06T00:00:00Z`,
        );
      const namespace = options.namespace ?? `demo-fraud-${Date.now().toString(36)}`;
      const platform = await startPlatform({ ...options, namespace, env: process.env, progress });
      const log = createKafkaLog({ brokers: platform.endpoints.kafka.brokers, clientId: 'playhead-demo' });
      try {
        const control = new ControlPlane(platform, 'demo');
        progress('applying examples/fraud/playhead.yaml');
        await control.apply(DEFINITIONS);
        const result = await runFraudDemo({
          platform,
          log,
          control,
          source,
          trainAt,
          withFaults: options.data === undefined,
          say: progress,
        });
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

const openSource = async ({ data, rows }: DemoOptions): Promise<FraudSource> => {
  if (rows !== undefined && (!Number.isInteger(rows) || rows < 1))
    throw new Refused('PLAYHEAD_REQUEST_INVALID', '--rows must be a whole number above 0');
  if (data === undefined) return simulatedFraud(rows ?? DEFAULT_ROWS);
  if (!existsSync(data)) throw new Refused('PLAYHEAD_REQUEST_INVALID', `there is no file ${data}`);
  progress(`reading ${data}`);
  return fraudFromFile(data, rows);
};
