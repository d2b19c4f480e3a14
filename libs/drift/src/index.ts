export { cellCount, cellOf, chooseBins, type BinOptions, type Bins } from './profile/bins';
export { mergeColumnProfiles, profileColumn, windowOf, type ColumnProfile } from './profile/column-profile';
export {
  profileReference,
  readReferenceProfile,
  REFERENCE_BINS,
  writeReferenceProfile,
  type FeatureProfile,
  type ReferenceColumn,
  type ReferenceProfile,
} from './profile/reference-profile';
export { WindowProfile, type WindowProfileData } from './profile/window-profile';
export { jensenShannon, psi, type BatchOptions } from './compare/batch';
export {
  compareColumn,
  datasetDrift,
  DEFAULT_DRIFT_RULE,
  type ColumnDrift,
  type DatasetDrift,
  type DriftRule,
} from './compare/column-drift';
export { kolmogorovSmirnov } from './compare/kolmogorov-smirnov';
export { jensenShannonOfCounts, psiOfCounts } from './compare/divergence';
export {
  BinaryPerformance,
  type BinaryMetrics,
  type BinaryPerformanceData,
  type BinaryReport,
} from './performance/binary-performance';
export {
  RegressionPerformance,
  type RegressionPerformanceData,
  type RegressionReport,
} from './performance/regression-performance';
export { Adwin, type AdwinOptions } from './detect/adwin';
