export { classesOf, dataFaults, rowMajor, TASKS, type DataSet, type Task } from './data-set';
export { evaluate, METRICS, type EvaluateOptions, type MetricName } from './evaluate';
export { brierScore, decisionsAt, logLoss, type Decisions } from './metrics/classification';
export { averagePrecision, precisionAtK, rocAuc } from './metrics/ranking';
export { meanAbsoluteError, rootMeanSquaredError, rSquared } from './metrics/regression';
export { thresholdCounts, type ThresholdCounts } from './metrics/threshold-counts';
export type { ParameterSpec, ParameterSpecs } from './parameters';
export type { FitOptions, FitProgress, FittedModel, Trainer, TrainerKind } from './trainer';
export { TRAINERS, trainerOf } from './trainers';
