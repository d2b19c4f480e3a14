export { findRoad, hopsOf, openHop, type HopName, type ReplayPorts, type Road } from './hops';
export { HOP_KINDS, planVerify, type OffsetSpan, type RangeRequest, type VerifyPlan } from './plan';
export { offsetAt, parsePlace, type Place } from './range';
export {
  describeDifference,
  findingsOf,
  renderFindings,
  type HopSummary,
  type UnitTally,
  type VerifyFindings,
} from './report';
export type { Difference, Verdict } from './tally';
export { verifyHere, type VerifyOutcome, type VerifyRequest } from './verify';
export { verifyPartition, type PartitionOutcome, type PartitionPlan } from './verify-partition';
