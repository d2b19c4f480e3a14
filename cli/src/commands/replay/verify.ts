import { InvalidArgumentError, type Command } from 'commander';
import { availableParallelism } from 'node:os';
import { HOP_KINDS, createVerifyJob, openReplayPorts, parsePlace } from '#replay';
import { Refused } from '#kernel';
import { atLeastOne } from '../../arguments';
import { progress, withActor, withPlace, type ActorOptions, type GlobalOptions } from '../../options';
import { findPlatform } from '../../platform/platform';
import { placeOf, runJob } from '../../replay/run-job';

interface VerifyOptions extends GlobalOptions, ActorOptions {
  readonly from?: string;
  readonly to?: string;
  readonly fromZero: boolean;
  readonly tolerance: number;
  readonly rate?: number;
  readonly workers?: number;
  readonly checkpoint: number;
  readonly full: boolean;
  readonly hops?: readonly string[];
}

const WHEN = 'event time (RFC 3339), or p:offset,p:offset in the observations';

export const addReplayVerify = (replay: Command): void => {
  withActor(
    withPlace(
      replay
        .command('verify')
        .argument('<deployment>')
        .description(
          'run features and scoring of a recorded range again and compare every vector and prediction, bit for bit; exit 1 where one differs',
        ),
    ),
  )
    .option('--from <when>', `where the range begins: ${WHEN}; the beginning by default`)
    .option('--to <when>', `where it ends, itself not in it: ${WHEN}; now by default`)
    .option('--from-zero', 'fold what lies below the range from its first record, use no snapshot', false)
    .option(
      '--tolerance <n>',
      'how far numbers may be apart, relative to the larger one, to be called within tolerance',
      fraction,
      0,
    )
    .option('--hops <list>', `only these, of ${HOP_KINDS.join(', ')}; all by default`, hopsOf)
    .option('--rate <n>', 'source records a second at most, for example 5000/s', rateOf)
    .option('--workers <n>', 'processes that work on it; one for each processor by default', atLeastOne)
    .option('--checkpoint <seconds>', 'between two checkpoints of a partition', atLeastOne, 10)
    .option('--full', 'with --json: all findings, not the figures alone', false)
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead replay verify fraud\n  ./playhead replay verify fraud --from 2018-05-01T00:00:00Z --to 2018-05-08T00:00:00Z\n  ./playhead replay verify fraud --from 0:1000,1:900 --rate 5000/s\nCtrl-C pauses it; `./playhead replay resume ID` goes on, after a kill, too.',
    )
    .action(async (deployment: string, options: VerifyOptions) => {
      const from = options.from === undefined ? undefined : parsePlace(options.from, '--from');
      const to = options.to === undefined ? undefined : parsePlace(options.to, '--to');
      if (from && to && 'time' in from && 'time' in to && from.time >= to.time)
        throw new Refused(
          'PLAYHEAD_REQUEST_INVALID',
          `--from ${options.from} is not before --to ${options.to}`,
        );
      const platform = await findPlatform(options.dataDir, process.env);
      const place = placeOf(platform);
      const ports = openReplayPorts(place, progress);
      try {
        const { job, folder } = await createVerifyJob(
          ports,
          platform.dataDir,
          {
            deployment,
            ...(from && { from }),
            ...(to && { to }),
            ...(options.hops && { hops: options.hops }),
          },
          {
            tolerance: options.tolerance,
            snapshots: !options.fromZero,
            checkpointMs: options.checkpoint * 1_000,
            ...(options.rate !== undefined && { rate: options.rate }),
          },
          options.workers ?? availableParallelism(),
        );
        await runJob({ ports, platform, job, folder, options });
      } finally {
        await ports.close();
      }
    });
};

const fraction = (text: string): number => {
  const number = Number(text);
  if (!(number >= 0 && number < 1))
    throw new InvalidArgumentError('It is a number from 0 to 1, for example 1e-9.');
  return number;
};

const hopsOf = (text: string): readonly string[] => {
  const hops = text.split(',').map((hop) => hop.trim());
  if (hops.some((hop) => !HOP_KINDS.includes(hop)))
    throw new InvalidArgumentError(`They are of ${HOP_KINDS.join(', ')}, with commas between.`);
  return hops;
};

const rateOf = (text: string): number => {
  const match = /^(\d{1,9})(?:\/s)?$/.exec(text);
  if (!match || Number(match[1]) === 0)
    throw new InvalidArgumentError('It is a whole number a second, for example 5000/s.');
  return Number(match[1]);
};
