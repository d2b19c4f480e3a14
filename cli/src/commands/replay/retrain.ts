import type { Command } from 'commander';
import { trainModel, withTraining, type TrainOptions } from '../runs';

/** The same request as `train --as-of`: a replay of training is a run like any other, with its own version and lineage. */
export const addReplayRetrain = (replay: Command): void => {
  withTraining(
    replay
      .command('retrain')
      .argument('<model>')
      .description('a new version, trained on what was known at an earlier time; like `train --as-of`'),
  )
    .requiredOption(
      '--as-of <cut>',
      'a time (RFC 3339), offsets of the vectors (0:1200,1:1180), or vectors=...;labels=...',
    )
    .addHelpText(
      'after',
      '\nNothing but the run is asked for: no alias moves, no deployment changes.\n\nExample:\n  ./playhead replay retrain fraud --as-of 2018-05-06T00:00:00Z\n  ./playhead replay retrain fraud --as-of 0:1200,1:1180 --seed 7 --as grace',
    )
    .action((model: string, options: TrainOptions) => trainModel(model, options));
};
