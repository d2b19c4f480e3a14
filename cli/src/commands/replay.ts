import type { Command } from 'commander';
import { addReplayRebuild } from '../replay/rebuild';
import { addReplayRetrain } from '../replay/retrain';
import { addReplayWhatIf } from '../replay/what-if';

/** Each adds one subcommand to the group; they stand in files of their own below `replay/`. */
const SUBCOMMANDS: readonly ((replay: Command) => void)[] = [
  addReplayRebuild,
  addReplayRetrain,
  addReplayWhatIf,
];

export const addReplay = (program: Command): void => {
  const replay = program
    .command('replay')
    .description('play a step of the past again: verify it, rebuild it, or ask what if')
    .addHelpText('after', '\nExample:\n  ./playhead replay verify fraud');
  for (const add of SUBCOMMANDS) add(replay);
};
