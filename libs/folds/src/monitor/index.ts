/** The folds of monitoring: services run them, and a back-test of a monitor runs them over the past. */
export { MonitorBackTest, type BackTestOptions, type PastPrediction } from './back-test';
export * from './event-window';
export { identityOf } from './identity';
export * from './prediction';
export * from './routed-prediction';
export * from './slice-values';
export * from './watch';
export { JOIN_LIMITS, LabelJoin, type JoinedLabel, type JoinedPrediction } from './parts/label-join';
export type { MeasuredPart } from './parts/measured-part';
export { type MeasuredTask } from './parts/performance-part';
export { ProfileState, type Folded, type Passed } from './parts/profile-state';
export type { ScoredRow } from './parts/profile-part';
export { MonitorState, type Decision, type References } from './reports/monitor-state';
export { MIN_ROWS, type Gates, type Report } from './reports/report';
export { type AlertFact, type Raised, type Resolved } from './reports/alerts';
