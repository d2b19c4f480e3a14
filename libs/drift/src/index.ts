export { cellCount, cellOf, chooseBins, type BinOptions, type Bins } from './profile/bins';
export { mergeColumnProfiles, profileColumn, windowOf, type ColumnProfile } from './profile/column-profile';
export {
  profileReference,
  REFERENCE_BINS,
  type ChunkCounts,
  type FeatureProfile,
  type ReferenceColumn,
  type ReferenceOptions,
  type ReferenceProfile,
  type ScoreProfile,
} from './profile/reference-profile';
export {
  readReferenceProfile,
  writeReferenceProfile,
  writeReferenceProfileV1,
} from './profile/reference-profile-text';
export { chunkCount, chunksOf, momentsOf, orderInTime, type Moments } from './profile/chunks';
export { principalComponents, reconstruction, type PcaProfile } from './profile/principal-components';
export { calibrate, calibrated, calibrationError, type CalibrationProfile } from './estimate/calibration';
export { fitIsotonic, isotonicAt, type Isotonic } from './estimate/isotonic';
export {
  fitErrorTree,
  leafIndex,
  type ErrorLeaf,
  type ErrorNode,
  type ErrorProfile,
  type ErrorRows,
} from './estimate/error-tree';
export { estimateBinary, type ScoredColumns } from './estimate/estimate-binary';
export {
  EstimatedPerformance,
  type EstimatedMetrics,
  type EstimatedPerformanceData,
  type EstimatedReport,
} from './estimate/estimated-performance';
export {
  EstimatedRegression,
  type EstimatedRegressionData,
  type EstimatedRegressionReport,
} from './estimate/estimated-regression';
export { learnedLimits, profilePerformance, type PerformanceProfile } from './performance/chunk-performance';
export { WindowProfile, type WindowProfileData } from './profile/window-profile';
export { hellinger, jensenShannon, kullbackLeibler, psi, type BatchOptions } from './compare/batch';
export { compareSamples, statisticOf, type SampleDrift, type SampleRule } from './compare/compare-samples';
export {
  domainClassifier,
  type DomainClassifier,
  type DomainOptions,
} from './compare/multivariate/domain-classifier';
export { reconstructionDrift, type ReconstructionDrift } from './compare/multivariate/reconstruction-drift';
export { duplicateShare, freshnessOf, type Freshness } from './compare/quality';
export { pairSamples, type PairedSample, type SampleOptions } from './compare/paired-sample';
export {
  DriftReport,
  reportColumns,
  type ColumnQuality,
  type ColumnReport,
  type ReportColumn,
  type ReportResult,
  type ReportRule,
} from './report/drift-report';
export { EvenRows } from './report/even-rows';
export { SampleSketch, SKETCH_CELLS } from './report/sample-sketch';
export { benjaminiHochberg, type Corrected } from './compare/benjamini-hochberg';
export {
  automaticCellStatistic,
  statisticOfCells,
  type CellResult,
  type CellStatistic,
} from './compare/cells';
export {
  compareColumn,
  datasetDrift,
  DEFAULT_DRIFT_RULE,
  type AppliedDriftRule,
  type ColumnDrift,
  type DatasetDrift,
  type DriftRule,
} from './compare/column-drift';
export { kolmogorovSmirnov, kolmogorovSmirnovP } from './compare/kolmogorov-smirnov';
export { hellingerOfCounts, jensenShannonOfCounts, klOfCounts, psiOfCounts } from './compare/divergence';
export {
  automaticStatistic,
  isTest,
  numberType,
  VERDICTS,
  type ColumnType,
  type Distance,
  type DriftStatistic,
  type DriftTest,
  type TestResult,
} from './compare/rules';
export {
  groupFairness,
  type FairnessOptions,
  type GroupDisparity,
  type GroupFairness,
  type GroupRates,
} from './performance/fairness';
export {
  decidedRows,
  GroupedDecisions,
  labelledRows,
  type DecisionCounts,
  type GroupCounts,
  type GroupedDecisionsData,
} from './performance/grouped-decisions';
export {
  failingSlices,
  sliceMetricsOf,
  type SliceLimits,
  type SliceMetrics,
  type SliceValue,
} from './performance/slices';
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
export { Ddm, type DdmOptions } from './detect/ddm';
export type { Detector } from './detect/detector';
export { DETECTOR_NAMES, DETECTORS, detectorOf, FALSE_ALARMS, type DetectorName } from './detect/detectors';
export { Eddm, type EddmOptions } from './detect/eddm';
export { HddmA, type HddmAOptions } from './detect/hddm-a';
export { HddmW, type HddmWOptions } from './detect/hddm-w';
export { Kswin, type KswinOptions } from './detect/kswin';
export { PageHinkley, type PageHinkleyOptions } from './detect/page-hinkley';
