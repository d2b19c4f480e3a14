export { compareScores, type Comparison, type Metrics, type ScoredRecords } from './compare-scores';
export { deploymentOf, versionNumberOf, versionOf, versionsOf, type VersionFact } from './registry-facts';
export { sliceRecords, type Slice } from './slices';
export {
  whatIfModel,
  type Candidate,
  type Flip,
  type WhatIfModelReport,
  type WhatIfModelRequest,
  type WhatIfPorts,
} from './what-if-model';
export {
  whatIfFeatures,
  type WhatIfFeaturesPorts,
  type WhatIfFeaturesReport,
  type WhatIfFeaturesRequest,
} from './what-if-features';
export {
  judgeVersions,
  whatIfGates,
  type Gate,
  type JudgedVersion,
  type WhatIfGatesReport,
} from './what-if-gates';
export {
  monitorOnTrial,
  whatIfMonitor,
  type RecordedAlert,
  type WhatIfMonitorReport,
  type WhatIfMonitorRequest,
  type WouldBeAlert,
} from './what-if-monitor';
