import type { Command } from 'commander';
import { addReplayList, addReplayPause, addReplayResume, addReplayShow } from './replay/jobs';
import { addReplayRebuild } from './replay/rebuild';
import { addReplayRetrain } from './replay/retrain';
import { addReplayState } from './replay/state';
import { addReplayVerify } from './replay/verify';
import { addReplayWhatIf } from './replay/what-if';

/** Each adds one subcommand to the group; they stand in files of their own below `replay/`. */
const SUBCOMMANDS: readonly ((replay: Command) => void)[] = [
  addReplayVerify,
  addReplayRebuild,
  addReplayWhatIf,
  addReplayRetrain,
  addReplayState,
  addReplayResume,
  addReplayPause,
  addReplayList,
  addReplayShow,
];

export const addReplay = (program: Command): void => {
  const replay = program
    .command('replay')
    .description('play a step of the past again: verify it, rebuild it, or ask what if')
    .addHelpText('after', '\nExample:\n  ./playhead replay verify fraud');
  for (const add of SUBCOMMANDS) add(replay);
};
