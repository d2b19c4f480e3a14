import type { Command } from 'commander';
import { addReportDrift } from './report/drift';
import { addStory } from './report/story';

/** Each adds one subcommand to the group; they stand in files of their own below `report/`. */
const SUBCOMMANDS: readonly ((report: Command) => void)[] = [addReportDrift, addStory];

export const addReport = (program: Command): void => {
  const report = program
    .command('report')
    .description('say what happened: how two sets of rows differ, how a model came to be')
    .addHelpText('after', '\nExample:\n  ./playhead report drift --reference march.csv --current april.csv');
  for (const add of SUBCOMMANDS) add(report);
};
