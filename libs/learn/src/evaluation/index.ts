export {
  bootstrapIntervals,
  pairedDifferences,
  quantile,
  type BootstrapOptions,
  type Interval,
  type PairedDifference,
} from './bootstrap';
export { calibrationCurve, type Calibration, type CalibrationBin } from './calibration';
export { cheapestThreshold, type Costs, type CostThreshold } from './cost-threshold';
export { fairnessBy, type Disparity, type Fairness, type FairnessGroup } from './fairness';
export { rollingOrigins, shuffledFolds, timeFolds, type Fold, type TimeFold } from './folds';
export { MISSING, groupNumbers, groupTexts, rowsOfGroups, type Grouping } from './grouping';
export { compileMeasure, type Measure, type WantedMetric } from './measure';
export { pickScored, type Scored } from './scored';
export { sliceMetrics, type Slice, type Slices } from './slices';
