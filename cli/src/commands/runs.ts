import type { Command } from 'commander';
import { parseDuration } from '#kernel';
import { wholeNumber } from '../arguments';
import type { RunDocument, VersionDocument } from '../documents';
import { openDoor, path, type Door } from '../doors';
import { fetchTrials, trialTable } from '../models/trials';
import { watchRun } from '../models/watch-run';
import { printJson, progress, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../options';
import { findPlatform } from '../platform/platform';
import { openPlatformPorts } from '../platform/platform-ports';
import { shortDigest, shortNumber, table } from '../view/text';

export interface TrainOptions extends GlobalOptions, ActorOptions {
  readonly asOf?: string;
  readonly seed?: number;
  readonly wait: boolean;
  readonly timeout?: string;
}

export const addTrain = (program: Command): void => {
  withTraining(
    program
      .command('train')
      .argument('<model>')
      .description('build a data set, fit the model, and judge it by its gates'),
  )
    .option(
      '--as-of <cut>',
      'only on what was known then: a time (RFC 3339), offsets of the vectors (0:1200,1:1180), or vectors=...;labels=...',
    )
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead train fraud\n  ./playhead train fraud --as-of 2018-05-06T00:00:00Z --seed 7 --as grace',
    )
    .action((model: string, options: TrainOptions) => trainModel(model, options));
};

/** The options of whatever asks for a training run. */
export const withTraining = (command: Command): Command =>
  withActor(withPlace(command))
    .option('--seed <n>', "of the trainer; the model's own by default", wholeNumber)
    .option('--wait', 'wait for the end of the run (the default)', true)
    .option('--no-wait', 'only ask for the run')
    .option('--timeout <duration>', 'wait no longer than this, for example 10m; the run goes on');

/** The command says the best; `runs trials` shows all. */
const SHOWN_TRIALS = 10;

/** Asks the registry for a run and, unless told otherwise, waits for its end. */
export const trainModel = (model: string, options: TrainOptions): Promise<void> => {
  const { asOf, seed } = options;
  return askForRun(model, options, (registry) =>
    registry.post<RunDocument>(path`/v1/models/${model}/train`, { asOf, seed }),
  );
};

/** Asks for a run in some way and, unless told otherwise, waits for its end. */
export const askForRun = async (
  model: string,
  options: Pick<TrainOptions, 'dataDir' | 'as' | 'json' | 'wait' | 'timeout'>,
  ask: (registry: Door) => Promise<RunDocument>,
): Promise<void> => {
  const timeoutMs = options.timeout === undefined ? undefined : parseDuration(options.timeout);
  const platform = await findPlatform(options.dataDir, process.env);
  const registry = openDoor(platform.url('registry'), options.as);
  const asked = await ask(registry);
  if (!options.wait) return options.json ? printJson(asked) : console.log(asked.run);
  progress(`${asked.run}: ${asked.trainer.kind} for ${model}`);
  const training = openDoor(platform.url('training'));
  const run = await watchRun({ registry, training, run: asked.run, say: progress, timeoutMs });
  const version =
    run.version === null
      ? undefined
      : await registry.get<VersionDocument>(path`/v1/models/${model}/versions/${run.version}`);
  if (run.status !== 'completed') process.exitCode = 1;
  const trials = asked.trainer.search ? await fetchTrials(training, run.run) : [];
  if (options.json)
    printJson({
      ...run,
      ...(trials.length > 0 && { leaderboard: trials }),
      ...(version ? { passed: version.passed, gates: version.gates } : {}),
    });
  else
    console.log(
      [
        ...(trials.length > 0 ? [trialTable(trials, SHOWN_TRIALS)] : []),
        describeRun(run),
        ...(version ? [describeGates(version)] : []),
      ].join('\n'),
    );
};

