import { Command } from 'commander';
import { addAlerts } from './commands/alerts';
import { addBench } from './commands/bench';
import { addDatasets } from './commands/datasets';
import { addApply, addDiff, addGet } from './commands/definitions';
import { addDemo } from './commands/demo';
import { addDeploy } from './commands/deploy';
import { addDlq } from './commands/dlq';
import { addDoctor } from './commands/doctor';
import { addFeatures } from './commands/features';
import { addInit } from './commands/init';
import { addLineage } from './commands/lineage';
import { addLog } from './commands/log';
import { addModels } from './commands/models';
import { addProduce } from './commands/produce';
import { addReplay } from './commands/replay';
import { addReport } from './commands/report';
import { addRuns, addTrain } from './commands/runs';
import { addStatus } from './commands/status';
import { addTail } from './commands/tail';
import { addTest } from './commands/test';
import { addDown, addUp } from './commands/up';

/** In the order in which somebody meets them. */
const COMMANDS = [
  addInit,
  addUp,
  addDown,
  addStatus,
  addDoctor,
  addDemo,
  addApply,
  addGet,
  addDiff,
  addProduce,
  addTail,
  addLineage,
  addTrain,
  addRuns,
  addDatasets,
  addFeatures,
  addModels,
  addDeploy,
  addReplay,
  addReport,
  addAlerts,
  addDlq,
  addLog,
  addBench,
  addTest,
];

/** The whole command. It throws CommanderError instead of ending the process. */
export const createProgram = (): Command => {
  const program = new Command('playhead')
    .description(
      'Playhead: an event-sourced MLOps platform. Every step of a model’s life is a fact on one log and can be played again.',
    )
    .version('0.1.0')
    .exitOverride()
    // An option behind the name of a subcommand is the subcommand's, although its parent may have one of that name.
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureHelp({ sortSubcommands: false })
    .addHelpText(
      'after',
      '\nExample:\n  ./playhead demo fraud\n  ./playhead up && ./playhead apply -f playhead.yaml\nEach command has its own --help with an example.',
    );
  for (const add of COMMANDS) add(program);
  return program;
};
