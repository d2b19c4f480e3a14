/** The folds of monitoring: services run them, and a back-test of a monitor runs them over the past. */
export * from './event-window';
export * from './prediction';
export * from './routed-prediction';
export * from './watch';
export { JOIN_LIMITS, LabelJoin, type JoinedLabel, type JoinedPrediction } from './parts/label-join';
export { storePerformance, type MeasuredTask, type PerformancePart } from './parts/performance-part';
export { ProfileState, type Passed } from './parts/profile-state';
export type { ScoredRow } from './parts/profile-part';
export { MonitorState, type Decision, type References } from './reports/monitor-state';
export { MIN_ROWS, type Report } from './reports/report';
export { type AlertFact, type Raised } from './reports/alerts';
