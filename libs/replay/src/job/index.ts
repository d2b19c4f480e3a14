export { openReplayPorts, type OpenPorts, type ReplayPlace } from './open-ports';
export { ReplayFolder, listReplays, replaysIn } from './replay-folder';
export { runUnit, type UnitHooks, type UnitOptions } from './run-unit';
export {
  createVerifyJob,
  readFinished,
  replayId,
  runVerifyJob,
  type FinishedReplay,
  type JobStatus,
  type VerifyJob,
} from './verify-job';