export const addRuns = (program: Command): void => {
  const runs = withPlace(
    program.command('runs').argument('[run]').description('training runs, newest first, or one of them'),
  )
    .option('--model <name>', 'only of this model')
    .option('--status <status>', 'only requested, started, completed, failed, cancelled or rejected ones')
    .option('--limit <n>', 'at most so many', wholeNumber, 20)
    .option('--as-of <when>', 'what held then: a time (RFC 3339) or a position in registry.inputs (0-12)')
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead runs\n  ./playhead runs run-0-12\n  ./playhead runs cancel run-0-12',
    )
    .action(
      async (
        run: string | undefined,
        options: GlobalOptions & { model?: string; status?: string; limit: number; asOf?: string },
      ) => {
        const { model, status, limit, asOf } = options;
        const registry = openDoor((await findPlatform(options.dataDir, process.env)).url('registry'));
        if (run !== undefined) {
          const found = await registry.get<RunDocument>(path`/v1/runs/${run}`, { asOf });
          return options.json ? printJson(found) : console.log(describeRun(found));
        }
        const answer = await registry.get<{ runs: readonly RunDocument[] }>('/v1/runs', {
          model,
          status,
          limit,
          asOf,
        });
        if (options.json) printJson(answer);
        else console.log(runTable(answer.runs));
      },
    );
  withPlace(
    runs
      .command('trials')
      .argument('<run>')
      .description('what a run tried in search of its parameters, best first'),
  )
    .addHelpText('after', '\nExample:\n  ./playhead runs trials run-0-12')
    .action(async (run: string, options: GlobalOptions) => {
      const training = openDoor((await findPlatform(options.dataDir, process.env)).url('training'));
      const trials = await fetchTrials(training, run);
      if (options.json) printJson({ run, trials });
      else console.log(trials.length === 0 ? `${run} searches for nothing` : trialTable(trials));
    });
  withPlace(runs.command('logs').argument('<run>').description('what the program of a command trainer wrote'))
    .addHelpText('after', '\nExample:\n  ./playhead runs logs run-0-12')
    .action(async (run: string, options: GlobalOptions) => {
      const platform = await findPlatform(options.dataDir, process.env);
      const { logs } = await openDoor(platform.url('registry')).get<RunDocument>(path`/v1/runs/${run}`);
      const { artifacts, log } = openPlatformPorts(platform, 'runs');
      try {
        const text = logs === null ? null : (await artifacts.get(logs)).toString('utf8');
        if (options.json) printJson({ run, logs, text });
        else process.stdout.write(text ?? `${run} has no logs: no program has run for it\n`);
      } finally {
        await log.close();
      }
    });
  withActor(
    withPlace(runs.command('cancel').argument('<run>').description('ask that a run ends before it is done')),
  )
    .addHelpText('after', '\nExample:\n  ./playhead runs cancel run-0-12 --as grace')
    .action(async (run: string, options: GlobalOptions & ActorOptions) => {
      const registry = openDoor(
        (await findPlatform(options.dataDir, process.env)).url('registry'),
        options.as,
      );
      const cancelled = await registry.post<RunDocument>(path`/v1/runs/${run}/cancel`);
      if (options.json) printJson(cancelled);
      else console.log(`${run} was asked to end; it is ${cancelled.status}`);
    });
};

const describeRun = (run: RunDocument): string => {
  const { seconds, version, error, rows, metrics } = run;
  const outcome = version === null ? '' : `: ${run.model}@${version}`;
  return [
    `${run.run} of ${run.model} ${run.status}${seconds === null ? '' : ` after a fit of ${shortNumber(seconds)} s`}${outcome}`,
    `  asked for by ${run.requestedBy} at ${run.requestedAt}${run.asOf === null ? '' : `, on what was known at ${run.asOf}`}`,
    `  trainer ${run.trainer.kind}, seed ${run.seed}, data set ${shortDigest(run.dataset)}${rows ? ` (${rows.train} rows, ${rows.holdout} to judge by)` : ''}`,
    ...(error ? [`  ${error.code}: ${error.message}`] : []),
    ...(run.logs === null ? [] : [`  what its program wrote: ./playhead runs logs ${run.run}`]),
    ...(metrics
      ? [
          `  on the hold-out: ${Object.entries(metrics.holdout)
            .map(([name, value]) => `${name} ${shortNumber(value)}`)
            .join(', ')}`,
        ]
      : []),
  ].join('\n');
};

/** A line for each gate of a version. */
export const describeGates = ({ model, version, gates, passed }: VersionDocument): string => {
  const lines = gates.map((gate) => {
    const { metric, min, max, against, slice, group, value, passed: held, reason } = gate;
    const over = slice ?? group;
    const bounds = [
      ...(min === undefined ? [] : [`at least ${min}`]),
      ...(max === undefined ? [] : [`at most ${max}`]),
      ...(against === undefined ? [] : [`against ${against}`]),
    ].join(' and ');
    const name = `${metric}${over === undefined ? '' : ` by ${over}`}`;
    return `  gate ${name} ${bounds}: ${held ? 'passed' : 'FAILED'} with ${shortNumber(value)}${reason === undefined ? '' : ` (${reason})`}`;
  });
  const next = passed
    ? `./playhead models promote ${model}@${version}`
    : 'no alias but dev, where it is an environment';
  return [...lines, `  ${passed ? 'all gates passed' : 'a gate failed'}: ${next}`].join('\n');
};

const runTable = (runs: readonly RunDocument[]): string =>
  table(
    ['run', 'model', 'status', 'version', 'trainer', 'seconds', 'asked for', 'by', 'reason'],
    runs.map((run) => [
      run.run,
      run.model,
      run.status,
      run.version,
      run.trainer.kind,
      run.seconds === null ? null : shortNumber(run.seconds),
      run.requestedAt,
      run.requestedBy,
      run.error?.message.replace(/\s*\n\s*/g, ' '),
    ]),
  );
