export { gateConflicts, type GateSpec } from './gates';
export * from './model';
export {
  ENVIRONMENTS,
  policyConflicts,
  ALERT_TRIGGERS,
  TRIGGERS,
  type AlertTrigger,
  type ApprovalSpec,
  type Environment,
  type EvaluateSpec,
  type RetrainSpec,
} from './policies';
export { splitConflicts, type SplitSpec } from './split';
export {
  bytesOf,
  isOnlineTrainer,
  MAX_PROGRAM_BYTES,
  tasksOfTrainer,
  trainerConflicts,
  TRAINERS,
  type CommandSpec,
  type ParameterValue,
  type RangeSpec,
  type SearchSpec,
  type TrainerName,
  type TrainerSpec,
} from './trainer';
