export { classesOf, dataFaults, rowMajor, TASKS, type DataSet, type Task } from './data-set';
export {
  evaluate,
  METRICS,
  metricsOfTask,
  type EvaluateOptions,
  type EvaluatedRows,
  type MetricName,
  type Metrics,
} from './evaluate';
export * from './evaluation';
export * from './explain';
export { brierScore, decisionsAt, logLoss, type Decisions } from './metrics/classification';
export { confusionMatrix, predictedClasses } from './metrics/multiclass';
export { averagePrecision, precisionAtK, rocAuc } from './metrics/ranking';
export { meanAbsoluteError, rootMeanSquaredError, rSquared } from './metrics/regression';
export { thresholdCounts, type ThresholdCounts } from './metrics/threshold-counts';
export type { ParameterSpec, ParameterSpecs } from './parameters';
export type { FitOptions, FitProgress, FittedModel, Trainer, TrainerKind } from './trainer';
export * from './search';
export { TRAINERS, trainerOf } from './trainers';
export {
  directMethodValue,
  doublyRobustValue,
  inversePropensityValue,
  selfNormalisedValue,
  type ExpectedRewards,
  type LoggedDecisions,
  type PolicyValue,
} from './bandit/off-policy';
export { beginOnline, isOnlineKind, restoreOnline } from './online/learner';
export { mostProbable, ONLINE_KINDS } from './online/online-learner';
export type { OnlineKind, OnlineLearner, OnlineSettings } from './online/online-learner';
export {
  ProgressiveMeasure,
  progressiveValidate,
  type Observation,
  type ProgressiveOptions,
  type ProgressiveReport,
  type Said,
} from './online/progressive';
export { STREAM_LIMITS, StreamLearner, type Judged, type StreamLimits } from './online/label-stream';
